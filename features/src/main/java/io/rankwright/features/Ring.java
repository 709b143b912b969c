package io.rankwright.features;

/**
 * The events of one key as running sums, in the order of time: the sum of any window is the difference of two entries.
 * Entries older than the longest window are folded into the base. An event that comes late takes its place in the order,
 * so that the state depends on which events came, not on when.
 *
 * <p>Costs: append O(1) amortised, a late event O(n), a window O(log d) where d is how many events its start has passed
 * since it was last asked for: next to nothing when a log is walked in order. Thread-safety: readers beside each other; a
 * writer alone.
 */
final class Ring {
    private final int width;
    /** Of each event its time and then the running sums as bits, side by side: a window touches few cache lines. */
    private long[] entries;

    private final double[] base;
    /** Where each window last began. Readers may overwrite each other's: from anywhere the search finds the same. */
    private final int[] begins;

    private int start;
    private int end;

    /**
     * @param sums how many sums run side by side
     * @param windows how many windows are asked for
     */
    Ring(int sums, int windows) {
        this.width = 1 + sums;
        this.begins = new int[windows];
        this.entries = new long[2 * width];
        this.base = new double[sums];
    }

    private long time(int index) {
        return entries[index * width];
    }

    /** The running sum over everything in front of an index. */
    private double sum(int index, int accumulator) {
        return index <= start
                ? base[accumulator]
                : Double.longBitsToDouble(entries[(index - 1) * width + 1 + accumulator]);
    }

    private void set(int index, int accumulator, double sum) {
        entries[index * width + 1 + accumulator] = Double.doubleToRawLongBits(sum);
    }

    void add(long timeMillis, double[] values, int[] indexes, long retentionMillis) {
        if (end * width == entries.length) {
            makeRoom();
        }
        int place = end;
        while (place > start && time(place - 1) > timeMillis) {
            place--;
        }
        boolean isTooOld = end > start && timeMillis < time(end - 1) - retentionMillis;
        if (isTooOld) {
            for (int a = 0; a < base.length; a++) {
                base[a] += values[indexes[a]];
            }
            shiftSums(start, values, indexes);
            return;
        }
        System.arraycopy(entries, place * width, entries, (place + 1) * width, (end - place) * width);
        entries[place * width] = timeMillis;
        end++;
        for (int a = 0; a < base.length; a++) {
            set(place, a, sum(place, a) + values[indexes[a]]);
        }
        shiftSums(place + 1, values, indexes);
        trim(time(end - 1) - retentionMillis);
    }

    private void shiftSums(int from, double[] values, int[] indexes) {
        for (int i = from; i < end; i++) {
            for (int a = 0; a < base.length; a++) {
                set(i, a, sum(i + 1, a) + values[indexes[a]]);
            }
        }
    }

    private void trim(long oldest) {
        while (start < end && time(start) < oldest) {
            for (int a = 0; a < base.length; a++) {
                base[a] = Double.longBitsToDouble(entries[start * width + 1 + a]);
            }
            start++;
        }
    }

    private void makeRoom() {
        long[] from = entries;
        if (start < end / 2) {
            entries = new long[2 * from.length];
        }
        System.arraycopy(from, start * width, entries, 0, (end - start) * width);
        for (int w = 0; w < begins.length; w++) {
            begins[w] -= start;
        }
        end -= start;
        start = 0;
    }

    /** Writes the events as differences: most are a second or a one apart. */
    void write(ByteWriter out) {
        for (double sum : base) {
            out.number(sum);
        }
        out.whole(end - start);
        long before = 0;
        for (int i = start; i < end; i++) {
            out.whole(time(i) - before);
            before = time(i);
            for (int a = 0; a < base.length; a++) {
                out.number(sum(i + 1, a) - sum(i, a));
            }
        }
    }

    /** Reads what {@link #write} wrote of a ring of the same sums and windows. */
    static Ring read(int sums, int windows, ByteReader in) {
        var ring = new Ring(sums, windows);
        for (int a = 0; a < sums; a++) {
            ring.base[a] = in.number();
        }
        int count = (int) in.whole();
        ring.entries = new long[Math.max(2, count) * ring.width];
        long time = 0;
        for (int i = 0; i < count; i++) {
            time += in.whole();
            ring.entries[i * ring.width] = time;
            for (int a = 0; a < sums; a++) {
                ring.set(i, a, ring.sum(i, a) + in.number());
            }
        }
        ring.end = count;
        return ring;
    }

    /** The sum over {@code [from, to)}, of which {@code window} is the number. */
    double window(long from, long to, int window, int accumulator) {
        int begin = firstNotBefore(from, begins[window]);
        begins[window] = begin;
        return sum(firstNotBefore(to, end), accumulator) - sum(begin, accumulator);
    }

    /** The first index whose time is not before a moment, looked for in growing steps from a guess. */
    private int firstNotBefore(long timeMillis, int guess) {
        int low = start;
        int high = end;
        int at = Math.clamp(guess, start, end);
        if (at > start && time(at - 1) >= timeMillis) {
            high = at - 1;
            for (int step = 1; high - step > start; step *= 2) {
                if (time(high - step) < timeMillis) {
                    low = high - step + 1;
                    break;
                }
                high -= step;
            }
        } else {
            low = at;
            for (int step = 1; low + step <= end; step *= 2) {
                if (time(low + step - 1) >= timeMillis) {
                    high = low + step - 1;
                    break;
                }
                low += step;
            }
        }
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (time(middle) < timeMillis) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
