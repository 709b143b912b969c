package io.rankwright.cli;

import java.util.concurrent.ConcurrentLinkedQueue;

/** What requests took, of those that were answered in one way. Any number of threads may add. */
final class Latencies {
    private final ConcurrentLinkedQueue<Long> nanos = new ConcurrentLinkedQueue<>();

    void add(long taken) {
        nanos.add(taken);
    }

    int count() {
        return nanos.size();
    }

    /** In milliseconds; 0 if there was none. */
    double percentile(double share) {
        long[] sorted = nanos.stream().mapToLong(taken -> taken).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)] / 1e6;
    }
}
