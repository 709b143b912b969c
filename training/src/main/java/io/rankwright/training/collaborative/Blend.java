package io.rankwright.training.collaborative;

import java.util.Arrays;

/**
 * A weighted sum of the scores of several methods, each brought to mean 0 and deviation 1 over the items of a subject
 * first, so that weights compare. Stateless, safe for any thread.
 */
public final class Blend {
    private Blend() {}

    /** Brings values to mean 0 and deviation 1; values that are all the same become 0. */
    public static void standardise(float[] values) {
        double sum = 0;
        double squares = 0;
        for (float value : values) {
            sum += value;
            squares += (double) value * value;
        }
        double mean = sum / values.length;
        double deviation = Math.sqrt(Math.max(0, squares / values.length - mean * mean));
        for (int i = 0; i < values.length; i++) {
            values[i] = deviation == 0 ? 0 : (float) ((values[i] - mean) / deviation);
        }
    }

    /**
     * Sums standardised scores.
     *
     * @param scores for each method its score of each item
     * @param weights one for each method
     * @param sums as long as there are items; overwritten
     */
    public static void sum(float[][] scores, double[] weights, float[] sums) {
        Arrays.fill(sums, 0);
        for (int method = 0; method < weights.length; method++) {
            float weight = (float) weights[method];
            for (int item = 0; item < sums.length; item++) {
                sums[item] = Math.fma(weight, scores[method][item], sums[item]);
            }
        }
    }
}
