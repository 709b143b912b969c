package io.rankwright.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The sums, counts and last times of all features that share a key, such as user × tag: one look-up finds the slot of
 * all of them. Sums over everything are a stretch of one flat array; those asked for by window are in a {@link Ring} too.
 *
 * <p>Thread-safety: readers beside each other, each with its own slots array; a writer alone.
 */
final class KeyedState {
    /** So many members of a list count at most. */
    static final int MOST_MEMBERS = 32;

    /** No key: those of something are not negative. */
    private static final long NO_KEY = -1;

    private final List<KeyPart> parts;
    private final KeyPart[] partArray;
    private final int listed;
    private final List<Integer> formulas = new ArrayList<>();
    private final List<Integer> conditions = new ArrayList<>();
    private final LongSlots slots = new LongSlots();
    private final LongSlots pairs = new LongSlots();
    private final List<Long> windows = new ArrayList<>();
    private long retentionMillis;

    private long[] windowArray = {};
    private int[] formulaIndexes = {};
    private int[] conditionIndexes = {};
    /** Of each sum its place in the ring, -1 if no window asks for it; and of the ring's sums their formulas. */
    private int[] ringPlaces = {};

    private int[] ringFormulas = {};
    private double[] totals = new double[0];
    private Ring[] rings = new Ring[0];
    private long[] lastTimes = new long[0];

    /** @param parts what the key is made of; empty for the one key of everything */
    KeyedState(List<KeyPart> parts) {
        this.parts = List.copyOf(parts);
        this.partArray = parts.toArray(KeyPart[]::new);
        this.listed = IntStream.range(0, partArray.length)
                .filter(part -> partArray[part].isList())
                .findFirst()
                .orElse(-1);
    }

    /** Whether it differs from item to item which keys a situation has. */
    boolean isOfItem() {
        return parts.stream().anyMatch(KeyPart::isOfItem);
    }

    List<KeyPart> parts() {
        return parts;
    }

    /** Registers a sum of a formula; the answer is its place. */
    int accumulator(int formula) {
        int place = formulas.indexOf(formula);
        if (place < 0) {
            place = formulas.size();
            formulas.add(formula);
            formulaIndexes = formulas.stream().mapToInt(Integer::intValue).toArray();
            ringPlaces = Arrays.copyOf(ringPlaces, formulaIndexes.length);
            ringPlaces[place] = -1;
        }
        return place;
    }

    /** Registers a sum of a formula that a window will ask for; the answer is its place. */
    int windowed(int formula) {
        int place = accumulator(formula);
        if (ringPlaces[place] < 0) {
            ringPlaces[place] = ringFormulas.length;
            ringFormulas = Arrays.copyOf(ringFormulas, ringFormulas.length + 1);
            ringFormulas[ringPlaces[place]] = formula;
        }
        return place;
    }

    /** Registers the time of the last event for which a condition holds; the answer is its place. */
    int lastTime(int condition) {
        int place = conditions.indexOf(condition);
        if (place < 0) {
            place = conditions.size();
            conditions.add(condition);
            conditionIndexes = conditions.stream().mapToInt(Integer::intValue).toArray();
        }
        return place;
    }

    /** Registers a window; the answer is its place. */
    int window(long millis) {
        retentionMillis = Math.max(retentionMillis, millis);
        int place = windows.indexOf(millis);
        if (place < 0) {
            place = windows.size();
            windows.add(millis);
            windowArray = windows.stream().mapToLong(Long::longValue).toArray();
        }
        return place;
    }

    /** How many slots a situation can have at most: more than one only if a part of the key is a list. */
    int[] slotsArray() {
        return new int[parts.stream().anyMatch(KeyPart::isList) ? MOST_MEMBERS : 1];
    }

    /** Told of one key of a situation, as the codes of its parts; they are overwritten at the next. */
    interface KeyVisitor {
        void key(int member, int[] codes);
    }

    /** Names the keys of a situation. */
    void keys(Situation situation, KeyVisitor visitor) {
        int[] codes = new int[partArray.length];
        int members = listed < 0 ? 1 : Math.min(partArray[listed].count(situation), MOST_MEMBERS);
        for (int m = 0; m < members; m++) {
            boolean isWhole = true;
            for (int p = 0; p < codes.length; p++) {
                codes[p] = partArray[p].code(situation, p == listed ? m : 0);
                isWhole &= codes[p] > 0;
            }
            if (isWhole) {
                visitor.key(m, codes);
            }
        }
    }

    /** Finds the slots of a situation; the answer is how many. */
    int locate(Situation situation, int[] found) {
        return locate(situation, found, false);
    }

    private int locate(Situation situation, int[] found, boolean isAdding) {
        int size = 0;
        int members = members(situation);
        for (int m = 0; m < members; m++) {
            long key = key(situation, m, isAdding);
            if (key != NO_KEY) {
                int slot = isAdding ? slots.findOrAdd(key) : slots.find(key);
                if (slot != LongSlots.NONE) {
                    found[size++] = slot;
                }
            }
        }
        return size;
    }

    private int members(Situation situation) {
        return listed < 0 ? 1 : Math.min(partArray[listed].count(situation), MOST_MEMBERS);
    }

    /** The key of one member of the list, or of the situation if no part is a list; {@link #NO_KEY} if a part is missing. */
    private long key(Situation situation, int member, boolean isAdding) {
        long key = 0;
        for (int p = 0; p < partArray.length; p++) {
            int code = partArray[p].code(situation, p == listed ? member : 0);
            if (code <= 0) {
                return NO_KEY;
            }
            if (p == 2) {
                int pair = isAdding ? pairs.findOrAdd(key) : pairs.find(key);
                if (pair == LongSlots.NONE) {
                    return NO_KEY;
                }
                key = pair;
            }
            key = (key << 32) | code;
        }
        return key;
    }

    /**
     * Finds the slots of several situations and reads what they will ask for, so that it is in the caches then: one step for
     * all of them before the next step of any, since each step of one waits for memory and those of all wait side by side.
     *
     * @param found of each situation its slots, as {@link #locate} gives them
     * @param counts how many each has
     * @param keys room for {@link #MOST_MEMBERS} keys of each situation
     * @return of no meaning
     */
    long locateAhead(Situation[] situations, int size, int[][] found, int[] counts, long[] keys) {
        int asked = 0;
        for (int i = 0; i < size; i++) {
            int before = asked;
            int members = members(situations[i]);
            for (int m = 0; m < members; m++) {
                keys[asked] = key(situations[i], m, false);
                asked += keys[asked] == NO_KEY ? 0 : 1;
            }
            counts[i] = asked - before;
        }
        long read = 0;
        for (int k = 0; k < asked; k++) {
            read += slots.touch(keys[k]);
        }
        int next = 0;
        for (int i = 0; i < size; i++) {
            int end = next + counts[i];
            counts[i] = 0;
            for (; next < end; next++) {
                int slot = slots.find(keys[next]);
                if (slot != LongSlots.NONE) {
                    found[i][counts[i]++] = slot;
                }
            }
        }
        for (int i = 0; i < size; i++) {
            for (int k = 0; k < counts[i]; k++) {
                Ring ring = known(found[i][k]);
                read += ring == null ? 0 : ring.size();
                int total = found[i][k] * formulaIndexes.length;
                read += total < totals.length ? (long) totals[total] : 0;
            }
        }
        for (int i = 0; i < size; i++) {
            for (int k = 0; k < counts[i]; k++) {
                Ring ring = known(found[i][k]);
                read += ring == null ? 0 : ring.touchHead();
            }
        }
        for (int i = 0; i < size; i++) {
            for (int k = 0; k < counts[i]; k++) {
                Ring ring = known(found[i][k]);
                read += ring == null ? 0 : ring.touchEnds();
            }
        }
        return read;
    }

    private @Nullable Ring known(int slot) {
        return slot < rings.length ? rings[slot] : null;
    }

    /** Whether a situation has one key at most. */
    boolean hasOneKey() {
        return listed < 0;
    }

    /** Adds an event: {@code values} holds the value of each formula for it. */
    void apply(Situation situation, double[] values, int[] found) {
        apply(situation, values, found, 0);
    }

    /**
     * Adds an event.
     *
     * @param found its slots, as {@link #locate} gave them
     * @param known how many it gave
     */
    void apply(Situation situation, double[] values, int[] found, int known) {
        int count = known > 0 && listed < 0 ? known : locate(situation, found, true);
        for (int i = 0; i < count; i++) {
            apply(found[i], situation.timeMillis, values);
        }
    }

    /** Adds an event to one slot. */
    void apply(int slot, long timeMillis, double[] values) {
        if (retentionMillis > 0) {
            ring(slot).add(timeMillis, values, ringFormulas, retentionMillis);
        }
        int width = formulaIndexes.length;
        growTotals(slot);
        for (int a = 0; a < width; a++) {
            totals[slot * width + a] += values[formulaIndexes[a]];
        }
        remember(slot, timeMillis, values);
    }

    private void growTotals(int slot) {
        int width = formulaIndexes.length;
        if ((slot + 1) * width > totals.length) {
            totals = Arrays.copyOf(totals, Math.max(1024 * width, Math.max((slot + 1) * width, totals.length * 2)));
        }
    }

    private Ring ring(int slot) {
        growRings(slot);
        if (rings[slot] == null) {
            rings[slot] = new Ring(ringFormulas.length, windowArray.length);
        }
        return rings[slot];
    }

    private void growRings(int slot) {
        if (slot >= rings.length) {
            rings = Arrays.copyOf(rings, Math.max(1024, Math.max(slot + 1, rings.length * 2)));
        }
    }

    private void growLastTimes(int slot) {
        int width = conditionIndexes.length;
        if ((slot + 1) * width > lastTimes.length) {
            int length = lastTimes.length;
            lastTimes = Arrays.copyOf(lastTimes, Math.max(1024 * width, Math.max((slot + 1) * width, length * 2)));
            Arrays.fill(lastTimes, length, lastTimes.length, Long.MIN_VALUE);
        }
    }

    private void remember(int slot, long timeMillis, double[] values) {
        int width = conditionIndexes.length;
        growLastTimes(slot);
        for (int c = 0; c < width; c++) {
            if (values[conditionIndexes[c]] != 0) {
                int place = slot * width + c;
                lastTimes[place] = Math.max(lastTimes[place], timeMillis);
            }
        }
    }

    /** The sum over the slots of everything. */
    double total(int[] found, int count, int accumulator) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += totals[found[i] * formulaIndexes.length + accumulator];
        }
        return sum;
    }

    /** The sum over the slots of {@code [time - window, time)}. */
    double window(int[] found, int count, int accumulator, long timeMillis, int window) {
        double sum = 0;
        int place = ringPlaces[accumulator];
        for (int i = 0; i < count; i++) {
            sum += rings[found[i]].window(timeMillis - windowArray[window], timeMillis, window, place);
        }
        return sum;
    }

    /** The latest time over the slots; {@link Long#MIN_VALUE} if there is none. */
    long last(int[] found, int count, int place) {
        long latest = Long.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            latest = Math.max(latest, lastTimes[found[i] * conditionIndexes.length + place]);
        }
        return latest;
    }

    /** The formula of each sum. */
    int[] sumFormulas() {
        return formulaIndexes.clone();
    }

    /** The sums over everything of a slot, zeros if there is no such slot. */
    double[] sums(int slot) {
        int width = formulaIndexes.length;
        return slot < slots.size() ? Arrays.copyOfRange(totals, slot * width, (slot + 1) * width) : new double[width];
    }

    /** The formulas whose values it needs of an event. */
    int[] formulasUsed() {
        return IntStream.concat(IntStream.of(formulaIndexes), IntStream.of(conditionIndexes))
                .distinct()
                .toArray();
    }

    /** What it sums and remembers, in words: two of the same parts and shape can take each other's cells. */
    String shape(IntFunction<String> formulaName) {
        return " sums of " + IntStream.of(formulaIndexes).mapToObj(formulaName).toList() + " times of "
                + IntStream.of(conditionIndexes).mapToObj(formulaName).toList() + " windows of "
                + IntStream.of(ringFormulas).mapToObj(formulaName).toList() + windows;
    }

    /** A cell without events. */
    Cell.Sums emptyCell() {
        long[] never = new long[conditionIndexes.length];
        Arrays.fill(never, Long.MIN_VALUE);
        return new Cell.Sums(
                retentionMillis > 0 ? new Ring(ringFormulas.length, windowArray.length) : null,
                new double[formulaIndexes.length],
                never,
                Long.MIN_VALUE);
    }

    Cell.Sums readCell(ByteReader in) {
        Cell.Sums empty = emptyCell();
        double[] sums = empty.totals();
        for (int a = 0; a < sums.length; a++) {
            sums[a] = in.number();
        }
        long[] times = empty.lastTimes();
        for (int c = 0; c < times.length; c++) {
            times[c] = in.time();
        }
        long version = in.time();
        Ring ring = retentionMillis > 0 ? Ring.read(ringFormulas.length, windowArray.length, in) : null;
        return new Cell.Sums(ring, sums, times, version);
    }

    /** Puts a cell into a slot, which shares its ring from then on. */
    void load(int slot, Cell.Sums cell) {
        if (cell.ring() != null) {
            growRings(slot);
            rings[slot] = cell.ring();
        }
        growTotals(slot);
        System.arraycopy(cell.totals(), 0, totals, slot * formulaIndexes.length, cell.totals().length);
        growLastTimes(slot);
        System.arraycopy(cell.lastTimes(), 0, lastTimes, slot * conditionIndexes.length, cell.lastTimes().length);
    }

    /** What is in a slot; it shares the slot's ring. */
    Cell.Sums cell(int slot, long versionMillis) {
        int width = formulaIndexes.length;
        return new Cell.Sums(
                retentionMillis > 0 ? rings[slot] : null,
                Arrays.copyOfRange(totals, slot * width, (slot + 1) * width),
                Arrays.copyOfRange(lastTimes, slot * conditionIndexes.length, (slot + 1) * conditionIndexes.length),
                versionMillis);
    }

    /** The slot of a key, as the parts' codes; a new key gets the next one. */
    int slotOf(int[] codes) {
        long key = 0;
        for (int p = 0; p < codes.length; p++) {
            if (p == 2) {
                key = pairs.findOrAdd(key);
            }
            key = (key << 32) | codes[p];
        }
        return slots.findOrAdd(key);
    }

    /** Tells of every key and its slot. */
    void forEach(SlotVisitor visitor) {
        long[] keys = slots.keys();
        long[] firstTwo = pairs.keys();
        int[] codes = new int[partArray.length];
        for (int slot = 0; slot < keys.length; slot++) {
            long rest = keys[slot];
            for (int p = codes.length - 1; p >= 0; p--) {
                codes[p] = (int) rest;
                // The code of the first two parts is the slot of their pair.
                rest = p == 2 ? firstTwo[(int) (rest >>> 32)] : rest >>> 32;
            }
            visitor.slot(slot, codes);
        }
    }

    /** Told of one slot and the codes of its key, which are overwritten at the next. */
    interface SlotVisitor {
        void slot(int slot, int[] codes);
    }

    /** How many numbers {@link #readings} gives. */
    int readingCount() {
        return lastReading(conditionIndexes.length);
    }

    /** All that can be read of a slot at a moment: totals, then window by window, then last times. */
    void readings(int slot, long timeMillis, double[] out) {
        int[] one = {slot};
        for (int a = 0; a < formulaIndexes.length; a++) {
            out[a] = total(one, 1, a);
            for (int w = 0; w < windowArray.length && ringPlaces[a] >= 0; w++) {
                out[windowReading(a, w)] = window(one, 1, a, timeMillis, w);
            }
        }
        for (int c = 0; c < conditionIndexes.length; c++) {
            out[lastReading(c)] = last(one, 1, c);
        }
    }

    /** Adds the readings of another key of the same situation. */
    void merge(double[] into, double[] readings) {
        for (int i = 0; i < into.length; i++) {
            into[i] = i < lastReading(0) ? into[i] + readings[i] : Math.max(into[i], readings[i]);
        }
    }

    /** The readings of no key. */
    double[] noReadings() {
        double[] none = new double[readingCount()];
        Arrays.fill(none, lastReading(0), none.length, Long.MIN_VALUE);
        return none;
    }

    int windowReading(int accumulator, int window) {
        return formulaIndexes.length + ringFormulas.length * window + ringPlaces[accumulator];
    }

    int lastReading(int place) {
        return formulaIndexes.length + ringFormulas.length * windowArray.length + place;
    }

    /** Forgets every key. */
    void clear() {
        slots.clear();
        pairs.clear();
    }

    /** Makes room for so many keys at once. */
    void reserve(int keys) {
        slots.reserve(keys);
        if (keys > 0) {
            growTotals(keys - 1);
            growLastTimes(keys - 1);
            if (retentionMillis > 0) {
                growRings(keys - 1);
            }
        }
    }

    /** How many keys there are. */
    int size() {
        return slots.size();
    }
}
