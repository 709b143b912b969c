package io.rankwright.serving;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rankwright.registry.Shadow;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Answers some requests a second time by another version, behind the answer that was sent, and compares the two. It has one
 * thread and a short queue: what does not fit is skipped, so that nobody waits for it. Any number of threads.
 */
public final class ShadowRun implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(ShadowRun.class.getName());
    private static final int WAITING = 8;

    /** Answers a request by a version, unseen. */
    interface Second {
        FeedAnswer answer(int version, FeedRequest request, long nowMillis);
    }

    /**
     * What was seen of a shadow since this server follows it. Immutable.
     *
     * @param answers compared
     * @param skipped requests for which there was no room
     * @param failed second answers that were errors
     * @param overlap the mean share of the slots whose items both slates have
     * @param sameFirst the share of slates that begin with the same item
     * @param difference the mean absolute difference of the first score of items that both have
     * @param millis,liveMillis the mean time of the shadow's answers, and of those that were served
     */
    public record View(
            Shadow shadow,
            long answers,
            long skipped,
            long failed,
            double overlap,
            double sameFirst,
            double difference,
            double millis,
            double liveMillis) {}

    private final Second second;
    private final MeterRegistry meters;
    private final DistributionSummary overlaps;
    private final Timer times;
    private final ThreadPoolExecutor thread;
    private volatile Optional<Sums> sums = Optional.empty();

    /** What the figures of one shadow are made of. */
    private static final class Sums {
        private final Shadow shadow;
        private long answers;
        private long skipped;
        private long failed;
        private double overlap;
        private long sameFirst;
        private double difference;
        private long compared;
        private double millis;
        private double liveMillis;

        Sums(Shadow shadow) {
            this.shadow = shadow;
        }

        synchronized void add(FeedAnswer served, FeedAnswer other, double shared, Map<String, Double> differences) {
            answers++;
            overlap += shared;
            boolean isSame = !served.slots().isEmpty()
                    && !other.slots().isEmpty()
                    && served.slots()
                            .getFirst()
                            .item()
                            .equals(other.slots().getFirst().item());
            sameFirst += isSame ? 1 : 0;
            for (double each : differences.values()) {
                difference += each;
                compared++;
            }
            millis += other.millis();
            liveMillis += served.millis();
        }

        synchronized void skip() {
            skipped++;
        }

        synchronized void fail() {
            failed++;
        }

        synchronized View view() {
            double count = Math.max(1, answers);
            return new View(
                    shadow,
                    answers,
                    skipped,
                    failed,
                    overlap / count,
                    sameFirst / count,
                    difference / Math.max(1, compared),
                    millis / count,
                    liveMillis / count);
        }
    }

    ShadowRun(Second second, MeterRegistry meters) {
        this.second = second;
        this.meters = meters;
        this.overlaps = DistributionSummary.builder("rankwright.shadow.overlap")
                .description("The share of the slots whose items the shadow's slate has too")
                .register(meters);
        this.times = Timer.builder("rankwright.shadow.answer")
                .description("How long the shadow takes for an answer")
                .register(meters);
        this.thread = new ThreadPoolExecutor(
                0,
                1,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING),
                Thread.ofPlatform()
                        .daemon()
                        .name("shadow")
                        .priority(Thread.MIN_PRIORITY)
                        .factory());
        for (String outcome : List.of("compared", "skipped", "failed")) {
            count(outcome);
        }
    }

    private Counter count(String outcome) {
        return Counter.builder("rankwright.shadow.requests")
                .description("Requests that a shadow was to answer a second time, by what became of them")
                .tag("outcome", outcome)
                .register(meters);
    }

    /** Follows this shadow from now on; what was seen of the same one is kept. */
    void follow(Optional<Shadow> shadow) {
        sums = shadow.map(next -> sums.filter(now -> now.shadow.equals(next)).orElseGet(() -> new Sums(next)));
    }

    /** Tells of an answer that was sent. */
    void answered(FeedRequest request, FeedAnswer answer) {
        Optional<Sums> now = sums.filter(each -> each.shadow.follows(request.subject()));
        if (now.isEmpty()) {
            return;
        }
        // The same draws of exploration: what differs is the version.
        var again = new FeedRequest(
                request.subject(),
                request.slots(),
                request.filter(),
                request.exclude(),
                request.context(),
                request.rules(),
                OptionalLong.of(request.seed().orElse(answer.request().hashCode())),
                false);
        try {
            thread.execute(() -> compare(now.get(), again, answer));
        } catch (RejectedExecutionException _) {
            now.get().skip();
            count("skipped").increment();
        }
    }

    private void compare(Sums into, FeedRequest request, FeedAnswer served) {
        try {
            long start = System.nanoTime();
            FeedAnswer other = second.answer(into.shadow.version(), request, served.timeMillis());
            times.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            double shared = overlap(served, other);
            into.add(served, other, shared, differences(served, other));
            overlaps.record(shared);
            count("compared").increment();
        } catch (RuntimeException e) {
            into.fail();
            count("failed").increment();
            LOGGER.log(Level.FINE, e, () -> String.format(Locale.ROOT, "v%d did not answer", into.shadow.version()));
        }
    }

    private static double overlap(FeedAnswer served, FeedAnswer other) {
        var items = new HashSet<String>();
        served.slots().forEach(slot -> items.add(slot.item()));
        long both = other.slots().stream()
                .filter(slot -> items.contains(slot.item()))
                .count();
        return both
                / (double) Math.max(
                        1, Math.max(served.slots().size(), other.slots().size()));
    }

    /** Of each item that both slates have a score for, how far their first scores are apart. */
    private static Map<String, Double> differences(FeedAnswer served, FeedAnswer other) {
        var firsts = new HashMap<String, Double>();
        served.slots()
                .forEach(slot -> slot.scores().values().stream()
                        .findFirst()
                        .filter(score -> !score.isNaN())
                        .ifPresent(score -> firsts.put(slot.item(), score)));
        var differences = new HashMap<String, Double>();
        other.slots()
                .forEach(slot -> slot.scores().values().stream()
                        .findFirst()
                        .filter(score -> !score.isNaN() && firsts.containsKey(slot.item()))
                        .ifPresent(score ->
                                differences.put(slot.item(), Math.abs(score - firsts.getOrDefault(slot.item(), 0.0)))));
        return differences;
    }

    /** What was seen; empty if no shadow runs. */
    Optional<View> view() {
        return sums.map(Sums::view);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
