package io.rankwright.evaluation.experiment;

import java.util.Locale;
import java.util.Map;

/**
 * What follows from an experiment so far. Immutable.
 *
 * @param decision what to do
 * @param words the same for people, with the figures that it rests on
 */
public record Verdict(Decision decision, String words) {
    /** What to do. */
    public enum Decision {
        /** The split is broken: nothing that was measured can be believed. */
        BLOCKED,
        /** A guardrail is hurt. */
        HARMFUL,
        /** The primary metric is worse. */
        WORSE,
        /** The primary metric is better and no guardrail is hurt. */
        BETTER,
        /** Go on: nothing is sure yet. */
        OPEN
    }

    /**
     * A metric that must not get worse.
     *
     * @param isLowBetter whether it is one of those, such as a latency
     * @param tolerated how much worse than control it may be, as a share
     */
    public record Guardrail(Comparison comparison, boolean isLowBetter, double tolerated) {
        /**
         * Whether it is worse than tolerated, beyond doubt: the whole interval that always holds lies there. What control has
         * none of has no share: any difference that is sure counts.
         */
        public boolean isHurt() {
            if (!Double.isFinite(comparison.relative().value())) {
                return isLowBetter
                        ? comparison.always().low() > 0
                        : comparison.always().high() < 0;
            }
            return isLowBetter
                    ? comparison.relative().low() > tolerated
                    : comparison.relative().high() < -tolerated;
        }
    }

    /**
     * Judges an experiment by intervals that hold at every look.
     *
     * @param sampleRatio the p-value of {@link SampleRatio}
     * @param isLowBetter whether the primary metric is one of those
     */
    public static Verdict of(
            double sampleRatio, Comparison primary, boolean isLowBetter, Map<String, Guardrail> guardrails) {
        if (sampleRatio < SampleRatio.BROKEN) {
            return new Verdict(
                    Decision.BLOCKED,
                    "no verdict: the arms have other shares of the units than were assigned (p = %s); find out where units are lost"
                            .formatted(number(sampleRatio)));
        }
        for (var guardrail : guardrails.entrySet()) {
            if (guardrail.getValue().isHurt()) {
                return new Verdict(
                        Decision.HARMFUL,
                        "the guardrail %s is hurt: %s"
                                .formatted(
                                        guardrail.getKey(),
                                        change(guardrail.getValue().comparison())));
            }
        }
        if (!primary.always().excludesZero()) {
            return new Verdict(Decision.OPEN, "no difference is sure yet: " + change(primary));
        }
        boolean isBetter = primary.difference() > 0 != isLowBetter;
        return new Verdict(
                isBetter ? Decision.BETTER : Decision.WORSE, (isBetter ? "better: " : "worse: ") + change(primary));
    }

    private static String change(Comparison comparison) {
        Comparison.Relative relative = comparison.relative();
        return String.format(
                Locale.ROOT,
                "%+.2f%% (from %+.2f%% to %+.2f%%, valid at every look)",
                100 * relative.value(),
                100 * relative.low(),
                100 * relative.high());
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2g", value);
    }
}
