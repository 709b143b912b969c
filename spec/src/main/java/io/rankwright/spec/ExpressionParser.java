package io.rankwright.spec;

import io.rankwright.spec.Expression.Fault;
import io.rankwright.spec.Expression.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Recursive descent over one formula: or, and, not, comparison, sum, product, sign, atom. Used once, by one thread. */
final class ExpressionParser {
    /** Each function with the fewest and the most arguments it takes. */
    static final Map<String, int[]> FUNCTIONS = Map.ofEntries(
            Map.entry("abs", new int[] {1, 1}),
            Map.entry("sqrt", new int[] {1, 1}),
            Map.entry("exp", new int[] {1, 1}),
            Map.entry("expm1", new int[] {1, 1}),
            Map.entry("log", new int[] {1, 1}),
            Map.entry("log1p", new int[] {1, 1}),
            Map.entry("floor", new int[] {1, 1}),
            Map.entry("min", new int[] {2, 2}),
            Map.entry("max", new int[] {2, 2}),
            Map.entry("default", new int[] {2, 2}),
            Map.entry("bucket", new int[] {2, 32}));

    private static final Set<String> COMPARISONS = Set.of("<", "<=", ">", ">=", "==", "!=");
    private static final int DEEPEST = 50;

    private final String text;
    private int position;
    private int depth;

    ExpressionParser(String text) {
        this.text = text;
    }

    Term parse() throws Fault {
        Term term = or();
        skipBlanks();
        if (position < text.length()) {
            throw fault("'" + text.substring(position) + "' after the end of a formula", "an operator or nothing");
        }
        return term;
    }

    private Term or() throws Fault {
        if (++depth > DEEPEST) {
            throw fault("a formula nested more than " + DEEPEST + " deep", "a simpler one");
        }
        Term left = and();
        while (takeWord("or")) {
            left = new Term.Binary("or", left, and());
        }
        depth--;
        return left;
    }

    private Term and() throws Fault {
        Term left = not();
        while (takeWord("and")) {
            left = new Term.Binary("and", left, not());
        }
        return left;
    }

    private Term not() throws Fault {
        int times = 0;
        while (takeWord("not")) {
            times++;
        }
        Term term = comparison();
        for (int i = 0; i < times; i++) {
            term = new Term.Call("not", List.of(term));
        }
        return term;
    }

    private Term comparison() throws Fault {
        Term left = sum();
        if (takeWord("in")) {
            take('[', "'[' after in");
            var choices = new ArrayList<Term>();
            do {
                choices.add(sum());
            } while (takeIf(","));
            take(']', "',' or ']'");
            return new Term.Membership(left, List.copyOf(choices));
        }
        skipBlanks();
        for (int length = 2; length >= 1; length--) {
            if (position + length <= text.length()
                    && COMPARISONS.contains(text.substring(position, position + length))) {
                String operator = text.substring(position, position + length);
                position += length;
                return new Term.Binary(operator, left, sum());
            }
        }
        return left;
    }

    private Term sum() throws Fault {
        Term left = product();
        while (true) {
            if (takeIf("+")) {
                left = new Term.Binary("+", left, product());
            } else if (takeIf("-")) {
                left = new Term.Binary("-", left, product());
            } else {
                return left;
            }
        }
    }

    private Term product() throws Fault {
        Term left = signed();
        while (true) {
            if (takeIf("*")) {
                left = new Term.Binary("*", left, signed());
            } else if (takeIf("/")) {
                left = new Term.Binary("/", left, signed());
            } else {
                return left;
            }
        }
    }

    private Term signed() throws Fault {
        int signs = 0;
        while (takeIf("-")) {
            signs++;
        }
        Term term = atom();
        return signs % 2 == 0 ? term : new Term.Negation(term);
    }

    private Term atom() throws Fault {
        skipBlanks();
        if (position >= text.length()) {
            throw fault("the end of the formula", "a name, a number, a text or '('");
        }
        char first = text.charAt(position);
        if (takeIf("(")) {
            Term inner = or();
            take(')', "')'");
            return inner;
        }
        if (first == '"' || first == '\'') {
            return quoted(first);
        }
        if (Character.isDigit(first) || first == '.') {
            return number();
        }
        if (Character.isLetter(first) || first == '_') {
            return nameOrCall();
        }
        throw fault("'" + first + "'", "a name, a number, a text or '('");
    }

    private Term quoted(char quote) throws Fault {
        int end = text.indexOf(quote, position + 1);
        if (end < 0) {
            throw fault("a text without its end", "a closing " + quote);
        }
        var term = new Term.Text(text.substring(position + 1, end));
        position = end + 1;
        return term;
    }

    private Term number() throws Fault {
        int start = position;
        while (position < text.length() && isNumberPart(position)) {
            position++;
        }
        try {
            return new Term.Constant(Double.parseDouble(text.substring(start, position)));
        } catch (NumberFormatException e) {
            String found = text.substring(start, position);
            position = start;
            throw fault("'" + found + "'", "a number");
        }
    }

    private boolean isNumberPart(int index) {
        char c = text.charAt(index);
        boolean isExponentSign = (c == '-' || c == '+') && Character.toLowerCase(text.charAt(index - 1)) == 'e';
        return Character.isDigit(c) || c == '.' || c == 'e' || c == 'E' || isExponentSign;
    }

    private Term nameOrCall() throws Fault {
        int start = position;
        while (position < text.length() && isNamePart(text.charAt(position))) {
            position++;
        }
        String name = text.substring(start, position);
        if (!takeIf("(")) {
            return new Term.Name(name, start + 1);
        }
        int[] bounds = FUNCTIONS.get(name);
        if (bounds == null) {
            position = start;
            throw fault("the function '" + name + "'", Suggestion.oneOf(new TreeSet<>(FUNCTIONS.keySet()), name));
        }
        var arguments = new ArrayList<Term>();
        do {
            arguments.add(or());
        } while (takeIf(","));
        take(')', "',' or ')'");
        if (arguments.size() < bounds[0] || arguments.size() > bounds[1]) {
            position = start;
            throw fault(
                    name + " with " + arguments.size() + " arguments",
                    bounds[0] == bounds[1] ? bounds[0] + " of them" : bounds[0] + " to " + bounds[1] + " of them");
        }
        return new Term.Call(name, List.copyOf(arguments));
    }

    private static boolean isNamePart(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '@';
    }

    private boolean takeWord(String word) {
        skipBlanks();
        int end = position + word.length();
        if (text.startsWith(word, position) && (end >= text.length() || !isNamePart(text.charAt(end)))) {
            position = end;
            return true;
        }
        return false;
    }

    private boolean takeIf(String symbol) {
        skipBlanks();
        if (text.startsWith(symbol, position)) {
            position += symbol.length();
            return true;
        }
        return false;
    }

    private void take(char symbol, String expected) throws Fault {
        if (!takeIf(String.valueOf(symbol))) {
            throw fault(
                    position < text.length() ? "'" + text.charAt(position) + "'" : "the end of the formula", expected);
        }
    }

    private void skipBlanks() {
        while (position < text.length() && Character.isWhitespace(text.charAt(position))) {
            position++;
        }
    }

    private Fault fault(String found, String expected) {
        return new Fault(position + 1, found, expected);
    }
}
