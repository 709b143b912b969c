package io.rankwright.training;

import io.rankwright.models.Isotonic;
import java.util.Arrays;
import java.util.Comparator;

/** Fits a calibration curve by pooling adjacent violators (Ayer et al., 1955). Stateless, safe for any thread. */
public final class IsotonicFit {
    private IsotonicFit() {}

    /**
     * The never-falling curve with the least squared error.
     *
     * @param scores raw scores, in any order, at least one
     * @param outcomes what happened for each
     */
    public static Isotonic fit(double[] scores, double[] outcomes) {
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> scores[i]));
        double[] sums = new double[order.length];
        double[] weights = new double[order.length];
        double[] centres = new double[order.length];
        int blocks = 0;
        for (int i = 0; i < order.length; ) {
            int j = i;
            double sum = 0;
            while (j < order.length && scores[order[j]] == scores[order[i]]) {
                sum += outcomes[order[j]];
                j++;
            }
            sums[blocks] = sum;
            weights[blocks] = j - i;
            centres[blocks] = scores[order[i]] * (j - i);
            blocks++;
            while (blocks > 1 && sums[blocks - 2] / weights[blocks - 2] >= sums[blocks - 1] / weights[blocks - 1]) {
                sums[blocks - 2] += sums[blocks - 1];
                weights[blocks - 2] += weights[blocks - 1];
                centres[blocks - 2] += centres[blocks - 1];
                blocks--;
            }
            i = j;
        }
        double[] inputs = new double[blocks];
        double[] outputs = new double[blocks];
        for (int b = 0; b < blocks; b++) {
            inputs[b] = centres[b] / weights[b];
            outputs[b] = sums[b] / weights[b];
        }
        return new Isotonic(inputs, outputs);
    }
}
