package io.rankwright.training.collaborative;

import io.rankwright.log.Progress;
import io.rankwright.models.Vectors;
import io.rankwright.training.Workers;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Factors of subjects and items by alternating least squares over all pairs (Hu, Koren and Volinsky, 2008), with the
 * regularisation and the recipe of Rendle et al., "Revisiting the Performance of iALS on Item Recommendation
 * Benchmarks" (2021). Immutable, any number of threads.
 *
 * @param subjectFactors for each subject its vector of {@code dim}
 * @param itemFactors for each item its vector of {@code dim}
 */
public record ImplicitAls(float[][] subjectFactors, float[][] itemFactors) implements Scorer {
    /**
     * How to learn.
     *
     * @param dim the length of the vectors
     * @param epochs how often both sides are solved
     * @param unobserved the weight of a pair that was not seen, beside 1 for one that was
     * @param regularisation how strongly vectors are held small
     * @param frequency the power with which regularisation grows with what a subject or an item has: 0 not at all, 1
     *     in proportion
     */
    public record Settings(int dim, int epochs, double unobserved, double regularisation, double frequency) {}

    /** Learns factors. Cost of an epoch: pairs × dim² + (subjects + items) × dim³ / 6 multiplications. */
    public static ImplicitAls learn(Interactions interactions, Settings settings, long seed, Progress progress) {
        Interactions transposed = interactions.transposed();
        var random = new SplittableRandom(seed);
        float[][] subjects = new float[interactions.subjects()][settings.dim()];
        float[][] items = new float[interactions.items()][settings.dim()];
        for (float[] factors : items) {
            for (int d = 0; d < settings.dim(); d++) {
                factors[d] = (float) (random.nextGaussian() * 0.1 / Math.sqrt(settings.dim()));
            }
        }
        int rows = interactions.subjects() + interactions.items();
        for (int epoch = 0; epoch < settings.epochs(); epoch++) {
            long before = (long) epoch * rows;
            long all = (long) settings.epochs() * rows;
            solve(interactions, items, subjects, settings, (done, _, _) -> progress.at(before + done, all, "rows"));
            solve(
                    transposed,
                    subjects,
                    items,
                    settings,
                    (done, _, _) -> progress.at(before + interactions.subjects() + done, all, "rows"));
        }
        return new ImplicitAls(subjects, items);
    }

    /** Solves every row of one side with the other side held still. */
    private static void solve(
            Interactions interactions, float[][] fixed, float[][] solved, Settings settings, Progress progress) {
        float[][] gram = gram(fixed, settings);
        Workers.forEach(interactions.subjects(), progress, "rows", () -> {
            var system = new LeastSquares(settings.dim());
            return row -> {
                int[] taken = interactions.bySubject()[row];
                double weight = settings.regularisation()
                        * Math.pow(taken.length + settings.unobserved() * interactions.items(), settings.frequency());
                system.start(gram, (float) weight);
                system.add(fixed, taken);
                system.solve(solved[row]);
            };
        });
    }

    /** The sum of the outer products of all vectors, times the weight of what was not seen. */
    private static float[][] gram(float[][] vectors, Settings settings) {
        int dim = settings.dim();
        var sum = new LeastSquares(dim);
        sum.start(new float[dim][dim], 0);
        int[] all = new int[vectors.length];
        Arrays.setAll(all, i -> i);
        sum.add(vectors, all);
        return sum.scaled((float) settings.unobserved());
    }

    @Override
    public void score(int subject, float[] scores) {
        score(new int[] {subject}, new float[][] {scores});
    }

    @Override
    public void score(int[] subjects, float[][] scores) {
        for (int item = 0; item < itemFactors.length; item++) {
            for (int s = 0; s < subjects.length; s++) {
                scores[s][item] = Vectors.dot(subjectFactors[subjects[s]], itemFactors[item]);
            }
        }
    }
}
