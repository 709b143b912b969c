package io.rankwright.serving;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The last five minutes, second by second: how many answers, how long they took and where, what was left out, and the
 * processor time of all of it. Any number of threads.
 */
public final class Pulse {
    /** How many seconds are known. */
    public static final int SECONDS = 300;

    /** Seconds of a point of the curves. */
    public static final int STEP = 5;

    private static final int LATELY = 60;
    /** Latencies are counted by powers of this from a tenth of a millisecond on: percentiles are within 5%. */
    private static final double GROWTH = 1.1;

    private static final int BUCKETS = 128;
    private static final OperatingSystemMXBean MACHINE =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** Of fewer answers the cost of one says little. */
    private static final int FEWEST = 100;

    /** One second. */
    private static final class Second {
        private long at = -1;
        private int answers;
        private int degraded;
        private int events;
        private final int[] latencies = new int[BUCKETS];
        private final Map<String, Double> stages = new TreeMap<>();
        /** Of the process, when the second began. */
        private long cpuNanos;

        private long allocated;

        void begin(long second) {
            at = second;
            answers = 0;
            degraded = 0;
            events = 0;
            Arrays.fill(latencies, 0);
            stages.clear();
            cpuNanos = MACHINE.getProcessCpuTime();
            allocated = THREADS.getTotalThreadAllocatedBytes();
        }
    }

    /**
     * What was seen. Immutable.
     *
     * @param answersPerSecond,eventsPerSecond over the last minute
     * @param p50,p99 milliseconds, over the last minute; NaN without an answer
     * @param degradedShare of the answers of the last minute
     * @param cpuPerThousand seconds of processor time of the whole process for a thousand answers, over five minutes; NaN
     *     with fewer than a hundred answers
     * @param allocatedPerAnswer bytes of the heap that all threads have taken, by answer, likewise
     * @param stages mean milliseconds of each, over the last minute
     * @param rates answers a second, the oldest first, one for each {@link #STEP} seconds
     * @param p99s milliseconds, likewise; NaN without an answer
     */
    public record View(
            double answersPerSecond,
            double eventsPerSecond,
            double p50,
            double p99,
            double degradedShare,
            double cpuPerThousand,
            double allocatedPerAnswer,
            Map<String, Double> stages,
            List<Double> rates,
            List<Double> p99s) {}

    private final Second[] seconds = new Second[SECONDS];

    Pulse() {
        Arrays.setAll(seconds, _ -> new Second());
    }

    private static long now() {
        return System.nanoTime() / 1_000_000_000L;
    }

    private Second second(long now) {
        Second second = seconds[Math.floorMod(now, SECONDS)];
        if (second.at != now) {
            second.begin(now);
        }
        return second;
    }

    /** Tells of an answer that somebody sees. */
    void answered(FeedAnswer answer) {
        answered(answer, now());
    }

    synchronized void answered(FeedAnswer answer, long now) {
        Second second = second(now);
        second.answers++;
        second.degraded += answer.degraded().isEmpty() ? 0 : 1;
        second.latencies[bucket(answer.millis())]++;
        answer.timings().forEach((stage, millis) -> second.stages.merge(stage, millis, Double::sum));
    }

    /** Tells of events that were taken in. */
    synchronized void arrived(int events) {
        second(now()).events += events;
    }

    private static int bucket(double millis) {
        return Math.clamp((int) (Math.log(Math.max(millis, 0.1) / 0.1) / Math.log(GROWTH)), 0, BUCKETS - 1);
    }

    /** The middle of a bucket, in milliseconds. */
    private static double millis(int bucket) {
        return 0.1 * Math.pow(GROWTH, bucket + 0.5);
    }

    public View view() {
        return view(now());
    }

    synchronized View view(long now) {
        int answers = 0;
        int degraded = 0;
        int events = 0;
        int[] latencies = new int[BUCKETS];
        var stages = new LinkedHashMap<String, Double>();
        for (Second second : seconds) {
            if (second.at > now - LATELY && second.at <= now) {
                answers += second.answers;
                degraded += second.degraded;
                events += second.events;
                add(latencies, second);
                second.stages.forEach((stage, millis) -> stages.merge(stage, millis, Double::sum));
            }
        }
        double count = Math.max(1, answers);
        stages.replaceAll((_, millis) -> millis / count);
        var rates = new ArrayList<Double>();
        var p99s = new ArrayList<Double>();
        for (long from = now - SECONDS + 1; from <= now; from += STEP) {
            int[] of = new int[BUCKETS];
            int sum = 0;
            for (Second second : seconds) {
                if (second.at >= from && second.at < from + STEP) {
                    sum += second.answers;
                    add(of, second);
                }
            }
            rates.add((double) sum / STEP);
            p99s.add(percentile(of, 0.99));
        }
        Second oldest = oldest(now);
        double known = answersSince(now);
        return new View(
                (double) answers / LATELY,
                (double) events / LATELY,
                percentile(latencies, 0.5),
                percentile(latencies, 0.99),
                degraded / count,
                known < FEWEST ? Double.NaN : (MACHINE.getProcessCpuTime() - oldest.cpuNanos) / 1e6 / known,
                known < FEWEST ? Double.NaN : (THREADS.getTotalThreadAllocatedBytes() - oldest.allocated) / known,
                stages,
                rates,
                p99s);
    }

    private static void add(int[] latencies, Second second) {
        for (int b = 0; b < BUCKETS; b++) {
            latencies[b] += second.latencies[b];
        }
    }

    private static double percentile(int[] latencies, double share) {
        int all = Arrays.stream(latencies).sum();
        int passed = 0;
        for (int b = 0; b < BUCKETS; b++) {
            passed += latencies[b];
            if (all > 0 && passed >= share * all) {
                return millis(b);
            }
        }
        return Double.NaN;
    }

    /** The oldest second that is known: what trains or builds an index in the process since then counts, too. */
    private Second oldest(long now) {
        return Arrays.stream(seconds)
                .filter(second -> second.at > now - SECONDS && second.at <= now)
                .min(Comparator.comparingLong(second -> second.at))
                .orElseGet(Second::new);
    }

    private long answersSince(long now) {
        return Arrays.stream(seconds)
                .filter(second -> second.at > now - SECONDS && second.at <= now)
                .mapToLong(second -> second.answers)
                .sum();
    }
}
