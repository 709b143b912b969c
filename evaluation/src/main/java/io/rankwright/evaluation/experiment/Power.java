package io.rankwright.evaluation.experiment;

import org.apache.commons.statistics.distribution.NormalDistribution;

/** How many units an experiment needs for an effect, and which effect it finds with how many. Stateless; any thread. */
public final class Power {
    private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

    private Power() {}

    /**
     * The smallest difference that one look at two arms finds with a probability.
     *
     * @param deviation the standard deviation of one unit
     * @param control,treated units of the arms
     * @param alpha the probability to find one where there is none
     * @param power the probability to find it
     */
    public static double detectable(double deviation, long control, long treated, double alpha, double power) {
        return quantiles(alpha, power) * deviation * Math.sqrt(1.0 / control + 1.0 / treated);
    }

    /** How many units each of two arms of the same size needs to find a difference with a probability. */
    public static long units(double deviation, double difference, double alpha, double power) {
        if (difference == 0) {
            throw new IllegalArgumentException("no number of units finds a difference of 0");
        }
        double errors = quantiles(alpha, power) * deviation / difference;
        return (long) Math.ceil(2 * errors * errors);
    }

    private static double quantiles(double alpha, double power) {
        return NORMAL.inverseCumulativeProbability(1 - alpha / 2) + NORMAL.inverseCumulativeProbability(power);
    }
}
