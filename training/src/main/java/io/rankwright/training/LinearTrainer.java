package io.rankwright.training;

import io.rankwright.models.text.Runs.Sparse;
import java.util.Arrays;
import java.util.List;

/**
 * Learns a logistic regression over sparse rows with squared weights held small, by coordinate descent on its dual (Yu,
 * Huang and Lin, "Dual Coordinate Descent Methods for Logistic Regression and Maximum Entropy Models", 2011), each feature
 * scaled by how much it tells of the label (Wang and Manning, "Baselines and Bigrams", 2012).
 *
 * <p>With α = C σ(u) the one-dimensional problem of a row is u + a (C σ(u) − α) + b = 0, whose left side rises with a slope
 * of at least 1: Newton's method solves it in a few steps from anywhere. A pass costs two looks at every number of the rows.
 * The same rows and seed give the same weights.
 *
 * @param hold how strongly weights are held small
 * @param epochs passes over the rows at most
 */
public record LinearTrainer(double hold, int epochs, long seed) {
    private static final int NEWTON_STEPS = 30;
    private static final double PRECISE = 1e-10;
    /** A pass in which no row moves more than this is the last one. */
    private static final double STILL = 1e-5;

    /**
     * The weights of a regression, the shift last; the scaling of the features is in them.
     *
     * @param rows one a case
     * @param columns how many features there are
     * @param labels from 0 to 1: between them a case counts in part for each
     */
    public float[] train(List<Sparse> rows, int columns, double[] labels) {
        float[] scale = ratios(rows, columns, labels);
        double[] weights = new double[columns + 1];
        // Rows that count in part for both sides come twice.
        int count = (int) Arrays.stream(labels)
                .mapToLong(label -> label > 0 && label < 1 ? 2 : 1)
                .sum();
        int[] row = new int[count];
        double[] side = new double[count];
        double[] most = new double[count];
        int at = 0;
        for (int r = 0; r < labels.length; r++) {
            for (int s = 1; s >= -1; s -= 2) {
                double share = s > 0 ? labels[r] : 1 - labels[r];
                if (share > 0) {
                    row[at] = r;
                    side[at] = s;
                    most[at++] = share / hold;
                }
            }
        }
        double[] squares = new double[rows.size()];
        for (int r = 0; r < squares.length; r++) {
            Sparse sparse = rows.get(r);
            squares[r] = 1;
            for (int i = 0; i < sparse.places().length; i++) {
                double value = sparse.values()[i] * scale[sparse.places()[i]];
                squares[r] += value * value;
            }
        }
        double[] duals = new double[count];
        for (int i = 0; i < count; i++) {
            duals[i] = Math.min(0.001 * most[i], 1e-6);
            move(rows.get(row[i]), scale, weights, side[i] * duals[i]);
        }
        for (int epoch = 0; epoch < epochs; epoch++) {
            double moved = 0;
            for (int i : Shuffle.order(count, seed + 1_000_003L * epoch)) {
                Sparse sparse = rows.get(row[i]);
                double b = side[i] * score(sparse, scale, weights);
                double next = solved(squares[row[i]], b, duals[i], most[i]);
                move(sparse, scale, weights, side[i] * (next - duals[i]));
                moved = Math.max(moved, Math.abs(next - duals[i]) / most[i]);
                duals[i] = next;
            }
            if (moved < STILL) {
                break;
            }
        }
        float[] learnt = new float[columns + 1];
        for (int c = 0; c < columns; c++) {
            learnt[c] = (float) (weights[c] * scale[c]);
        }
        learnt[columns] = (float) weights[columns];
        return learnt;
    }

    /** The dual of one row that is best while all others stay. */
    private static double solved(double square, double b, double dual, double most) {
        double u = Math.log(dual / (most - dual));
        for (int step = 0; step < NEWTON_STEPS; step++) {
            double sigma = 1 / (1 + Math.exp(-u));
            double value = u + square * (most * sigma - dual) + b;
            if (Math.abs(value) < PRECISE) {
                break;
            }
            u -= value / (1 + square * most * sigma * (1 - sigma));
        }
        double next = most / (1 + Math.exp(-u));
        return Math.clamp(next, 1e-12 * most, (1 - 1e-12) * most);
    }

    private static double score(Sparse sparse, float[] scale, double[] weights) {
        double sum = weights[weights.length - 1];
        for (int i = 0; i < sparse.places().length; i++) {
            int place = sparse.places()[i];
            sum += weights[place] * sparse.values()[i] * scale[place];
        }
        return sum;
    }

    private static void move(Sparse sparse, float[] scale, double[] weights, double by) {
        for (int i = 0; i < sparse.places().length; i++) {
            int place = sparse.places()[i];
            weights[place] += by * sparse.values()[i] * scale[place];
        }
        weights[weights.length - 1] += by;
    }

    /** How far the odds of a feature among the cases of a label are from those among the others, as a logarithm. */
    private static float[] ratios(List<Sparse> rows, int columns, double[] labels) {
        double[] with = new double[columns];
        double[] without = new double[columns];
        Arrays.fill(with, 1);
        Arrays.fill(without, 1);
        double labelled = 0;
        for (int r = 0; r < labels.length; r++) {
            labelled += labels[r];
            for (int place : rows.get(r).places()) {
                with[place] += labels[r];
                without[place] += 1 - labels[r];
            }
        }
        float[] ratios = new float[columns];
        for (int c = 0; c < columns; c++) {
            ratios[c] = (float) Math.abs(
                    Math.log(with[c] / Math.max(labelled, 1) / (without[c] / Math.max(labels.length - labelled, 1))));
        }
        return ratios;
    }
}
