package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * A formula of the application file, such as {@code log1p(watch_seconds)} or {@code click.auc > 0.7}. Immutable.
 *
 * <p>All values are numbers, except that a name may stand for a text that is compared by {@code ==}, {@code !=} or
 * {@code in}. True is 1 and false is 0. A missing number is NaN; it is not true, a comparison with it is false, arithmetic with it
 * is NaN.
 */
public final class Expression {
    /** What a name in a formula stands for, read from a row of type {@code R}. */
    public sealed interface Operand<R> {
        /** A number, NaN if it is missing. */
        record Numeric<R>(ToDoubleFunction<R> read) implements Operand<R> {}

        /** A text, empty if it is missing. */
        record Textual<R>(Function<R, String> read) implements Operand<R> {}
    }

    sealed interface Term {
        record Constant(double value) implements Term {}

        record Text(String value) implements Term {}

        record Name(String name, int column) implements Term {}

        record Negation(Term term) implements Term {}

        record Binary(String operator, Term left, Term right) implements Term {}

        record Call(String function, List<Term> arguments) implements Term {}

        record Membership(Term term, List<Term> choices) implements Term {}
    }

    private final String text;
    private final Term term;

    private Expression(String text, Term term) {
        this.text = text;
        this.term = term;
    }

    /**
     * Parses a formula.
     *
     * @throws Fault if the text is none; it tells the column
     */
    public static Expression parse(String text) throws Fault {
        return new Expression(text.strip(), new ExpressionParser(requireNonNull(text)).parse());
    }

    /** A formula that is not well formed; {@code column} counts from 1 inside its text. */
    public static final class Fault extends Exception {
        private static final long serialVersionUID = 1L;
        private final int column;
        private final String expected;

        Fault(int column, String found, String expected) {
            super(found);
            this.column = column;
            this.expected = expected;
        }

        public int column() {
            return column;
        }

        public String found() {
            return String.valueOf(getMessage());
        }

        public String expected() {
            return expected;
        }
    }

    /** The names that the formula uses, in order of first use. */
    public Set<String> names() {
        var names = new LinkedHashSet<String>();
        collectNames(term, names);
        return names;
    }

    private static void collectNames(Term term, Set<String> names) {
        switch (term) {
            case Term.Constant _, Term.Text _ -> {}
            case Term.Name name -> names.add(name.name());
            case Term.Negation negation -> collectNames(negation.term(), names);
            case Term.Binary binary -> {
                collectNames(binary.left(), names);
                collectNames(binary.right(), names);
            }
            case Term.Call call -> call.arguments().forEach(argument -> collectNames(argument, names));
            case Term.Membership membership -> {
                collectNames(membership.term(), names);
                membership.choices().forEach(choice -> collectNames(choice, names));
            }
        }
    }

    /**
     * Binds the names once, so that evaluating a row costs a few nested calls and no allocation.
     *
     * @param operands what each name stands for; never asked for a name that {@link #names()} does not list
     * @throws IllegalArgumentException if a text stands where a number must, or the other way round
     */
    public <R> ToDoubleFunction<R> compile(Function<String, Operand<R>> operands) {
        return numeric(term, operands);
    }

    /** The value of a formula whose names are all numbers. */
    public double evaluate(ToDoubleFunction<String> values) {
        return compile((Function<String, Operand<Boolean>>)
                        name -> new Operand.Numeric<>(_ -> values.applyAsDouble(name)))
                .applyAsDouble(true);
    }

    private static <R> ToDoubleFunction<R> numeric(Term term, Function<String, Operand<R>> operands) {
        return switch (term) {
            case Term.Constant constant -> {
                double value = constant.value();
                yield _ -> value;
            }
            case Term.Text text -> throw new IllegalArgumentException("the text \"" + text.value() + "\" as a number");
            case Term.Name name ->
                switch (operands.apply(name.name())) {
                    case Operand.Numeric<R> number -> number.read();
                    case Operand.Textual<R> _ ->
                        throw new IllegalArgumentException("the text '" + name.name() + "' as a number");
                };
            case Term.Negation negation -> {
                var inner = numeric(negation.term(), operands);
                yield row -> -inner.applyAsDouble(row);
            }
            case Term.Binary binary -> binary(binary, operands);
            case Term.Call call -> call(call, operands);
            case Term.Membership membership -> membership(membership, operands);
        };
    }

    private static <R> ToDoubleFunction<R> binary(Term.Binary binary, Function<String, Operand<R>> operands) {
        if (isText(binary.left(), operands) || isText(binary.right(), operands)) {
            var left = textual(binary.left(), operands);
            var right = textual(binary.right(), operands);
            return switch (binary.operator()) {
                case "==" -> row -> left.apply(row).equals(right.apply(row)) ? 1 : 0;
                case "!=" -> row -> left.apply(row).equals(right.apply(row)) ? 0 : 1;
                default -> throw new IllegalArgumentException("a text beside '" + binary.operator() + "'");
            };
        }
        var left = numeric(binary.left(), operands);
        var right = numeric(binary.right(), operands);
        return switch (binary.operator()) {
            case "+" -> row -> left.applyAsDouble(row) + right.applyAsDouble(row);
            case "-" -> row -> left.applyAsDouble(row) - right.applyAsDouble(row);
            case "*" -> row -> left.applyAsDouble(row) * right.applyAsDouble(row);
            case "/" -> row -> left.applyAsDouble(row) / right.applyAsDouble(row);
            case "<" -> row -> left.applyAsDouble(row) < right.applyAsDouble(row) ? 1 : 0;
            case "<=" -> row -> left.applyAsDouble(row) <= right.applyAsDouble(row) ? 1 : 0;
            case ">" -> row -> left.applyAsDouble(row) > right.applyAsDouble(row) ? 1 : 0;
            case ">=" -> row -> left.applyAsDouble(row) >= right.applyAsDouble(row) ? 1 : 0;
            case "==" -> row -> left.applyAsDouble(row) == right.applyAsDouble(row) ? 1 : 0;
            case "!=" -> row -> left.applyAsDouble(row) != right.applyAsDouble(row) ? 1 : 0;
            case "and" -> row -> isTrue(left.applyAsDouble(row)) && isTrue(right.applyAsDouble(row)) ? 1 : 0;
            case "or" -> row -> isTrue(left.applyAsDouble(row)) || isTrue(right.applyAsDouble(row)) ? 1 : 0;
            default -> throw new InternalFault("operator " + binary.operator());
        };
    }

    /** A missing number is not true. */
    private static boolean isTrue(double value) {
        return value != 0 && !Double.isNaN(value);
    }

    private static <R> ToDoubleFunction<R> call(Term.Call call, Function<String, Operand<R>> operands) {
        List<ToDoubleFunction<R>> arguments =
                call.arguments().stream().map(term -> numeric(term, operands)).toList();
        var first = arguments.getFirst();
        return switch (call.function()) {
            case "not" -> row -> first.applyAsDouble(row) == 0 ? 1 : 0;
            case "abs" -> row -> Math.abs(first.applyAsDouble(row));
            case "sqrt" -> row -> Math.sqrt(first.applyAsDouble(row));
            case "exp" -> row -> Math.exp(first.applyAsDouble(row));
            case "expm1" -> row -> Math.expm1(first.applyAsDouble(row));
            case "log" -> row -> Math.log(first.applyAsDouble(row));
            case "log1p" -> row -> Math.log1p(first.applyAsDouble(row));
            case "floor" -> row -> Math.floor(first.applyAsDouble(row));
            case "min" ->
                row -> Math.min(first.applyAsDouble(row), arguments.get(1).applyAsDouble(row));
            case "max" ->
                row -> Math.max(first.applyAsDouble(row), arguments.get(1).applyAsDouble(row));
            case "default" ->
                row -> {
                    double value = first.applyAsDouble(row);
                    return Double.isNaN(value) ? arguments.get(1).applyAsDouble(row) : value;
                };
            case "bucket" ->
                row -> {
                    double value = first.applyAsDouble(row);
                    if (Double.isNaN(value)) {
                        return Double.NaN;
                    }
                    int bucket = 0;
                    while (bucket + 1 < arguments.size()
                            && value >= arguments.get(bucket + 1).applyAsDouble(row)) {
                        bucket++;
                    }
                    return bucket;
                };
            default -> throw new InternalFault("function " + call.function());
        };
    }

    private static <R> ToDoubleFunction<R> membership(
            Term.Membership membership, Function<String, Operand<R>> operands) {
        if (isText(membership.term(), operands)) {
            var value = textual(membership.term(), operands);
            var choices = membership.choices().stream()
                    .map(choice -> textual(choice, operands))
                    .toList();
            return row -> {
                String found = value.apply(row);
                return choices.stream().anyMatch(choice -> choice.apply(row).equals(found)) ? 1 : 0;
            };
        }
        var value = numeric(membership.term(), operands);
        var choices = membership.choices().stream()
                .map(choice -> numeric(choice, operands))
                .toList();
        return row -> {
            double found = value.applyAsDouble(row);
            return choices.stream().anyMatch(choice -> choice.applyAsDouble(row) == found) ? 1 : 0;
        };
    }

    private static <R> boolean isText(Term term, Function<String, Operand<R>> operands) {
        return switch (term) {
            case Term.Text _ -> true;
            case Term.Name name -> operands.apply(name.name()) instanceof Operand.Textual<R>;
            default -> false;
        };
    }

    private static <R> Function<R, String> textual(Term term, Function<String, Operand<R>> operands) {
        return switch (term) {
            case Term.Text text -> _ -> text.value();
            case Term.Constant constant -> {
                String digits = constant.value() == Math.rint(constant.value())
                        ? Long.toString((long) constant.value())
                        : Double.toString(constant.value());
                yield _ -> digits;
            }
            case Term.Name name when operands.apply(name.name()) instanceof Operand.Textual<R> text -> text.read();
            default -> throw new IllegalArgumentException("a number compared with a text");
        };
    }

    /** The formula as it was written. */
    @Override
    public String toString() {
        return text;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Expression expression && expression.term.equals(term);
    }

    @Override
    public int hashCode() {
        return term.hashCode();
    }
}
