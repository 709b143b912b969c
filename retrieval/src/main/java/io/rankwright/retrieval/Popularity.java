package io.rankwright.retrieval;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * How often each item was taken within a window, or ever, and which ones most. Reads see the counts as they were at the
 * last event; old ones leave when time moves on. The cost of a read depends on what is asked for, never on how many items
 * there are.
 *
 * <p>Thread-safety: any thread; writes and the expiry of old events queue for one lock, reads wait for none.
 */
public final class Popularity {
    private record Taken(long timeMillis, int item) {}

    private final long windowMillis;
    private final ArrayDeque<Taken> recent = new ArrayDeque<>();
    private volatile long oldestMillis = Long.MAX_VALUE;
    private volatile int[] counts = new int[1024];
    /** Items that were taken, the most taken first, then by code; made when it is first asked for. */
    private volatile @Nullable ConcurrentSkipListSet<Long> ranking;

    public Popularity(Optional<Duration> window) {
        this.windowMillis = window.map(Duration::toMillis).orElse(0L);
    }

    /** Counts that an item was taken. */
    public synchronized void add(int item, long timeMillis) {
        if (item >= counts.length) {
            counts = Arrays.copyOf(counts, Math.max(item + 1, counts.length * 2));
        }
        change(item, 1);
        if (windowMillis > 0) {
            recent.addLast(new Taken(timeMillis, item));
            oldestMillis = recent.getFirst().timeMillis();
        }
    }

    private void change(int item, int by) {
        int before = counts[item];
        ConcurrentSkipListSet<Long> ranked = ranking;
        if (ranked != null && before + by > 0) {
            ranked.add(place(item, before + by));
        }
        counts[item] = before + by;
        if (ranked != null && before > 0) {
            ranked.remove(place(item, before));
        }
    }

    private static long place(int item, int count) {
        return (long) (Integer.MAX_VALUE - count) << 32 | item;
    }

    /** Lets go of what is older than the window at a moment. */
    public void moveTo(long nowMillis) {
        if (windowMillis > 0 && oldestMillis < nowMillis - windowMillis) {
            synchronized (this) {
                while (!recent.isEmpty() && recent.getFirst().timeMillis() < nowMillis - windowMillis) {
                    change(recent.removeFirst().item(), -1);
                }
                oldestMillis =
                        recent.isEmpty() ? Long.MAX_VALUE : recent.getFirst().timeMillis();
            }
        }
    }

    /** How often an item was taken in the window up to the last {@link #moveTo}. */
    public int count(int item) {
        int[] now = counts;
        return item < now.length ? now[item] : 0;
    }

    /** The allowed items that were taken most, the most taken first, then by code. */
    public int[] most(int k, IntPredicate allowed) {
        int[] found = new int[k];
        int size = 0;
        int last = 0;
        for (Iterator<Long> places = ranking().iterator(); size < k && places.hasNext(); ) {
            int item = places.next().intValue();
            // While an item moves up it may stand on two places for a moment.
            if (item != last && allowed.test(item)) {
                found[size++] = item;
                last = item;
            }
        }
        return Arrays.copyOf(found, size);
    }

    private ConcurrentSkipListSet<Long> ranking() {
        ConcurrentSkipListSet<Long> known = ranking;
        return known == null ? rank() : known;
    }

    private synchronized ConcurrentSkipListSet<Long> rank() {
        ConcurrentSkipListSet<Long> known = ranking;
        if (known == null) {
            known = new ConcurrentSkipListSet<>();
            for (int item = 0; item < counts.length; item++) {
                if (counts[item] > 0) {
                    known.add(place(item, counts[item]));
                }
            }
            ranking = known;
        }
        return known;
    }
}
