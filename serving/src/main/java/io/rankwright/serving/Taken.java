package io.rankwright.serving;

import java.util.Arrays;

/** Which items were taken when, in the order of time: what candidate sources are told of when they begin. One thread at a time. */
final class Taken {
    private int[] items = new int[1024];
    private long[] times = new long[1024];
    private int size;

    /** Told of an item that was taken. */
    interface Visitor {
        void taken(int item, long timeMillis);
    }

    void add(int item, long timeMillis) {
        if (size == items.length) {
            items = Arrays.copyOf(items, 2 * size);
            times = Arrays.copyOf(times, 2 * size);
        }
        items[size] = item;
        times[size++] = timeMillis;
    }

    void forEach(Visitor visitor) {
        for (int i = 0; i < size; i++) {
            visitor.taken(items[i], times[i]);
        }
    }
}
