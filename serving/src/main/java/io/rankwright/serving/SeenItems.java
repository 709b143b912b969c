package io.rankwright.serving;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The last items that each subject was shown, so that nothing repeats. Any number of threads. */
final class SeenItems {
    private static final int LAST = 500;
    private static final int[] NONE = {};

    private final Map<Integer, int[]> items = new ConcurrentHashMap<>();

    void add(int subject, int item) {
        items.merge(subject, new int[] {item}, (old, fresh) -> {
            int from = Math.max(0, old.length - LAST + 1);
            int[] merged = Arrays.copyOfRange(old, from, old.length + 1);
            merged[merged.length - 1] = fresh[0];
            return merged;
        });
    }

    /** The items of a subject, the last one last. The array must not be changed. */
    int[] of(int subject) {
        return items.getOrDefault(subject, NONE);
    }
}
