package io.rankwright.evaluation.experiment;

import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * How a metric differs between two arms. Immutable.
 *
 * <p>Where what units did before the experiment is known, the difference that was there before is taken off (CUPED: Deng, Xu,
 * Kohavi and Walker, WSDM 2013), which cuts the variance by the square of the correlation. Variances of ratios are those of
 * the delta method over units.
 *
 * @param control,treated the metric in the arms
 * @param difference treated less control, adjusted
 * @param standardError of the difference
 * @param varianceCut the share of the variance that the adjustment took off
 * @param fixed the interval for one look, planned beforehand
 * @param always the interval that covers the truth at all looks together: look as often as you like
 * @param relative the difference as a share of control, with the bounds of the interval that always holds
 * @param pValue of no difference, for one look
 */
public record Comparison(
        double control,
        double treated,
        double difference,
        double standardError,
        double varianceCut,
        Bounds fixed,
        Bounds always,
        Relative relative,
        double pValue) {
    /** An interval. */
    public record Bounds(double low, double high) {
        /** Whether no difference is outside. */
        public boolean excludesZero() {
            return low > 0 || high < 0;
        }
    }

    /** A difference as a share. */
    public record Relative(double value, double low, double high) {}

    /** The probability with which an interval may miss the truth, and for how many units one that always holds is best. */
    public record Settings(double alpha, long sharpestAt) {
        public static final Settings USUAL = new Settings(0.05, 10_000);

        public Settings {
            if (!(alpha > 0 && alpha < 1) || sharpestAt < 1) {
                throw new IllegalArgumentException("alpha " + alpha + ", sharpest at " + sharpestAt);
            }
        }
    }

    private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

    /** Compares two arms of two units each, at least. */
    public static Comparison of(Outcomes control, Outcomes treated, Settings settings) {
        if (control.count() < 2 || treated.count() < 2) {
            throw new IllegalArgumentException(
                    control.count() + " and " + treated.count() + " units; at least two in each arm");
        }
        double theta = theta(control, treated);
        double difference = treated.value() - control.value();
        if (theta != 0) {
            difference -= theta * (treated.valueBefore() - control.valueBefore());
        }
        double plain = control.variance() / control.count() + treated.variance() / treated.count();
        double controlVariance = adjusted(control, theta);
        double treatedVariance = adjusted(treated, theta);
        double error = Math.sqrt(controlVariance + treatedVariance);
        double z = NORMAL.inverseCumulativeProbability(1 - settings.alpha() / 2);
        double wide = alwaysValid(control.count() + treated.count(), settings);
        double base = control.value();
        double relativeError = Math.sqrt(
                treatedVariance / (base * base) + controlVariance * Math.pow((base + difference) / (base * base), 2));
        double share = difference / base;
        return new Comparison(
                base,
                treated.value(),
                difference,
                error,
                theta == 0 ? 0 : 1 - error * error / plain,
                new Bounds(difference - z * error, difference + z * error),
                new Bounds(difference - wide * error, difference + wide * error),
                new Relative(share, share - wide * relativeError, share + wide * relativeError),
                error == 0 ? 1 : 2 * NORMAL.survivalProbability(Math.abs(difference) / error));
    }

    /** How much of the difference before is taken off: the slope over both arms, 0 if nothing is known of before. */
    private static double theta(Outcomes control, Outcomes treated) {
        if (!control.isKnownBefore() || !treated.isKnownBefore()) {
            return 0;
        }
        double before = control.varianceBefore() * control.count() + treated.varianceBefore() * treated.count();
        double together =
                control.covarianceWithBefore() * control.count() + treated.covarianceWithBefore() * treated.count();
        return before == 0 ? 0 : together / before;
    }

    private static double adjusted(Outcomes arm, double theta) {
        double variance = arm.variance();
        if (theta != 0) {
            variance += theta * (theta * arm.varianceBefore() - 2 * arm.covarianceWithBefore());
        }
        return Math.max(0, variance) / arm.count();
    }

    /**
     * How many standard errors wide an interval is on each side that covers the truth at every number of units at once: the
     * asymptotic confidence sequence by normal mixture of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform
     * central limit theory and asymptotic confidence sequences", Annals of Statistics 2024, theorem 2.2), whose parameter is
     * chosen to be sharpest at one number of units (their section B.2).
     */
    static double alwaysValid(long units, Settings settings) {
        double log = -2 * Math.log(settings.alpha());
        double rate = units * (log + Math.log(log + 1)) / settings.sharpestAt();
        return Math.sqrt((rate + 1) / rate * (Math.log(rate + 1) + log));
    }
}
