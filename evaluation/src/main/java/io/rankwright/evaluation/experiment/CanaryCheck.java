package io.rankwright.evaluation.experiment;

import static java.util.Objects.requireNonNull;

import io.rankwright.evaluation.experiment.Comparison.Settings;
import io.rankwright.evaluation.experiment.Verdict.Guardrail;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether a new version that answers some of the subjects does harm. It may be asked at any moment and as often as one likes:
 * what it compares are intervals that hold at every look, shared among the metrics (Bonferroni), so that a version that
 * is as good as the live one is called harmful in one canary of twenty at most.
 *
 * <p>Any thread adds what happened; the check is made by any thread.
 */
public final class CanaryCheck {
    /** Fewer subjects than these say nothing. */
    private static final int LEAST_UNITS = 20;

    /** The chance of a false alarm over all metrics and looks. */
    private static final double FALSE_ALARMS = 0.05;
    /** How much slower, as a share, and how much further off in its predictions nobody minds. */
    private static final double TOLERATED_DELAY = 0.02;

    private static final double TOLERATED_BIAS = 0.01;
    private static final Settings SETTINGS = new Settings(FALSE_ALARMS / Metric.values().length, 5_000);

    private enum Metric {
        DEGRADED,
        MILLIS,
        OUTCOME,
        RESIDUAL
    }

    private final Arm live = new Arm();
    private final Arm canary = new Arm();

    /** What happened to the subjects of one arm. */
    public static final class Arm {
        private final Map<Metric, ArmTotals> totals = new EnumMap<>(Metric.class);

        private Arm() {
            for (Metric metric : Metric.values()) {
                totals.put(metric, new ArmTotals());
            }
        }

        private ArmTotals totals(Metric metric) {
            return requireNonNull(totals.get(metric));
        }

        /** An answer: whether something was left out of it, and how long it took. */
        public void answered(int subject, boolean isDegraded, double millis) {
            totals(Metric.DEGRADED).add(subject, isDegraded ? 1 : 0, 1);
            totals(Metric.MILLIS).add(subject, millis, 1);
        }

        /**
         * What became of an item of an answer.
         *
         * @param outcome 1 if it was taken, else 0
         * @param predicted the chance that the version gave it; NaN if it gave none
         */
        public void happened(int subject, double outcome, double predicted) {
            totals(Metric.OUTCOME).add(subject, outcome, 1);
            if (!Double.isNaN(predicted)) {
                totals(Metric.RESIDUAL).add(subject, outcome - predicted, 1);
            }
        }

        /** How many subjects it has answered. */
        public int subjects() {
            return totals(Metric.DEGRADED).count();
        }
    }

    public Arm live() {
        return live;
    }

    public Arm canary() {
        return canary;
    }

    /** What harm is sure, in words; empty if there is none so far. */
    public List<String> harm() {
        var harm = new ArrayList<String>();
        for (Metric metric : Metric.values()) {
            Outcomes before = live.totals(metric).outcomes();
            Outcomes now = canary.totals(metric).outcomes();
            if (before.count() >= LEAST_UNITS && now.count() >= LEAST_UNITS) {
                Comparison compared = Comparison.of(before, now, SETTINGS);
                if (isHarmful(metric, compared)) {
                    harm.add(words(metric, compared));
                }
            }
        }
        return harm;
    }

    private static boolean isHarmful(Metric metric, Comparison compared) {
        return switch (metric) {
            case DEGRADED -> compared.always().low() > 0;
            case MILLIS -> new Guardrail(compared, true, TOLERATED_DELAY).isHurt();
            case OUTCOME -> compared.always().high() < 0;
            case RESIDUAL ->
                Math.abs(compared.treated()) > Math.abs(compared.control())
                        && (compared.always().low() > TOLERATED_BIAS
                                || compared.always().high() < -TOLERATED_BIAS);
        };
    }

    private static String words(Metric metric, Comparison compared) {
        String figures = switch (metric) {
            case DEGRADED ->
                "%.2f%% of the answers are degraded, of the live version %.2f%%"
                        .formatted(100 * compared.treated(), 100 * compared.control());
            case MILLIS ->
                "an answer takes %.1f ms, of the live version %.1f ms"
                        .formatted(compared.treated(), compared.control());
            case OUTCOME ->
                "%.2f%% of what is shown is taken, of the live version %.2f%%"
                        .formatted(100 * compared.treated(), 100 * compared.control());
            case RESIDUAL ->
                "predictions are off by %+.3f, those of the live version by %+.3f"
                        .formatted(-compared.treated(), -compared.control());
        };
        return figures
                + String.format(
                        Locale.ROOT,
                        " (difference %.3g to %.3g, valid at every look)",
                        compared.always().low(),
                        compared.always().high());
    }
}
