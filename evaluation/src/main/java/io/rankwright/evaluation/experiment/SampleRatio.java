package io.rankwright.evaluation.experiment;

import org.apache.commons.statistics.distribution.ChiSquaredDistribution;

/**
 * Whether arms have as many units as they should (Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled
 * Experiments", KDD 2019): if not, units were lost in a way that depends on the arm, and no difference can be believed.
 * Stateless; any thread.
 */
public final class SampleRatio {
    /** Below this the split counts as broken: one false alarm in a thousand checks. */
    public static final double BROKEN = 0.001;

    private SampleRatio() {}

    /**
     * The p-value of Pearson's χ² test that units were assigned by these shares.
     *
     * @param counts of units an arm
     * @param shares that were meant, in any unit
     */
    public static double pValue(long[] counts, double[] shares) {
        if (counts.length != shares.length || counts.length < 2) {
            throw new IllegalArgumentException(counts.length + " arms and " + shares.length + " shares");
        }
        double all = 0;
        double sum = 0;
        for (int a = 0; a < counts.length; a++) {
            if (!(shares[a] > 0)) {
                throw new IllegalArgumentException("a share of " + shares[a]);
            }
            all += counts[a];
            sum += shares[a];
        }
        if (all == 0) {
            return 1;
        }
        double statistic = 0;
        for (int a = 0; a < counts.length; a++) {
            double expected = all * shares[a] / sum;
            statistic += (counts[a] - expected) * (counts[a] - expected) / expected;
        }
        return ChiSquaredDistribution.of(counts.length - 1).survivalProbability(statistic);
    }
}
