package io.rankwright.serving;

import io.rankwright.evaluation.experiment.CanaryCheck;
import io.rankwright.log.Dictionary;
import io.rankwright.registry.Canary;
import io.rankwright.spec.Application;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sees what happens to the subjects that a canary answers and to those that the live version answers, while one runs. An event
 * counts for the last slate that its subject was shown, once for each item of it. Any number of threads.
 */
final class CanaryWatch {
    /** Of more subjects no slate is remembered. */
    private static final int MOST_SLATES = 100_000;

    /** In an arm; fewer say nothing. */
    private static final int ENOUGH = 50;

    private final Dictionary.Domain items;
    /** The label whose prediction is held against what happens. */
    private final String relevance;

    private volatile Optional<Watched> watched = Optional.empty();

    CanaryWatch(Application application, Dictionary.Domain items) {
        this.items = items;
        this.relevance = application.framing().relevance().name();
    }

    /** What is seen of one canary. */
    private record Watched(int version, int step, CanaryCheck check, Map<Integer, Slate> slates) {}

    /** @param predicted the chance that each item is taken, by its code; one that was taken or passed over is gone */
    private record Slate(CanaryCheck.Arm arm, Map<Integer, Double> predicted) {}

    /** Watches this canary from now on; what was seen of the same one in its earlier steps is kept. */
    void follow(Optional<Canary> canary) {
        watched = canary.map(next -> watched.filter(now -> now.version() == next.version())
                .map(now -> new Watched(now.version(), next.entries().size(), now.check(), now.slates()))
                .orElseGet(() -> new Watched(
                        next.version(), next.entries().size(), new CanaryCheck(), new ConcurrentHashMap<>())));
    }

    /** Tells of an answer that was logged. */
    void answered(int subject, int version, FeedAnswer answer) {
        Watched now = watched.orElse(null);
        if (now == null || subject == 0) {
            return;
        }
        boolean isNew = version == now.version();
        // Those whom an experiment gives yet another version are on neither side.
        if (!answer.arms().contains("canary-v" + now.version() + (isNew ? "/new" : "/live"))) {
            return;
        }
        CanaryCheck.Arm arm = isNew ? now.check().canary() : now.check().live();
        double millis = answer.timings().values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
        arm.answered(subject, !answer.degraded().isEmpty(), millis);
        if (now.slates().size() < MOST_SLATES || now.slates().containsKey(subject)) {
            var predicted = new HashMap<Integer, Double>();
            answer.slots()
                    .forEach(slot ->
                            predicted.put(items.code(slot.item()), slot.scores().getOrDefault(relevance, Double.NaN)));
            now.slates().put(subject, new Slate(arm, new ConcurrentHashMap<>(predicted)));
        }
    }

    /** Tells of an event. */
    void happened(int subject, int item, double outcome) {
        Watched now = watched.orElse(null);
        Slate slate = now == null ? null : now.slates().get(subject);
        Double predicted = slate == null ? null : slate.predicted().remove(item);
        if (slate != null && predicted != null && !Double.isNaN(outcome)) {
            slate.arm().happened(subject, outcome, predicted);
        }
    }

    /** The harm that is sure, in words; empty if there is none. */
    List<String> harm() {
        return watched.map(now -> now.check().harm()).orElse(List.of());
    }

    /** Whether there are enough subjects on both sides to say that harm would have been seen. */
    boolean hasSeenEnough() {
        return watched.filter(now -> Math.min(
                                now.check().canary().subjects(),
                                now.check().live().subjects())
                        >= ENOUGH)
                .isPresent();
    }
}
