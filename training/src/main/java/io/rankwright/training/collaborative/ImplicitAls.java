package io.rankwright.training.collaborative;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.FactorSolver;
import io.rankwright.models.ItemFactors;
import io.rankwright.models.Vectors;
import io.rankwright.models.Vocabulary;
import java.util.SplittableRandom;

/**
 * Factors of subjects and items by alternating least squares over all pairs (Hu, Koren and Volinsky, 2008; see {@link
 * FactorSolver}), begun small and tuned as Rendle et al., "Revisiting the Performance of iALS on Item Recommendation
 * Benchmarks" (2021) found that it must be, with the same regularisation for all rows, and with pairs with popular items
 * counting less. Immutable, any number of threads.
 *
 * @param subjectFactors for each subject its vector of {@code dim}
 * @param itemFactors for each item its vector of {@code dim}
 * @param itemWeights the weight of a pair with each item that was seen
 */
public record ImplicitAls(Settings settings, float[][] subjectFactors, float[][] itemFactors, float[] itemWeights)
        implements Scorer {
    /**
     * How to learn.
     *
     * @param dim the length of the vectors
     * @param epochs how often both sides are solved
     * @param unobserved the weight of a pair that was not seen, beside 1 on average for one that was
     * @param regularisation how strongly vectors are held small
     * @param popularity a pair that was seen counts as much as the item's takers to minus this power; 0 as published
     */
    public record Settings(int dim, int epochs, double unobserved, double regularisation, double popularity) {}

    /** Learns factors. Cost of an epoch: pairs × their row's pairs × dim + (subjects + items) × dim² multiplications. */
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
        float[] weights = weights(transposed, settings.popularity());
        int rows = interactions.subjects() + interactions.items();
        long all = (long) settings.epochs() * rows;
        for (int epoch = 0; epoch < settings.epochs(); epoch++) {
            long before = (long) epoch * rows;
            long half = before + interactions.subjects();
            solve(
                    interactions,
                    items,
                    subjects,
                    settings,
                    (_, item) -> weights[item],
                    (done, _, _) -> progress.at(before + done, all, "rows"));
            solve(
                    transposed,
                    subjects,
                    items,
                    settings,
                    (item, _) -> weights[item],
                    (done, _, _) -> progress.at(half + done, all, "rows"));
        }
        return new ImplicitAls(settings, subjects, items, weights);
    }

    /** The weight of a pair with each item, 1 on average over the pairs. */
    private static float[] weights(Interactions transposed, double popularity) {
        float[] weights = transposed.scales(-popularity);
        double sum = 0;
        for (int item = 0; item < weights.length; item++) {
            sum += (double) weights[item] * transposed.bySubject()[item].length;
        }
        float average = (float) (sum / Math.max(1, transposed.pairs()));
        for (int item = 0; item < weights.length && average > 0; item++) {
            weights[item] /= average;
        }
        return weights;
    }

    private interface PairWeight {
        float of(int row, int column);
    }

    /** Solves every row of one side with the other side held still. */
    private static void solve(
            Interactions interactions,
            float[][] fixed,
            float[][] solved,
            Settings settings,
            PairWeight weights,
            Progress progress) {
        var solver = new FactorSolver(fixed, settings.dim(), settings.unobserved(), settings.regularisation());
        Workers.forEach(interactions.subjects(), progress, "rows", () -> row -> {
            int[] taken = interactions.bySubject()[row];
            float[] seen = new float[taken.length];
            for (int i = 0; i < taken.length; i++) {
                seen[i] = weights.of(row, taken[i]);
            }
            solver.solve(taken, seen, solved[row]);
        });
    }

    /**
     * What a server needs to score anybody by what they took.
     *
     * @param items names of all items but the first, which counts for nothing
     */
    public ItemFactors items(Vocabulary items) {
        return new ItemFactors(
                settings.dim(), settings.unobserved(), settings.regularisation(), items, itemFactors, itemWeights);
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
