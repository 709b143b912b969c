package io.rankwright.serving;

import io.rankwright.evaluation.experiment.CanaryCheck;
import io.rankwright.registry.Canary;
import java.util.List;
import java.util.Optional;

/**
 * Sees what happens to the subjects that a canary answers and to those that the live version answers, while one runs. Any
 * number of threads.
 */
final class CanaryWatch {
    /** In an arm; fewer say nothing. */
    private static final int ENOUGH = 50;

    private volatile Optional<Watched> watched = Optional.empty();

    /** What is seen of one canary. */
    private record Watched(int version, long startMillis, CanaryCheck check) {
        /** The arm of a subject; empty if an experiment gives it yet another version, or it was answered before the canary. */
        Optional<CanaryCheck.Arm> arm(int answeredBy, List<String> arms) {
            boolean isNew = answeredBy == version;
            if (!arms.contains(Trials.arm(version, isNew))) {
                return Optional.empty();
            }
            return Optional.of(isNew ? check.canary() : check.live());
        }
    }

    /** Watches this canary from now on; what was seen of the same one in its earlier steps is kept. */
    void follow(Optional<Canary> canary) {
        watched = canary.map(next -> {
            long start = next.entries().getFirst().millis();
            return watched.filter(now -> now.version() == next.version() && now.startMillis() == start)
                    .orElseGet(() -> new Watched(next.version(), start, new CanaryCheck()));
        });
    }

    /** Tells of an answer that was logged. */
    void answered(int subject, int version, FeedAnswer answer) {
        if (subject != 0) {
            watched.flatMap(now -> now.arm(version, answer.arms()))
                    .ifPresent(arm -> arm.answered(subject, !answer.degraded().isEmpty(), answer.millis()));
        }
    }

    /** Tells of an event on an item that was shown. */
    void happened(int subject, LastSlates.Shown shown, double outcome) {
        watched.flatMap(now -> now.arm(shown.version(), shown.arms()))
                .ifPresent(arm -> arm.happened(subject, outcome, shown.predicted()));
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
