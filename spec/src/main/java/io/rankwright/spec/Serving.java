package io.rankwright.spec;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Step 7: deployment and monitoring. Immutable.
 *
 * @param slots how many items an answer has unless the request says otherwise
 * @param budget the deadline of each stage: retrieve, rank, rerank
 * @param fallback what answers when a stage fails, in order
 * @param editorial the items of the last rung, which an editor has chosen
 * @param concurrency how many requests are answered at once at most
 * @param needs the slots elsewhere without which a server says that it is not ready
 * @param canary how a new version comes to serve everyone
 * @param retrain when a server trains a new version; empty if it never does by itself
 * @param monitor limits that raise an alarm
 * @param card the item's columns that the console shows
 * @param actions what a person can do with an item in the console: for each action the columns of the exposure that it
 *     posts, as formulas over the item's columns
 */
public record Serving(
        int slots,
        Map<String, Duration> budget,
        List<String> fallback,
        List<String> editorial,
        int concurrency,
        Set<Need> needs,
        Canary canary,
        Optional<Retrain> retrain,
        Monitor monitor,
        List<String> card,
        Map<String, Map<String, Expression>> actions) {
    public Serving {
        fallback = List.copyOf(fallback);
        editorial = List.copyOf(editorial);
        needs = Set.copyOf(needs);
        card = List.copyOf(card);
    }

    /** A slot that may lie elsewhere. */
    public enum Need {
        /** Where events arrive. */
        LOG,
        /** Where features are read from. */
        STORE
    }

    /**
     * When a server trains a new version, which then comes to serve by way of a canary.
     *
     * @param every how often
     * @param isOnAlarm whether also when the monitor raises an alarm
     */
    public record Retrain(Duration every, boolean isOnAlarm) {}

    /**
     * Limits that raise an alarm.
     *
     * @param window how long is collected before it is compared
     * @param driftPsi population stability index of a feature or a score
     * @param ece expected calibration error
     * @param latencyP99 99 of 100 answers take no longer
     * @param availability the share of requests that are answered
     * @param coreHour what one core costs in an hour, in any currency; 0 if nobody has said
     */
    public record Monitor(
            Duration window, double driftPsi, double ece, Duration latencyP99, double availability, double coreHour) {}

    /**
     * How a new version comes to serve everyone.
     *
     * @param steps the shares of the subjects that it answers one after the other, rising, each above 0 and below 1
     * @param hold how long each is held at least
     */
    public record Canary(List<Double> steps, Duration hold) {
        public static final Canary USUAL = new Canary(List.of(0.01, 0.05, 0.25), Duration.ofMinutes(30));

        public Canary {
            steps = List.copyOf(steps);
            double before = 0;
            for (double step : steps) {
                if (step <= before || step >= 1) {
                    throw new IllegalArgumentException("the steps " + steps + "; expected rising shares below 1");
                }
                before = step;
            }
            if (steps.isEmpty() || hold.isNegative()) {
                throw new IllegalArgumentException("the steps " + steps + " held " + hold);
            }
        }
    }
}
