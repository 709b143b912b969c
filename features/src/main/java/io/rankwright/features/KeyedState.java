package io.rankwright.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The sums, counts and last times of all features that share a key, such as user × tag: one look-up finds the slot of
 * all of them. With a window among them the slot is a {@link Ring}, else a stretch of one flat array.
 *
 * <p>Thread-safety: readers beside each other, each with its own slots array; a writer alone.
 */
final class KeyedState {
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
        return new int[parts.stream().anyMatch(KeyPart::isList) ? 32 : 1];
    }

    /** Finds the slots of a situation; the answer is how many. */
    int locate(Situation situation, int[] found) {
        return locate(situation, found, false);
    }

    private int locate(Situation situation, int[] found, boolean isAdding) {
        int size = 0;
        int members = listed < 0 ? 1 : Math.min(partArray[listed].count(situation), found.length);
        for (int m = 0; m < members; m++) {
            long key = 0;
            boolean isWhole = true;
            for (int p = 0; p < partArray.length && isWhole; p++) {
                int code = partArray[p].code(situation, p == listed ? m : 0);
                isWhole = code > 0;
                if (p == 2) {
                    int pair = isAdding ? pairs.findOrAdd(key) : pairs.find(key);
                    isWhole &= pair != LongSlots.NONE;
                    key = pair;
                }
                key = (key << 32) | code;
            }
            if (isWhole) {
                int slot = isAdding ? slots.findOrAdd(key) : slots.find(key);
                if (slot != LongSlots.NONE) {
                    found[size++] = slot;
                }
            }
        }
        return size;
    }

    /** Adds an event: {@code values} holds the value of each formula for it. */
    void apply(Situation situation, double[] values, int[] found) {
        int count = locate(situation, found, true);
        for (int i = 0; i < count; i++) {
            int slot = found[i];
            if (retentionMillis > 0) {
                ring(slot).add(situation.timeMillis, values, formulaIndexes, retentionMillis);
            } else if (formulaIndexes.length > 0) {
                int width = formulaIndexes.length;
                if ((slot + 1) * width > totals.length) {
                    totals = Arrays.copyOf(totals, Math.max(1024 * width, totals.length * 2));
                }
                for (int a = 0; a < width; a++) {
                    totals[slot * width + a] += values[formulaIndexes[a]];
                }
            }
            remember(slot, situation.timeMillis, values);
        }
    }

    private Ring ring(int slot) {
        if (slot >= rings.length) {
            rings = Arrays.copyOf(rings, Math.max(1024, rings.length * 2));
        }
        if (rings[slot] == null) {
            rings[slot] = new Ring(formulaIndexes.length, windowArray.length);
        }
        return rings[slot];
    }

    private void remember(int slot, long timeMillis, double[] values) {
        int width = conditionIndexes.length;
        if ((slot + 1) * width > lastTimes.length) {
            int length = lastTimes.length;
            lastTimes = Arrays.copyOf(lastTimes, Math.max(1024 * width, length * 2));
            Arrays.fill(lastTimes, length, lastTimes.length, Long.MIN_VALUE);
        }
        for (int c = 0; c < width; c++) {
            if (values[conditionIndexes[c]] != 0) {
                int place = slot * width + c;
                lastTimes[place] = Math.max(lastTimes[place], timeMillis);
            }
        }
    }

    /** The sum over the slots of everything before a moment. */
    double total(int[] found, int count, int accumulator, long timeMillis) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += retentionMillis > 0
                    ? rings[found[i]].before(timeMillis, accumulator)
                    : totals[found[i] * formulaIndexes.length + accumulator];
        }
        return sum;
    }

    /** The sum over the slots of {@code [time - window, time)}. */
    double window(int[] found, int count, int accumulator, long timeMillis, int window) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += rings[found[i]].window(timeMillis - windowArray[window], timeMillis, window, accumulator);
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

    /** How many keys there are. */
    int size() {
        return slots.size();
    }
}
