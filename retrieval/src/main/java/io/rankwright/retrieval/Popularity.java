package io.rankwright.retrieval;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;

/**
 * How often each item was taken within a window, or ever. Reads see the counts as they were at the last event; old ones
 * leave when time moves on.
 *
 * <p>Thread-safety: any thread; writes and the expiry of old events queue for one lock.
 */
public final class Popularity {
    private record Taken(long timeMillis, int item) {}

    private final long windowMillis;
    private final ArrayDeque<Taken> recent = new ArrayDeque<>();
    private int[] counts = new int[1024];

    public Popularity(Optional<Duration> window) {
        this.windowMillis = window.map(Duration::toMillis).orElse(0L);
    }

    /** Counts that an item was taken. */
    public synchronized void add(int item, long timeMillis) {
        if (item >= counts.length) {
            counts = Arrays.copyOf(counts, Math.max(item + 1, counts.length * 2));
        }
        counts[item]++;
        if (windowMillis > 0) {
            recent.addLast(new Taken(timeMillis, item));
        }
    }

    private void expire(long nowMillis) {
        while (!recent.isEmpty() && recent.getFirst().timeMillis() < nowMillis - windowMillis) {
            counts[recent.removeFirst().item()]--;
        }
    }

    /** The counts by code at a moment; a copy. */
    public synchronized int[] counts(long nowMillis) {
        expire(nowMillis);
        return counts.clone();
    }
}
