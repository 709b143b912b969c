package io.rankwright.training;

import java.util.Arrays;

/** How often ids were seen, and when last. One thread at a time. */
final class Seen {
    /** When something was seen that has no time, as what was before the log. */
    static final long BEFORE = Long.MIN_VALUE;

    private final int[] counts;
    private final long[] last;

    /** @param ids one more than the greatest */
    Seen(int ids) {
        this.counts = new int[ids];
        this.last = new long[ids];
        Arrays.fill(last, BEFORE);
    }

    void add(int id, long timeMillis) {
        counts[id]++;
        last[id] = Math.max(last[id], timeMillis);
    }

    /** How often each was seen, 0 for those last seen before a moment. */
    int[] countsSince(long timeMillis) {
        int[] since = counts.clone();
        for (int id = 0; id < since.length; id++) {
            if (last[id] < timeMillis) {
                since[id] = 0;
            }
        }
        return since;
    }
}
