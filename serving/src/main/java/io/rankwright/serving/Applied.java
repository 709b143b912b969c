package io.rankwright.serving;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * How far the log has come to the features in memory. Any number of threads.
 */
final class Applied {
    /** Events are on their way: some of them may be in, others not. */
    static final long UNSURE = -1;

    private final AtomicInteger underWay = new AtomicInteger();
    private volatile long next;

    /** @param next the offset behind the last event that is in */
    Applied(long next) {
        this.next = next;
    }

    /** Does what brings events from the log to the features. */
    <T> T during(Supplier<T> work) {
        underWay.incrementAndGet();
        try {
            return work.get();
        } finally {
            underWay.decrementAndGet();
        }
    }

    /** Says that an event is in; those who say so hold the lock of the features exclusively. */
    void add(long offset) {
        next = Math.max(next, offset + 1);
    }

    /**
     * The offset behind the last event that is in, if all before it are; {@link #UNSURE} if some are on their way. To be
     * asked under the lock of the features.
     */
    long position() {
        return underWay.get() == 0 ? next : UNSURE;
    }
}
