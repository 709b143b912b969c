package io.rankwright.training.collaborative;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.LeastSquares;
import io.rankwright.models.Vectors;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What a subject took, smoothed over the graph of who took what: one step to those who took the same and back, and the
 * projection on the slowest-varying signals of that graph (Shen et al., "How Powerful is Graph Convolution for
 * Recommendation?", 2021), with the exponents of the degrees free. Immutable, any number of threads.
 */
public final class GraphFilter implements Scorer {
    private static final int ITERATIONS = 5;

    /**
     * How to learn.
     *
     * @param subjectPower interactions are divided by what the subject has to this power; ½ as published
     * @param itemPower interactions are divided by what the item has to this power; ½ as published
     * @param dim how many signals are kept; at most half of what the smaller side has, for more would smooth nothing
     * @param share how much the projection counts beside the one step
     */
    public record Settings(double subjectPower, double itemPower, int dim, double share) {}

    private final Interactions interactions;
    private final Interactions transposed;
    private final int dim;
    private final float share;
    private final float[] subjectScales;
    private final float[] itemScales;
    /** For each item its place in the space of the kept signals: an orthonormal basis, row by row. */
    private final float[][] basis;

    private GraphFilter(Interactions interactions, Settings settings) {
        this.interactions = interactions;
        this.transposed = interactions.transposed();
        this.dim = Math.clamp(Math.min(interactions.subjects(), interactions.items()) / 2, 1, settings.dim());
        this.share = (float) settings.share();
        this.subjectScales = interactions.scales(-settings.subjectPower());
        this.itemScales = transposed.scales(-settings.itemPower());
        this.basis = new float[interactions.items()][dim];
    }

    /** Learns by subspace iteration. Cost of a step: pairs × dim + items × dim² multiplications. */
    public static GraphFilter learn(Interactions interactions, Settings settings, long seed, Progress progress) {
        var filter = new GraphFilter(interactions, settings);
        var random = new SplittableRandom(seed);
        for (float[] row : filter.basis) {
            for (int d = 0; d < row.length; d++) {
                row[d] = (float) random.nextGaussian();
            }
        }
        filter.orthonormalise();
        float[][] bySubject = new float[interactions.subjects()][filter.dim];
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            spread(interactions, filter.basis, filter.itemScales, filter.subjectScales, bySubject);
            spread(filter.transposed, bySubject, filter.subjectScales, filter.itemScales, filter.basis);
            filter.orthonormalise();
            progress.at(iteration + 1L, ITERATIONS, "iterations");
        }
        return filter;
    }

    /** Each row of {@code to} becomes the weighed sum of the rows of {@code from} it interacts with. */
    private static void spread(Interactions rows, float[][] from, float[] fromScales, float[] toScales, float[][] to) {
        Workers.forEach(to.length, Progress.SILENT, "rows", () -> row -> {
            float[] sum = to[row];
            Arrays.fill(sum, 0);
            for (int other : rows.bySubject()[row]) {
                float scale = fromScales[other] * toScales[row];
                float[] values = from[other];
                for (int d = 0; d < sum.length; d++) {
                    sum[d] = Math.fma(scale, values[d], sum[d]);
                }
            }
        });
    }

    /** Makes the columns of the basis orthonormal, by the Cholesky factor of their inner products. */
    private void orthonormalise() {
        var products = new LeastSquares(dim);
        double squares = 0;
        for (float[] row : basis) {
            squares += Vectors.dot(row, row);
        }
        // A little on the diagonal, so that a space larger than what the data span has a factor too.
        products.start(new float[dim][dim], (float) (1e-7 * squares / dim));
        products.add(basis);
        products.factorise();
        Workers.forEach(basis.length, Progress.SILENT, "rows", () -> item -> products.whiten(basis[item]));
    }

    @Override
    public void score(int subject, float[] scores) {
        score(new int[] {subject}, new float[][] {scores});
    }

    @Override
    public void score(int[] subjects, float[][] scores) {
        float[][] places = new float[subjects.length][dim];
        for (int s = 0; s < subjects.length; s++) {
            step(subjects[s], scores[s]);
            for (int item : interactions.bySubject()[subjects[s]]) {
                for (int d = 0; d < places[s].length; d++) {
                    places[s][d] = Math.fma(itemScales[item], basis[item][d], places[s][d]);
                }
            }
        }
        for (int item = 0; item < basis.length; item++) {
            float weight = share / itemScales[item];
            for (int s = 0; s < subjects.length; s++) {
                scores[s][item] += weight * Vectors.dot(places[s], basis[item]);
            }
        }
    }

    /** To those who took what the subject took, and to what else they took. */
    private void step(int subject, float[] scores) {
        float[] near = new float[interactions.subjects()];
        for (int item : interactions.bySubject()[subject]) {
            for (int taker : transposed.bySubject()[item]) {
                near[taker] += itemScales[item];
            }
        }
        Arrays.fill(scores, 0);
        for (int taker = 0; taker < near.length; taker++) {
            if (near[taker] != 0) {
                float weight = near[taker] * subjectScales[taker] * subjectScales[taker];
                for (int item : interactions.bySubject()[taker]) {
                    scores[item] += weight;
                }
            }
        }
        for (int item = 0; item < scores.length; item++) {
            scores[item] *= itemScales[item];
        }
    }
}
