package io.rankwright.log;

import io.rankwright.spec.Contract;
import io.rankwright.spec.Expression;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * How the events of one type lie in memory: ids and categories as codes, numbers as doubles, each in the order of the
 * contract; derived numbers behind the stored ones. Immutable, safe for any thread.
 */
public final class EventSchema {
    private final String type;
    private final Contract contract;
    private final List<Contract.Column> codeColumns;
    private final List<Contract.Column> numberColumns;
    private final int storedNumbers;
    private final List<ToDoubleFunction<double[]>> derived;

    EventSchema(Contract contract, String type) {
        this.type = type;
        this.contract = contract;
        this.codeColumns = contract.columns().stream()
                .filter(column -> !column.isNumber()
                        && !column.isList()
                        && column.derived().isEmpty())
                .toList();
        var numbers = new ArrayList<>(contract.columns().stream()
                .filter(column -> column.isNumber() && column.derived().isEmpty())
                .toList());
        this.storedNumbers = numbers.size();
        contract.columns().stream()
                .filter(column -> column.isNumber() && column.derived().isPresent())
                .forEach(numbers::add);
        this.numberColumns = List.copyOf(numbers);
        this.derived = numbers.subList(storedNumbers, numbers.size()).stream()
                .map(column -> compile(column.derived().orElseThrow()))
                .toList();
    }

    private ToDoubleFunction<double[]> compile(Expression formula) {
        return formula.compile(name -> {
            int index = number(name);
            return new Expression.Operand.Numeric<>(numbers -> numbers[index]);
        });
    }

    /** The type of event, as the application file names it. */
    public String type() {
        return type;
    }

    public Contract contract() {
        return contract;
    }

    int codeCount() {
        return codeColumns.size();
    }

    int numberCount() {
        return numberColumns.size();
    }

    int storedNumberCount() {
        return storedNumbers;
    }

    List<Contract.Column> codeColumns() {
        return codeColumns;
    }

    List<Contract.Column> numberColumns() {
        return numberColumns;
    }

    /** Fills the derived numbers of one event from its stored ones. */
    void derive(double[] numbers) {
        for (int i = 0; i < derived.size(); i++) {
            numbers[storedNumbers + i] = derived.get(i).applyAsDouble(numbers);
        }
    }

    /** The place of a column among the codes, if it is one of them. */
    public Optional<Integer> codeIndex(String column) {
        return index(codeColumns, column);
    }

    /** The place of a number column. */
    public int number(String column) {
        return index(numberColumns, column)
                .orElseThrow(() -> new NoSuchElementException("no number '" + column + "' in " + type));
    }

    /** The domain of a code column's texts. */
    public String domain(String column) {
        Contract.Column definition = contract.column(column).orElseThrow();
        return definition.type() == Contract.Type.ID
                ? Dictionary.idsOf(definition.entity().orElse(column))
                : Dictionary.categoriesOf(type, column);
    }

    /** The stored columns of an event as texts, as a source would give them; missing values are left out. */
    Map<String, String> texts(Dictionary dictionary, int[] codes, double[] numbers) {
        var texts = new LinkedHashMap<String, String>();
        for (int i = 0; i < codeColumns.size(); i++) {
            String name = codeColumns.get(i).name();
            String text = dictionary.domain(domain(name)).text(codes[i]);
            if (!text.isEmpty()) {
                texts.put(name, text);
            }
        }
        for (int i = 0; i < storedNumbers; i++) {
            if (!Double.isNaN(numbers[i])) {
                texts.put(numberColumns.get(i).name(), RowCheck.text(numberColumns.get(i), numbers[i]));
            }
        }
        return texts;
    }

    private static Optional<Integer> index(List<Contract.Column> columns, String name) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(name)) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }
}
