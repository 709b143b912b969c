package io.rankwright.features;

import io.rankwright.log.Catalog;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.Event;
import io.rankwright.log.EventSchema;
import io.rankwright.spec.Contract;
import io.rankwright.spec.Expression;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeatureDefinition.Reference;
import io.rankwright.spec.FeatureDefinition.Scope;
import io.rankwright.spec.FeedApplication;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All features of an application as state: events are applied one by one, values are read for any subject and item at
 * a moment not before the last event. The state after a set of events does not depend on the order in which they came.
 *
 * <p>Windows are {@code [t - window, t)}, everything else is {@code < t}: the events of the same millisecond must be
 * applied after the values are read (as {@link Replay} does).
 *
 * <p>Thread-safety: {@link #apply} needs all readers out; readers may run beside each other, each with its own {@link
 * Reader}. {@code serving} holds the lock.
 */
public final class FeatureState {
    private static final Expression ALWAYS = constant("1");
    /** Sums are of multiples of one part of this. */
    static final double GRID = 1 << 20;

    private static final double LARGE = 1L << 32;
    /** What a column rests on if it is no state. */
    private static final int NONE = -1;

    /** For so many exposures a part can look ahead. */
    static final int AHEAD = 32;

    private static final int SEQUENCE = -2;
    /** What a column costs beside the look-up of a key; what one that compares a sequence does. */
    private static final double WORK_OF_A_COLUMN = 0.3;

    private static final double WORK_OF_A_MATCH = 1.5;

    private final FeedApplication application;
    private final Catalog catalog;
    private final ExposureLayout layout;
    private final Formulas formulas;
    private final List<String> formulaTexts = new ArrayList<>();
    private final List<Formula> formulaFunctions = new ArrayList<>();
    private final List<KeyedState> states = new ArrayList<>();
    /** Of each state whether it holds what was before the log, and so takes no events. */
    private final BitSet isFixed = new BitSet();
    /** What was before the log, in the order of the features. */
    private final List<Before> befores = new ArrayList<>();
    /** That of another state, which this one takes instead of counting itself. */
    private final Deque<Before> shared;

    private final Map<String, SequenceState> sequences = new LinkedHashMap<>();
    private final List<FeatureColumn> columns = new ArrayList<>();
    private final List<ColumnReader> readers = new ArrayList<>();
    private final List<IntFunction<String>> categoryTexts = new ArrayList<>();
    private final KeyedState overall;
    private final Part applier;

    // The lists above as arrays: an event passes through all of them.
    private final KeyedState[] stateArray;
    private final SequenceState[] sequenceArray;
    private final ColumnReader[] readerArray;
    /** Which columns differ from item to item. */
    private final BitSet ofItem = new BitSet();
    /** Of each column the state that it rests on, {@link #NONE} or {@link #SEQUENCE}. */
    private final List<Integer> columnStates = new ArrayList<>();

    private final View whole;
    private final Formula[] formulaArray;
    private final EntityTable itemTable;
    /** The columns of items that features and keys are made of. */
    private final BitSet itemColumns = new BitSet();

    private final int[] itemPlaces;

    /**
     * What a reader reads: states and columns, apart those that are the same for every item.
     *
     * @param hasSequences whether columns rest on sequences
     */
    private record View(
            int[] commonStates, int[] itemStates, int[] commonColumns, int[] itemColumns, boolean hasSequences) {}

    /** What subjects' lists say was before the log: counts by key, and over everything the share. */
    private record Before(KeyedState counts, double average) {}

    /** The value of a formula for an event. */
    private interface Formula extends ToDoubleFunction<Event> {}

    /** Reads one value of the row. */
    private interface ColumnReader {
        double read(Reader reader, Situation situation);
    }

    /** Builds the empty state of every feature of the application. */
    public FeatureState(FeedApplication application, Catalog catalog) {
        this(application, catalog, List.of());
    }

    /** An empty state that shares with this one what was before the log. */
    public FeatureState empty() {
        return new FeatureState(application, catalog, befores);
    }

    private FeatureState(FeedApplication application, Catalog catalog, List<Before> befores) {
        this.shared = new ArrayDeque<>(befores);
        this.application = application;
        this.catalog = catalog;
        EventSchema schema = catalog.schema(application.framing().exposure());
        this.layout = new ExposureLayout(application, schema);
        this.formulas = new Formulas(application, schema, catalog.dictionary());
        this.itemTable = catalog.table(application.framing().item());
        this.overall = new KeyedState(List.of());
        states.add(overall);
        for (FeatureDefinition feature : application.features()) {
            if (feature instanceof FeatureDefinition.Sequence sequence) {
                sequences.put(feature.name(), sequenceState(sequence));
            }
        }
        for (FeatureDefinition feature : application.features()) {
            addColumn(feature);
        }
        this.stateArray = states.toArray(KeyedState[]::new);
        this.sequenceArray = sequences.values().toArray(SequenceState[]::new);
        this.readerArray = readers.toArray(ColumnReader[]::new);
        this.whole = new View(
                places(stateArray.length, state -> !stateArray[state].isOfItem()),
                places(stateArray.length, state -> stateArray[state].isOfItem()),
                places(readerArray.length, column -> !ofItem.get(column)),
                places(readerArray.length, ofItem::get),
                columnStates.contains(SEQUENCE));
        this.formulaArray = formulaFunctions.toArray(Formula[]::new);
        this.itemPlaces = itemColumns.stream().toArray();
        this.applier = parts(1).getFirst();
    }

    private static Expression constant(String text) {
        try {
            return Expression.parse(text);
        } catch (Expression.Fault e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    /** The values of a row, in order. Sequences are not among them: see {@link Reader#sequence}. */
    public List<FeatureColumn> columns() {
        return List.copyOf(columns);
    }

    /**
     * The text of a category, which means the same in every log and every process.
     *
     * @param column the index of a column of kind CATEGORY
     * @param code the value of that column
     */
    public String categoryText(int column, int code) {
        return categoryTexts.get(column).apply(code);
    }

    /** The columns of the exposure that a request must give, in order. */
    public List<String> contextColumns() {
        return layout.contextColumns();
    }

    /** The names of the sequences. */
    public List<String> sequences() {
        return List.copyOf(sequences.keySet());
    }

    /** The greatest length of a sequence. */
    public int last(String sequence) {
        return sequenceOf(sequence).last();
    }

    private SequenceState sequenceOf(String name) {
        SequenceState state = sequences.get(name);
        if (state == null) {
            throw new IllegalArgumentException("no sequence " + name);
        }
        return state;
    }

    /** Takes one exposure into the state. */
    public void apply(Event event) {
        applier.apply(event);
    }

    /**
     * Divides the state into parts of about the same work. Together they do as {@link #apply}; each may have its own
     * thread, which need not be where those of the others are. The first part has the sequences, and the columns that
     * rest on no state.
     */
    List<Part> parts(int count) {
        double[] work = new double[count];
        var chosen = new ArrayList<BitSet>();
        for (int part = 0; part < count; part++) {
            chosen.add(new BitSet());
        }
        work[0] = columnStates.stream()
                .mapToDouble(state -> state == SEQUENCE ? WORK_OF_A_MATCH : state == NONE ? WORK_OF_A_COLUMN : 0)
                .sum();
        double[] workOfStates = new double[stateArray.length];
        for (int s = 0; s < workOfStates.length; s++) {
            int state = s;
            workOfStates[s] = 1
                    + WORK_OF_A_COLUMN
                            * columnStates.stream()
                                    .filter(column -> column == state)
                                    .count();
        }
        IntStream.range(0, stateArray.length)
                .boxed()
                .sorted(Comparator.comparing(state -> -workOfStates[state]))
                .forEach(state -> {
                    int lightest = IntStream.range(0, count)
                            .boxed()
                            .min(Comparator.comparing(part -> work[part]))
                            .orElseThrow();
                    work[lightest] += workOfStates[state];
                    chosen.get(lightest).set(state);
                });
        return IntStream.range(0, count)
                .mapToObj(part -> new Part(chosen.get(part), part == 0))
                .toList();
    }

    /** The keys of the next situations, at most {@link #AHEAD}. One thread at a time. */
    private final class Ahead {
        private final Situation[] situations = Stream.generate(
                        () -> new Situation(layout.contextColumns().size()))
                .limit(AHEAD)
                .toArray(Situation[]::new);
        /** Of each state and each of the situations the slots, and how many they are. */
        private final int[][][] slots = states.stream()
                .map(state -> Stream.generate(state::slotsArray).limit(AHEAD).toArray(int[][]::new))
                .toArray(int[][][]::new);

        private final int[][] counts = new int[states.size()][AHEAD];
        private final int[] items = new int[AHEAD];
        private final long[] keys = new long[AHEAD * KeyedState.MOST_MEMBERS];
        /** Of no meaning; without it the reads ahead would be left out as useless. */
        @SuppressWarnings("UnusedVariable")
        private long touched;

        /** Looks up the keys of the first situations, and reads what they will ask for. */
        void look(int[] chosen, int size) {
            for (int i = 0; i < size; i++) {
                items[i] = situations[i].item;
            }
            for (int place : itemPlaces) {
                touched += itemTable.touch(place, items, size);
            }
            for (int s : chosen) {
                touched += stateArray[s].locateAhead(situations, size, slots[s], counts[s], keys);
            }
        }
    }

    /** Some of the states, with the columns that rest on them. One thread at a time. */
    final class Part {
        /** Which states take events. */
        private final int[] changing;

        private final int[] formulas;
        private final boolean isFirst;
        private final Reader reader;
        /** The sums over everything, for those who do not have that state: prior averages are made of them. */
        private final double[] overallSums;

        private final int[] overallFormulas = overall.sumFormulas();
        private final boolean hasOverall;
        private final double[] values = new double[formulaFunctions.size()];
        /** Which states' keys are looked up ahead and not again. */
        private final int[] located;

        private final Ahead ahead = new Ahead();

        private Part(BitSet chosen, boolean isFirst) {
            this.isFirst = isFirst;
            this.hasOverall = chosen.get(0);
            this.overallSums = overall.sums(0);
            this.changing = chosen.stream().filter(state -> !isFixed.get(state)).toArray();
            this.located = IntStream.of(changing)
                    .filter(state -> stateArray[state].hasOneKey())
                    .toArray();
            this.formulas = IntStream.concat(
                            IntStream.of(changing).flatMap(state -> IntStream.of(stateArray[state].formulasUsed())),
                            IntStream.concat(
                                    IntStream.of(overallFormulas),
                                    isFirst
                                            ? Stream.of(sequenceArray).mapToInt(SequenceState::condition)
                                            : IntStream.empty()))
                    .distinct()
                    .toArray();
            int[] columns = places(readerArray.length, column -> {
                int state = columnStates.get(column);
                return state < 0 ? isFirst : chosen.get(state);
            });
            double[] @Nullable [] elsewhere = new double[0][];
            if (!hasOverall) {
                elsewhere = new double[stateArray.length][];
                elsewhere[0] = overallSums;
            }
            boolean hasSequences = isFirst && whole.hasSequences();
            int[] rest = chosen.stream()
                    .filter(state -> IntStream.of(located).noneMatch(other -> other == state))
                    .toArray();
            this.reader = new Reader(elsewhere, new View(rest, new int[0], columns, new int[0], hasSequences));
        }

        /** Looks up the keys of the next exposures, at most {@link #AHEAD}, and reads what they will ask for. */
        void lookAhead(List<Event> events) {
            for (int i = 0; i < events.size(); i++) {
                ahead.situations[i].set(events.get(i), layout);
            }
            ahead.look(changing, events.size());
        }

        /**
         * Sets the columns of a row to their values just before an exposure.
         *
         * @param place which of those it is that were given to {@link #lookAhead}
         */
        void read(Event event, int place, double[] row) {
            reader.situation.set(event, layout);
            for (int s : located) {
                // A key that was not there may have come since; one that was there stays where it is.
                reader.counts[s] = ahead.counts[s][place];
                reader.slots[s][0] = ahead.slots[s][place][0];
                if (reader.counts[s] == 0) {
                    reader.counts[s] = stateArray[s].locate(reader.situation, reader.slots[s]);
                }
            }
            reader.fill(row);
        }

        /** Takes one exposure into the states. */
        void apply(Event event) {
            reader.situation.set(event, layout);
            Arrays.fill(reader.counts, 0);
            applyLastRead(event);
        }

        /** Takes the exposure that was read last into the states: its keys have been looked up. */
        void applyLastRead(Event event) {
            Situation situation = reader.situation;
            for (int f : formulas) {
                values[f] = exact(formulaArray[f].applyAsDouble(event));
            }
            for (int s : changing) {
                stateArray[s].apply(situation, values, reader.slots[s], reader.counts[s]);
            }
            if (!hasOverall) {
                for (int a = 0; a < overallFormulas.length; a++) {
                    overallSums[a] += values[overallFormulas[a]];
                }
            }
            for (int q = 0; isFirst && q < sequenceArray.length; q++) {
                sequenceArray[q].apply(situation, values);
            }
        }

        /** The sequences where this part is; only the first has them. */
        Sequences sequences() {
            return reader;
        }
    }

    /** A reader of values; each thread needs its own. */
    public Reader reader() {
        return new Reader(new double[0][], whole);
    }

    /** A reader of values of which the sums have been read before; see {@link KeyedState#readings}. */
    Reader assembled(double[] @Nullable [] readings) {
        return new Reader(readings, whole);
    }

    List<KeyedState> sums() {
        return states;
    }

    List<SequenceState> recent() {
        return List.copyOf(sequences.values());
    }

    /** Whether events change a state; what was before the log does not change. */
    boolean takesEvents(int sum) {
        return !isFixed.get(sum);
    }

    Situation situation(Event event) {
        var situation = new Situation(layout.contextColumns().size());
        situation.set(event, layout);
        return situation;
    }

    Situation situation(int subject, int item, long timeMillis, double[] context) {
        var situation = new Situation(layout.contextColumns().size());
        situation.set(subject, item, timeMillis, context);
        return situation;
    }

    double[] formulaValues(Event event) {
        double[] values = noValues();
        for (int f = 0; f < values.length; f++) {
            values[f] = exact(formulaArray[f].applyAsDouble(event));
        }
        return values;
    }

    double[] noValues() {
        return new double[formulaArray.length];
    }

    String formulaName(int formula) {
        return formulaTexts.get(formula);
    }

    Dictionary.Domain subjectIds() {
        return catalog.dictionary()
                .domain(Dictionary.idsOf(application.framing().subject()));
    }

    private Dictionary.Domain itemIds() {
        return catalog.dictionary()
                .domain(Dictionary.idsOf(application.framing().item()));
    }

    /**
     * A value as it enters a sum: a multiple of 2^-20, none for a missing one. Sums of such values are exact in a double
     * up to 2^33, so that they do not depend on the order in which events come, nor on which process adds them.
     */
    private static double exact(double value) {
        if (Double.isNaN(value)) {
            return 0;
        }
        return Math.abs(value) < LARGE ? Math.rint(value * GRID) / GRID : value;
    }

    /** Reads feature rows. One thread at a time; it keeps its scratch space between calls. */
    public final class Reader implements Sequences {
        private final Situation situation =
                new Situation(layout.contextColumns().size());
        private final int[][] slots =
                states.stream().map(KeyedState::slotsArray).toArray(int[][]::new);
        private final int[] counts = new int[states.size()];
        private final int[][] items =
                sequences.values().stream().map(state -> new int[state.last()]).toArray(int[][]::new);
        private final int[] sizes = new int[items.length];
        /** Of each state what was read of it elsewhere; empty if it is read here. */
        private final double[] @Nullable [] given;

        private final View view;
        private @Nullable Ahead ahead;

        private Reader(double[] @Nullable [] given, View view) {
            this.given = given;
            this.view = view;
        }

        private double @Nullable [] given(int state) {
            return given.length == 0 ? null : given[state];
        }

        /** The values for the moment just before an event. */
        public void read(Event event, double[] row) {
            situation.set(event, layout);
            fill(row);
        }

        /** The values for a subject and an item at a moment; unknown codes (0) read as missing. */
        public void read(int subject, int item, long timeMillis, double[] context, double[] row) {
            situation.set(subject, item, timeMillis, context);
            fill(row);
        }

        private void fill(double[] row) {
            fillCommon(row);
            fillItem(row);
        }

        /** What is the same for every item. */
        private void fillCommon(double[] row) {
            for (int s : view.commonStates) {
                counts[s] = stateArray[s].locate(situation, slots[s]);
            }
            for (int q = 0; view.hasSequences && q < items.length; q++) {
                sizes[q] = sequenceArray[q].read(situation.subject, items[q]);
            }
            for (int c : view.commonColumns) {
                row[c] = readerArray[c].read(this, situation);
            }
        }

        private void fillItem(double[] row) {
            for (int s : view.itemStates) {
                counts[s] = stateArray[s].locate(situation, slots[s]);
            }
            fillItemColumns(row);
        }

        private void fillItemColumns(double[] row) {
            for (int c : view.itemColumns) {
                row[c] = readerArray[c].read(this, situation);
            }
        }

        /**
         * The values for other items, all else as in the last {@code read}, in its row, one after the other: only what
         * differs from item to item is read, and the keys of several items are looked up side by side. Nothing may have
         * changed the state in between.
         *
         * @param codes the items, of which those at {@code [from, to)} are read
         * @param each told for each the place of the item whose values the row has
         */
        public void readNext(int[] codes, int from, int to, double[] row, IntConsumer each) {
            Ahead next = ahead == null ? new Ahead() : ahead;
            ahead = next;
            for (int start = from; start < to; start += AHEAD) {
                int size = Math.min(AHEAD, to - start);
                for (int i = 0; i < size; i++) {
                    next.situations[i].set(
                            situation.subject, codes[start + i], situation.timeMillis, situation.context);
                }
                next.look(view.itemStates, size);
                for (int i = 0; i < size; i++) {
                    situation.item = codes[start + i];
                    for (int s : view.itemStates) {
                        counts[s] = next.counts[s][i];
                        System.arraycopy(next.slots[s][i], 0, slots[s], 0, counts[s]);
                    }
                    fillItemColumns(row);
                    each.accept(start + i);
                }
            }
        }

        @Override
        public int sequence(String name, int subject, int[] out) {
            return sequenceOf(name).read(subject, out);
        }

        private double total(int state, int accumulator) {
            double[] elsewhere = given(state);
            return elsewhere == null
                    ? stateArray[state].total(slots[state], counts[state], accumulator)
                    : elsewhere[accumulator];
        }

        private double window(int state, int accumulator, int window) {
            double[] elsewhere = given(state);
            return elsewhere == null
                    ? stateArray[state].window(slots[state], counts[state], accumulator, situation.timeMillis, window)
                    : elsewhere[stateArray[state].windowReading(accumulator, window)];
        }

        private long last(int state, int place) {
            double[] elsewhere = given(state);
            return elsewhere == null
                    ? stateArray[state].last(slots[state], counts[state], place)
                    : (long) elsewhere[stateArray[state].lastReading(place)];
        }
    }

    private void addColumn(FeatureDefinition feature) {
        switch (feature) {
            case FeatureDefinition.Sequence _, FeatureDefinition.Embedding _ -> {}
            case FeatureDefinition.Categorical categorical -> addCategorical(categorical);
            case FeatureDefinition.Numeric numeric -> addNumeric(numeric);
            case FeatureDefinition.Age age -> {
                EntityTable table = catalog.table(age.column().source());
                int place = place(age.column());
                boolean ofSubject = isSubject(age.column());
                addNumber(
                        feature,
                        !ofSubject,
                        (_, situation) -> (situation.timeMillis
                                        - table.number(place, ofSubject ? situation.subject : situation.item))
                                / 86_400_000.0);
            }
            case FeatureDefinition.Calendar calendar -> {
                var clock = new LocalClock(application.data().split().zone());
                addNumber(
                        feature,
                        false,
                        calendar.isHour()
                                ? (_, situation) -> clock.hour(situation.timeMillis)
                                : (_, situation) -> clock.dayOfWeek(situation.timeMillis));
            }
            case FeatureDefinition.Match match -> addMatch(match);
            case FeatureDefinition.Aggregate aggregate -> addAggregate(aggregate);
            case FeatureDefinition.Share share -> addShare(share);
            case FeatureDefinition.Recency recency -> {
                int state = state(recency.by());
                int condition = formula(recency.where().orElse(ALWAYS));
                int place = states.get(state).lastTime(condition);
                addNumber(feature, state, (reader, situation) -> {
                    long last = reader.last(state, place);
                    return last == Long.MIN_VALUE ? Double.NaN : (situation.timeMillis - last) / 1000.0;
                });
            }
        }
    }

    private static int[] places(int size, IntPredicate chosen) {
        return IntStream.range(0, size).filter(chosen).toArray();
    }

    private void addNumber(FeatureDefinition feature, boolean isOfItem, ColumnReader reader) {
        add(feature, FeatureColumn.Kind.NUMBER, isOfItem, NONE, reader, Integer::toString);
    }

    /** Adds a column that rests on a state. */
    private void addNumber(FeatureDefinition feature, int state, ColumnReader reader) {
        boolean isOfItem = states.get(state).isOfItem();
        add(feature, FeatureColumn.Kind.NUMBER, isOfItem, state, reader, Integer::toString);
    }

    private void addCategory(
            FeatureDefinition feature, boolean isOfItem, ColumnReader reader, IntFunction<String> texts) {
        add(feature, FeatureColumn.Kind.CATEGORY, isOfItem, NONE, reader, texts);
    }

    private void add(
            FeatureDefinition feature,
            FeatureColumn.Kind kind,
            boolean isOfItem,
            int state,
            ColumnReader reader,
            IntFunction<String> texts) {
        ofItem.set(columns.size(), isOfItem);
        columnStates.add(state);
        columns.add(new FeatureColumn(feature.name(), feature.scope(), kind));
        readers.add(reader);
        categoryTexts.add(texts);
    }

    private void addCategorical(FeatureDefinition.Categorical feature) {
        if (feature.scope() == Scope.CONTEXT) {
            int index = layout.contextColumns().indexOf(feature.column().column());
            EventSchema schema = catalog.schema(application.framing().exposure());
            boolean isText = schema.codeIndex(feature.column().column()).isPresent();
            addCategory(
                    feature,
                    false,
                    (_, situation) -> situation.context[index],
                    isText
                            ? catalog.dictionary()
                                    .domain(schema.domain(feature.column().column()))::text
                            : Integer::toString);
            return;
        }
        EntityTable table = catalog.table(feature.column().source());
        Contract.Column column =
                table.contract().column(feature.column().column()).orElseThrow();
        int place = place(feature.column());
        boolean ofSubject = isSubject(feature.column());
        // The code of a derived category is its value plus one, so that 0 stays "missing".
        IntFunction<String> texts = column.derived().isPresent()
                ? code -> code == 0 ? "" : Integer.toString(code - 1)
                : table.domain(column.name())::text;
        if (column.isNumber()) {
            addNumber(
                    feature,
                    !ofSubject,
                    (_, situation) -> table.number(place, ofSubject ? situation.subject : situation.item));
        } else if (column.isList()) {
            addCategory(
                    feature,
                    !ofSubject,
                    (_, situation) -> {
                        int[] members = table.list(place, ofSubject ? situation.subject : situation.item);
                        return members.length == 0 ? 0 : members[0];
                    },
                    texts);
        } else {
            addCategory(
                    feature,
                    !ofSubject,
                    (_, situation) -> table.code(place, ofSubject ? situation.subject : situation.item),
                    texts);
        }
    }

    private void addNumeric(FeatureDefinition.Numeric feature) {
        boolean[] isOfItem = new boolean[1];
        ToDoubleFunction<Situation> value = feature.formula().compile(name -> {
            int dot = name.indexOf('.');
            var reference = new Reference(name.substring(0, dot), name.substring(dot + 1));
            EntityTable table = catalog.table(reference.source());
            int place = place(reference);
            boolean ofSubject = isSubject(reference);
            isOfItem[0] |= !ofSubject;
            return new Expression.Operand.Numeric<>(
                    situation -> table.number(place, ofSubject ? situation.subject : situation.item));
        });
        addNumber(feature, isOfItem[0], (_, situation) -> value.applyAsDouble(situation));
    }

    private void addMatch(FeatureDefinition.Match feature) {
        int sequence = List.copyOf(sequences.keySet()).indexOf(feature.sequence());
        EntityTable table = catalog.table(application.framing().item());
        boolean isItemItself = feature.column().column().isEmpty();
        int place = isItemItself ? -1 : place(feature.column());
        boolean isList = !isItemItself
                && table.contract()
                        .column(feature.column().column())
                        .orElseThrow()
                        .isList();
        ColumnReader matches = (reader, situation) -> {
            int[] items = reader.items[sequence];
            int size = reader.sizes[sequence];
            int count = 0;
            for (int i = 0; i < size; i++) {
                if (isItemItself) {
                    count += items[i] == situation.item ? 1 : 0;
                } else if (isList) {
                    count += overlap(table.list(place, items[i]), table.list(place, situation.item)) ? 1 : 0;
                } else {
                    int code = table.code(place, situation.item);
                    count += code != 0 && table.code(place, items[i]) == code ? 1 : 0;
                }
            }
            return count;
        };
        add(feature, FeatureColumn.Kind.NUMBER, true, SEQUENCE, matches, Integer::toString);
    }

    private static boolean overlap(int[] left, int[] right) {
        for (int a : left) {
            for (int b : right) {
                if (a == b) {
                    return true;
                }
            }
        }
        return false;
    }

    private void addAggregate(FeatureDefinition.Aggregate feature) {
        int state = state(feature.by());
        String where = feature.where().map(Expression::toString).orElse("1");
        Expression counted = feature.where().orElse(ALWAYS);
        String value = feature.value().map(Expression::toString).orElse("1");
        // A missing value counts neither in the sum nor in the number of values: x == x is false for NaN.
        Expression present = constant("(" + where + ") and ((" + value + ") == (" + value + "))");
        Expression summed = constant("(" + where + ") * (" + value + ")");
        int numerator;
        int denominator;
        switch (feature.kind()) {
            case COUNT -> {
                numerator = formula(counted);
                denominator = numerator;
            }
            case SUM -> {
                numerator = formula(summed);
                denominator = numerator;
            }
            case MEAN -> {
                numerator = formula(summed);
                denominator = formula(present);
            }
            case RATE -> {
                numerator = formula(constant("(" + where + ") and (" + value + ")"));
                denominator = formula(counted);
            }
            default -> throw new IllegalStateException("kind");
        }
        KeyedState keyed = states.get(state);
        int window = feature.window().map(Duration::toMillis).map(keyed::window).orElse(-1);
        int top = window < 0 ? keyed.accumulator(numerator) : keyed.windowed(numerator);
        int bottom = window < 0 ? keyed.accumulator(denominator) : keyed.windowed(denominator);
        int overallTop = overall.accumulator(numerator);
        int overallBottom = overall.accumulator(denominator);
        boolean isRatio =
                feature.kind() == FeatureDefinition.Kind.MEAN || feature.kind() == FeatureDefinition.Kind.RATE;
        double prior = feature.prior();
        addNumber(feature, state, (reader, _) -> {
            double sum = window < 0 ? reader.total(state, top) : reader.window(state, top, window);
            if (!isRatio) {
                return sum;
            }
            double count = window < 0 ? reader.total(state, bottom) : reader.window(state, bottom, window);
            if (prior == 0) {
                return count == 0 ? Double.NaN : sum / count;
            }
            double overallCount = reader.total(0, overallBottom);
            return overallCount == 0
                    ? Double.NaN
                    : (sum + prior * reader.total(0, overallTop) / overallCount) / (count + prior);
        });
    }

    private void addShare(FeatureDefinition.Share feature) {
        int whole = 0;
        int part = 1;
        Before before = shared.isEmpty() ? before(feature, whole, part) : shared.remove();
        befores.add(before);
        KeyedState keyed = before.counts();
        double average = before.average();
        int place = states.size();
        states.add(keyed);
        isFixed.set(place);
        double prior = feature.prior();
        addNumber(feature, place, (reader, _) -> {
            double all = reader.total(place, whole) + prior;
            return all == 0 ? Double.NaN : (reader.total(place, part) + prior * average) / all;
        });
    }

    private Before before(FeatureDefinition.Share feature, int whole, int part) {
        var keyed = new KeyedState(feature.by().stream().map(this::keyPart).toList());
        keyed.accumulator(whole);
        keyed.accumulator(part);
        double seen = fill(keyed, feature.whole(), new double[] {1, 0});
        return new Before(keyed, fill(keyed, feature.part(), new double[] {0, 1}) / seen);
    }

    /** Counts all that is in the lists of a column; the answer is how much that is. */
    private long fill(KeyedState state, Reference list, double[] counted) {
        long count = 0;
        EntityTable table = catalog.table(list.source());
        int place = table.place(list.column());
        var situation = new Situation(layout.contextColumns().size());
        int[] slots = state.slotsArray();
        for (int subject = 1; subject < table.capacity(); subject++) {
            int[] items = table.list(place, subject);
            for (int item : items) {
                situation.subject = subject;
                situation.item = item;
                state.apply(situation, counted, slots);
            }
            count += items.length;
        }
        return count;
    }

    private SequenceState sequenceState(FeatureDefinition.Sequence feature) {
        int condition = formula(feature.where().orElse(ALWAYS));
        Optional<EntityTable> table = feature.start().map(start -> catalog.table(start.source()));
        int place = feature.start()
                .map(start -> catalog.table(start.source()).place(start.column()))
                .orElse(-1);
        return new SequenceState(feature.last(), condition, table, place, itemIds());
    }

    private int state(List<Reference> by) {
        List<KeyPart> parts = by.stream().map(this::keyPart).toList();
        for (int s = 0; s < states.size(); s++) {
            if (!isFixed.get(s) && states.get(s).parts().equals(parts)) {
                return s;
            }
        }
        states.add(new KeyedState(parts));
        return states.size() - 1;
    }

    private KeyPart keyPart(Reference reference) {
        if (reference.column().isEmpty()) {
            if (reference.source().equals(application.framing().subject())) {
                return new KeyPart.Id(true, subjectIds());
            }
            if (reference.source().equals(application.framing().item())) {
                return new KeyPart.Id(false, itemIds());
            }
            int index = layout.contextColumns().indexOf(reference.source());
            EventSchema schema = catalog.schema(application.framing().exposure());
            return new KeyPart.Context(
                    index,
                    reference.source(),
                    schema.codeIndex(reference.source())
                            .map(_ -> catalog.dictionary().domain(schema.domain(reference.source()))));
        }
        EntityTable table = catalog.table(reference.source());
        int place = place(reference);
        boolean isList =
                table.contract().column(reference.column()).orElseThrow().isList();
        return isList
                ? new KeyPart.ListAttribute(table, place, isSubject(reference))
                : new KeyPart.Attribute(table, place, isSubject(reference));
    }

    /** The place of a column in its table, remembered if it is one of items. */
    private int place(Reference reference) {
        EntityTable table = catalog.table(reference.source());
        int place = table.place(reference.column());
        if (table == itemTable) {
            itemColumns.set(place);
        }
        return place;
    }

    private boolean isSubject(Reference reference) {
        return reference.source().equals(application.framing().subject());
    }

    private int formula(Expression expression) {
        int known = formulaTexts.indexOf(expression.toString());
        if (known >= 0) {
            return known;
        }
        formulaTexts.add(expression.toString());
        formulaFunctions.add(formulas.compile(expression)::applyAsDouble);
        return formulaTexts.size() - 1;
    }
}
