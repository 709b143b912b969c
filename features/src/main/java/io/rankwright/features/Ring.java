package io.rankwright.features;

import java.util.Arrays;

/**
 * The events of one key as running sums, in the order of time: the sum of any window is the difference of two entries.
 * Entries older than the longest window are folded into the base. An event that comes late takes its place in the order,
 * so that the state depends on which events came, not on when.
 *
 * <p>Costs: append O(1) amortised, a window O(log n), a late event O(n). Thread-safety: readers beside each other; a
 * writer alone.
 */
final class Ring {
    private final int width;
    private long[] times = new long[2];
    private double[] sums;
    private final double[] base;
    private int start;
    private int end;

    /** @param width how many sums run side by side */
    Ring(int width) {
        this.width = width;
        this.sums = new double[2 * width];
        this.base = new double[width];
    }

    void add(long timeMillis, double[] values, int[] indexes, long retentionMillis) {
        if (end == times.length) {
            makeRoom();
        }
        int place = end;
        while (place > start && times[place - 1] > timeMillis) {
            place--;
        }
        boolean isTooOld = end > start && timeMillis < times[end - 1] - retentionMillis;
        if (isTooOld) {
            for (int a = 0; a < width; a++) {
                base[a] += values[indexes[a]];
            }
            shiftSums(start, values, indexes);
            return;
        }
        System.arraycopy(times, place, times, place + 1, end - place);
        System.arraycopy(sums, place * width, sums, (place + 1) * width, (end - place) * width);
        times[place] = timeMillis;
        for (int a = 0; a < width; a++) {
            double before = place > start ? sums[(place - 1) * width + a] : base[a];
            sums[place * width + a] = before + values[indexes[a]];
        }
        end++;
        shiftSums(place + 1, values, indexes);
        trim(times[end - 1] - retentionMillis);
    }

    private void shiftSums(int from, double[] values, int[] indexes) {
        for (int i = from; i < end; i++) {
            for (int a = 0; a < width; a++) {
                sums[i * width + a] += values[indexes[a]];
            }
        }
    }

    private void trim(long oldest) {
        while (start < end && times[start] < oldest) {
            System.arraycopy(sums, start * width, base, 0, width);
            start++;
        }
    }

    private void makeRoom() {
        int size = end - start;
        int capacity = start >= times.length / 2 ? times.length : times.length * 2;
        long[] newTimes = capacity == times.length ? times : new long[capacity];
        double[] newSums = capacity == times.length ? sums : new double[capacity * width];
        System.arraycopy(times, start, newTimes, 0, size);
        System.arraycopy(sums, start * width, newSums, 0, size * width);
        times = newTimes;
        sums = newSums;
        start = 0;
        end = size;
    }

    /** The running sum over everything before a moment. */
    double before(long timeMillis, int accumulator) {
        int index = firstNotBefore(timeMillis) - 1;
        return index < start ? base[accumulator] : sums[index * width + accumulator];
    }

    private int firstNotBefore(long timeMillis) {
        if (end == start || times[end - 1] < timeMillis) {
            return end;
        }
        int found = Arrays.binarySearch(times, start, end, timeMillis);
        if (found < 0) {
            return -found - 1;
        }
        while (found > start && times[found - 1] == timeMillis) {
            found--;
        }
        return found;
    }
}
