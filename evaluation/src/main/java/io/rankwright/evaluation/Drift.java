package io.rankwright.evaluation;

/** How far a distribution has moved. Stateless, safe for any thread. */
public final class Drift {
    /** A share of nothing would be infinitely far from any other. */
    private static final double LEAST = 1e-4;

    private Drift() {}

    /**
     * The population stability index: Σ (a − e) ln(a / e) over the groups of a variable, the sum of both relative entropies
     * (Lewis, "An Introduction to Credit Scoring", 1994). Below 0.1 is taken as no change, above 0.25 as a great one.
     *
     * @param expected,actual shares of the same groups; shares below 0.0001 count as that
     */
    public static double psi(double[] expected, double[] actual) {
        Classification.requireSameLength(expected, actual);
        double sum = 0;
        for (int i = 0; i < expected.length; i++) {
            double e = Math.max(LEAST, expected[i]);
            double a = Math.max(LEAST, actual[i]);
            sum += (a - e) * Math.log(a / e);
        }
        return sum;
    }

    /**
     * The statistic of Kolmogorov and Smirnov: the greatest distance of two distribution functions, 0 to 1.
     *
     * @param expected,actual both at the same places
     */
    public static double kolmogorovSmirnov(double[] expected, double[] actual) {
        Classification.requireSameLength(expected, actual);
        double greatest = 0;
        for (int i = 0; i < expected.length; i++) {
            greatest = Math.max(greatest, Math.abs(expected[i] - actual[i]));
        }
        return greatest;
    }

    /**
     * The divergence of Jensen and Shannon in bits: how much one value tells of which distribution it came from, 0 to 1 (Lin,
     * "Divergence Measures Based on the Shannon Entropy", 1991).
     *
     * @param expected,actual shares of the same groups
     */
    public static double jensenShannon(double[] expected, double[] actual) {
        Classification.requireSameLength(expected, actual);
        double sum = 0;
        for (int i = 0; i < expected.length; i++) {
            double middle = (expected[i] + actual[i]) / 2;
            sum += (entropy(expected[i], middle) + entropy(actual[i], middle)) / 2;
        }
        return sum;
    }

    private static double entropy(double share, double of) {
        return share == 0 ? 0 : share * Math.log(share / of) / Math.log(2);
    }
}
