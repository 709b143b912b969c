package io.rankwright.serving;

import com.netflix.concurrency.limits.limit.AbstractLimit;
import java.util.concurrent.TimeUnit;

/**
 * How many requests may be under way at once: what a burst needs while nobody is refused, and through an overload hardly
 * more than there are cores, so that these stay busy and those that are let in do not wait. As TCP Vegas does for a path
 * (Brakmo and Peterson, 1995) it compares what requests take with what they take if none waits. There that is the least
 * latency of late, so that a minute of overload becomes the norm; here it is the mean of times in which no more were under
 * way than there are cores, and hardly of such times in which others were refused.
 *
 * <p>Thread-safety: any number of threads.
 */
final class CrowdLimit extends AbstractLimit {
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final int LEAST_SAMPLES = 10;
    /** The share of a new window in what is believed of all: seconds are remembered, from before an overload an hour. */
    private static final double NEW = 0.1;

    private static final double NEW_WHILE_REFUSED = 0.0001;
    /** So many that wait on average keep the cores busy. */
    private static final double WAITING = 0.75;

    private final int cores;
    private final int least;
    private final int most;
    private volatile boolean isAnyRefused;

    /** 0 before it is known. */
    private double uncrowdedNanos;

    /** Of the window that runs. */
    private long windowStart;

    private int samples;
    private double nanos;
    private double underWay;
    private int mostUnderWay;
    private boolean isAnyLate;

    /**
     * @param cores so many requests do not wait for each other
     * @param most the greatest limit
     */
    CrowdLimit(int cores, int most) {
        super(Math.min(4 * cores, most));
        this.cores = cores;
        this.least = Math.min(cores, most);
        this.most = most;
    }

    /** Notes that a request was not let in. */
    void refused() {
        isAnyRefused = true;
    }

    @Override
    protected int _update(long startNanos, long takenNanos, int inflight, boolean isLate) {
        samples++;
        nanos += takenNanos;
        underWay += inflight;
        mostUnderWay = Math.max(mostUnderWay, inflight);
        isAnyLate |= isLate;
        long now = startNanos + takenNanos;
        if (samples < LEAST_SAMPLES || now - windowStart < WINDOW_NANOS) {
            return getLimit();
        }
        int next = next();
        windowStart = now;
        samples = 0;
        nanos = 0;
        underWay = 0;
        mostUnderWay = 0;
        isAnyLate = false;
        isAnyRefused = false;
        return next;
    }

    /** The limit after a window. */
    private int next() {
        double taken = nanos / samples;
        double present = underWay / samples;
        if (present <= cores) {
            double share = uncrowdedNanos == 0 ? 1 : isAnyRefused ? NEW_WHILE_REFUSED : NEW;
            uncrowdedNanos += share * (taken - uncrowdedNanos);
        }
        int limit = getLimit();
        double waiting = present * (1 - uncrowdedNanos / taken);
        if (isAnyLate || (isAnyRefused && waiting > WAITING)) {
            return Math.max(least, limit - 1);
        }
        boolean isUsed = 2 * mostUnderWay > limit;
        return isUsed ? Math.min(most, limit + 1) : limit;
    }
}
