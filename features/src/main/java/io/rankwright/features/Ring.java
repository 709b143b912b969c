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
    private final int windows;
    /**
     * All in one stretch of memory, so that a look touches few cache lines: where each window last began (readers may
     * overwrite each other's: from anywhere the search finds the same), then rows of a time and the sums up to it, as
     * bits. Row {@code i + 1} is event {@code i}; the row before the first that is kept is the base.
     */
    private long[] entries;

    private int start;
    private int end;

    /**
     * @param sums how many sums run side by side
     * @param windows how many windows are asked for
     */
    Ring(int sums, int windows) {
        this(sums, windows, 2);
    }

    private Ring(int sums, int windows, int room) {
        this.width = 1 + sums;
        this.windows = windows;
        this.entries = new long[at(room + 1)];
    }

    private int at(int row) {
        return windows + row * width;
    }

    private long time(int index) {
        return entries[at(index + 1)];
    }

    /** The running sum over everything in front of an index. */
    private double sum(int index, int accumulator) {
        return Double.longBitsToDouble(entries[at(index) + 1 + accumulator]);
    }

    private void set(int index, int accumulator, double sum) {
        entries[at(index) + 1 + accumulator] = Double.doubleToRawLongBits(sum);
    }

    /** How many events are kept. */
    int size() {
        return end - start;
    }

    /** Reads where the windows began; the answer means nothing. */
    long touchHead() {
        return entries[0];
    }

    /** Reads the ends that windows will ask for; the answer means nothing. */
    long touchEnds() {
        long read = entries[at(end)];
        for (int w = 0; w < windows; w++) {
            read += entries[at(Math.clamp(entries[w], start, end))];
        }
        return read;
    }

    void add(long timeMillis, double[] values, int[] indexes, long retentionMillis) {
        if (at(end + 2) > entries.length) {
            makeRoom();
        }
        int place = end;
        while (place > start && time(place - 1) > timeMillis) {
            place--;
        }
        boolean isTooOld = end > start && timeMillis < time(end - 1) - retentionMillis;
        if (isTooOld) {
            raise(start, values, indexes);
            return;
        }
        System.arraycopy(entries, at(place + 1), entries, at(place + 2), (end - place) * width);
        entries[at(place + 1)] = timeMillis;
        end++;
        for (int a = 0; a < width - 1; a++) {
            set(place + 1, a, sum(place, a) + values[indexes[a]]);
        }
        raise(place + 2, values, indexes);
        trim(time(end - 1) - retentionMillis);
    }

    /** Adds to the sums from a row on. */
    private void raise(int from, double[] values, int[] indexes) {
        for (int row = from; row <= end; row++) {
            for (int a = 0; a < width - 1; a++) {
                set(row, a, sum(row, a) + values[indexes[a]]);
            }
        }
    }

    private void trim(long oldest) {
        while (start < end && time(start) < oldest) {
            start++;
        }
    }

    private void makeRoom() {
        long[] from = entries;
        if (start < end / 2) {
            entries = new long[2 * from.length];
            System.arraycopy(from, 0, entries, 0, windows);
        }
        System.arraycopy(from, at(start), entries, at(0), (end - start + 1) * width);
        for (int w = 0; w < windows; w++) {
            entries[w] -= start;
        }
        end -= start;
        start = 0;
    }

    /** Writes the events as differences: most are a second or a one apart. */
    void write(ByteWriter out) {
        for (int a = 0; a < width - 1; a++) {
            out.number(sum(start, a));
        }
        out.whole(end - start);
        long before = 0;
        for (int i = start; i < end; i++) {
            out.whole(time(i) - before);
            before = time(i);
            for (int a = 0; a < width - 1; a++) {
                out.number(sum(i + 1, a) - sum(i, a));
            }
        }
    }

    /** Reads what {@link #write} wrote of a ring of the same sums and windows. */
    static Ring read(int sums, int windows, ByteReader in) {
        double[] base = new double[sums];
        for (int a = 0; a < sums; a++) {
            base[a] = in.number();
        }
        int count = (int) in.whole();
        var ring = new Ring(sums, windows, Math.max(2, count));
        for (int a = 0; a < sums; a++) {
            ring.set(0, a, base[a]);
        }
        long time = 0;
        for (int i = 0; i < count; i++) {
            time += in.whole();
            ring.entries[ring.at(i + 1)] = time;
            for (int a = 0; a < sums; a++) {
                ring.set(i + 1, a, ring.sum(i, a) + in.number());
            }
        }
        ring.end = count;
        return ring;
    }

    /** The sum over {@code [from, to)}, of which {@code window} is the number. */
    double window(long from, long to, int window, int accumulator) {
        int begin = firstNotBefore(from, (int) entries[window]);
        entries[window] = begin;
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
