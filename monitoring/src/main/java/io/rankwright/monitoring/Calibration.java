package io.rankwright.monitoring;

/** Predicted chances held against what happened, in ten groups of the same width. One thread at a time. */
public final class Calibration {
    private static final int GROUPS = 10;

    private final long[] counts = new long[GROUPS];
    private final double[] predicted = new double[GROUPS];
    private final double[] observed = new double[GROUPS];

    /**
     * Adds what became of a prediction.
     *
     * @param chance that was predicted, 0 to 1
     * @param outcome 1 if it happened, else 0
     */
    public void add(double chance, double outcome) {
        int group = (int) Math.min(GROUPS - 1, chance * GROUPS);
        counts[group]++;
        predicted[group] += chance;
        observed[group] += outcome;
    }

    /** How many outcomes there are. */
    public long count() {
        return sum(counts);
    }

    private static long sum(long[] values) {
        long sum = 0;
        for (long value : values) {
            sum += value;
        }
        return sum;
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }

    /** The expected calibration error; NaN without outcomes. */
    public double ece() {
        double sum = 0;
        for (int g = 0; g < GROUPS; g++) {
            sum += Math.abs(predicted[g] - observed[g]);
        }
        return sum / count();
    }

    /** How great the error is by chance, if every prediction is right: the mean of |N(0, p (1 − p) / n)|. */
    public double eceByChance() {
        double sum = 0;
        for (int g = 0; g < GROUPS; g++) {
            if (counts[g] > 0) {
                double chance = predicted[g] / counts[g];
                sum += Math.sqrt(2 / Math.PI * counts[g] * chance * (1 - chance));
            }
        }
        return sum / count();
    }

    /** What was predicted as a share of what was observed: 1 is right. NaN if nothing was observed. */
    public double ratio() {
        return sum(observed) == 0 ? Double.NaN : sum(predicted) / sum(observed);
    }
}
