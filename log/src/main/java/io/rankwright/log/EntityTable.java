package io.rankwright.log;

import io.rankwright.spec.Contract;
import io.rankwright.spec.Expression;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of one kind of entity, column by column in arrays that are indexed by the code of the entity's id. A
 * row of a code that is not known reads as missing values.
 *
 * <p>Thread-safety: readers need no lock to read one value; writers must be one at a time, and a reader that needs a
 * row as a whole must keep writers out.
 */
public final class EntityTable {
    private static final int[] NONE = {};
    private static final int KNOWN = 1;
    private static final int HIDDEN = 2;
    /** Of so many codes a word holds the standing. */
    private static final int CODES = Long.SIZE / 2;

    private final String name;
    private final Contract contract;
    private final Map<String, Integer> places = new HashMap<>();
    private final Map<Contract.Column, IntToDoubleFunction> derived = new LinkedHashMap<>();
    /** Of each column. */
    private final Dictionary.Domain[] domains;

    /** The places of what a row gives, in its order. */
    private final int[] given;

    private final double[][] numbers;
    private final int[][] codes;
    private final int[][][] lists;
    /** Of each column of lists, the list of a member alone. */
    private final int[][][] alone;

    /** Of each code whether it is known and whether it is hidden, two bits: a search asks for both of thousands. */
    private volatile long[] standing = new long[2];

    private int count;

    EntityTable(String name, Contract contract, Dictionary dictionary) {
        this.name = name;
        this.contract = contract;
        int columns = contract.columns().size();
        this.numbers = new double[columns][0];
        this.codes = new int[columns][0];
        this.lists = new int[columns][0][];
        this.alone = new int[columns][0][];
        this.domains = new Dictionary.Domain[columns];
        for (int i = 0; i < columns; i++) {
            Contract.Column column = contract.columns().get(i);
            places.put(column.name(), i);
            boolean isId = column.type() == Contract.Type.ID || column.type() == Contract.Type.IDS;
            domains[i] = dictionary.domain(
                    isId
                            ? Dictionary.idsOf(column.entity().orElse(name))
                            : Dictionary.categoriesOf(name, column.name()));
        }
        this.given = contract.sourceColumns().stream()
                .mapToInt(column -> place(column.name()))
                .toArray();
        for (Contract.Column column : contract.columns()) {
            column.derived().ifPresent(formula -> derived.put(column, compile(formula)));
        }
        grow(2 * CODES);
    }

    public String name() {
        return name;
    }

    public Contract contract() {
        return contract;
    }

    /** How many entities are known and not deleted. */
    public int count() {
        return count;
    }

    /** One more than the greatest code that the table has room for. */
    public int capacity() {
        return CODES * standing.length;
    }

    /** Whether a row was put for this code and not deleted. */
    public boolean isKnown(int code) {
        return (standing(code) & KNOWN) != 0;
    }

    /** Whether the entity must not be shown. */
    public boolean isHidden(int code) {
        return (standing(code) & HIDDEN) != 0;
    }

    /** Whether the entity is known and may be shown. */
    public boolean isShown(int code) {
        return standing(code) == KNOWN;
    }

    private int standing(int code) {
        long[] now = standing;
        int word = code / CODES;
        return code > 0 && word < now.length ? (int) (now[word] >>> shift(code)) & (KNOWN | HIDDEN) : 0;
    }

    private void stand(int code, int now) {
        long others = standing[code / CODES] & ~((long) (KNOWN | HIDDEN) << shift(code));
        standing[code / CODES] = others | (long) now << shift(code);
    }

    private static int shift(int code) {
        return 2 * (code % CODES);
    }

    /** The place of a column, for {@link #number}, {@link #code} and {@link #list}. */
    public int place(String column) {
        Integer place = places.get(column);
        if (place == null) {
            throw new IllegalArgumentException("no column " + column + " in " + name);
        }
        return place;
    }

    /** The domain of the texts of a column of codes. */
    public Dictionary.Domain domain(String column) {
        return domains[place(column)];
    }

    /** The text of a code of a column of codes or lists, which means the same in every process. */
    public String text(int place, int code) {
        Contract.Column column = contract.columns().get(place);
        if (column.derived().isPresent()) {
            return code == 0 ? "" : Integer.toString(code - 1);
        }
        return domains[place].text(code);
    }

    /** A number, time or date of an entity, NaN if it is missing. */
    public double number(int place, int code) {
        double[] column = numbers[place];
        return code > 0 && code < column.length ? column[code] : Double.NaN;
    }

    /** A category or id of an entity as its code, 0 if it is missing. */
    public int code(int place, int code) {
        int[] column = codes[place];
        return code > 0 && code < column.length ? column[code] : 0;
    }

    /** The members of a list of an entity as codes. The array must not be changed. */
    public int[] list(int place, int code) {
        int[][] column = lists[place];
        return code > 0 && code < column.length ? column[code] : NONE;
    }

    /**
     * Reads a column of several entities side by side, so that it is in the caches when they are asked for one by one; the
     * answer means nothing.
     */
    public long touch(int place, int[] codes, int size) {
        long read = 0;
        for (int i = 0; i < size; i++) {
            read += (long) number(place, codes[i]) + code(place, codes[i]) + list(place, codes[i]).length;
        }
        return read;
    }

    /** A row as text, in the order of the contract, without missing values. */
    public Map<String, String> texts(int code) {
        var texts = new LinkedHashMap<String, String>();
        for (Contract.Column column : contract.columns()) {
            text(column, code).ifPresent(text -> texts.put(column.name(), text));
        }
        return texts;
    }

    private Optional<String> text(Contract.Column column, int code) {
        int place = place(column.name());
        if (column.isList()) {
            int[] members = list(place, code);
            if (members.length == 0) {
                return Optional.empty();
            }
            Dictionary.Domain domain = domains[place];
            var text = new StringBuilder();
            for (int member : members) {
                text.append(text.isEmpty() ? "" : column.separator()).append(domain.text(member));
            }
            return Optional.of(text.toString());
        }
        if (column.isNumber()) {
            double number = number(place, code);
            if (Double.isNaN(number)) {
                return Optional.empty();
            }
            return Optional.of(RowCheck.text(column, number));
        }
        if (column.derived().isPresent()) {
            return code(place, code) == 0 ? Optional.empty() : Optional.of(Integer.toString(code(place, code) - 1));
        }
        String text = domains[place].text(code(place, code));
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    /** Puts the checked fields of a row. */
    void put(int code, @Nullable String[] fields, Dictionary.Additions additions, boolean hidden) {
        if (code >= capacity()) {
            grow(Math.max(code + 1, capacity() + capacity() / 2));
        }
        for (int i = 0; i < fields.length; i++) {
            int place = given[i];
            Contract.Column column = contract.columns().get(place);
            String field = fields[i];
            boolean isMissing = field == null || field.isEmpty();
            if (column.isNumber()) {
                numbers[place][code] = isMissing || field == null ? Double.NaN : RowCheck.number(column, field);
            } else if (column.isList()) {
                lists[place][code] = isMissing || field == null ? NONE : members(place, field, additions);
            } else {
                codes[place][code] = isMissing || field == null ? 0 : additions.intern(domains[place], field);
            }
        }
        derived.forEach((column, formula) -> {
            double value = formula.applyAsDouble(code);
            int place = place(column.name());
            if (column.isNumber()) {
                numbers[place][code] = value;
            } else {
                codes[place][code] = Double.isNaN(value) ? 0 : (int) value + 1;
            }
        });
        if (!isKnown(code)) {
            count++;
        }
        stand(code, hidden ? KNOWN | HIDDEN : KNOWN);
    }

    private IntToDoubleFunction compile(Expression formula) {
        ToDoubleFunction<Integer> compiled = formula.compile(column -> {
            int place = place(column);
            return new Expression.Operand.Numeric<>(row -> number(place, row));
        });
        return compiled::applyAsDouble;
    }

    private int[] members(int place, String field, Dictionary.Additions additions) {
        String[] texts = field.split(contract.columns().get(place).separator(), -1);
        int[] members = new int[texts.length];
        int size = 0;
        for (String text : texts) {
            if (!text.isBlank()) {
                members[size++] = additions.intern(domains[place], text.strip());
            }
        }
        return size == 1 ? alone(place, members[0]) : Arrays.copyOf(members, size);
    }

    /** A list of one member: one for all rows that have it, as most lists are such. */
    private int[] alone(int place, int member) {
        int[][] known = alone[place];
        if (member >= known.length) {
            known = Arrays.copyOf(known, Math.max(member + 1, known.length + known.length / 2));
            alone[place] = known;
        }
        if (known[member] == null) {
            known[member] = new int[] {member};
        }
        return known[member];
    }

    /** Whether a row refers to an image. */
    boolean hasImage(String reference) {
        for (Contract.Column column : Images.columns(contract)) {
            int wanted = domain(column.name()).code(reference);
            for (int held : codes[place(column.name())]) {
                if (wanted != 0 && held == wanted) {
                    return true;
                }
            }
        }
        return false;
    }

    void hide(int code, boolean hidden) {
        stand(code, hidden ? standing(code) | HIDDEN : standing(code) & ~HIDDEN);
    }

    void delete(int code) {
        if (isKnown(code)) {
            stand(code, standing(code) & ~KNOWN);
            count--;
            for (int i = 0; i < contract.columns().size(); i++) {
                Contract.Column column = contract.columns().get(i);
                if (column.isNumber()) {
                    numbers[i][code] = Double.NaN;
                } else if (column.isList()) {
                    lists[i][code] = NONE;
                } else {
                    codes[i][code] = 0;
                }
            }
        }
    }

    private void grow(int wanted) {
        int words = (wanted + CODES - 1) / CODES;
        int capacity = CODES * words;
        for (int i = 0; i < contract.columns().size(); i++) {
            Contract.Column column = contract.columns().get(i);
            if (column.isNumber()) {
                int length = numbers[i].length;
                numbers[i] = Arrays.copyOf(numbers[i], capacity);
                Arrays.fill(numbers[i], length, capacity, Double.NaN);
            } else if (column.isList()) {
                int length = lists[i].length;
                lists[i] = Arrays.copyOf(lists[i], capacity);
                Arrays.fill(lists[i], length, capacity, NONE);
            } else {
                codes[i] = Arrays.copyOf(codes[i], capacity);
            }
        }
        standing = Arrays.copyOf(standing, words);
    }
}
