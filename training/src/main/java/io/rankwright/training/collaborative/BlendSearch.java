package io.rankwright.training.collaborative;

import io.rankwright.evaluation.RankedList;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Finds the weights of a blend on what was held out: begins with the best single method and changes one weight at a time
 * as long as NDCG@20 gets better (coordinate ascent). Deterministic.
 */
public final class BlendSearch {
    private static final int K = 20;
    /** A blend only re-orders what is near the top of one of its methods. */
    private static final int CANDIDATES = 200;

    private static final double[] WEIGHTS = {0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 3};

    /** The best of each method for one subject: the standardised scores by method, and which were held out. */
    private record Case(float[][] scores, int[] items, Set<Integer> relevant) {}

    private final Case[] cases;
    private final int methods;

    private BlendSearch(Case[] cases, int methods) {
        this.cases = cases;
        this.methods = methods;
    }

    /**
     * The weights that do best.
     *
     * @param scorers what has learnt from the kept part of the split
     * @param subjects those to judge by
     */
    public static double[] search(List<Scorer> scorers, Interactions.Split split, int[] subjects, Progress progress) {
        var cases = new Case[subjects.length];
        ScoredBlocks.forEach(scorers, subjects, split.kept().items(), progress, (place, scores) -> {
            int subject = subjects[place];
            int[] taken = split.kept().bySubject()[subject];
            var candidates = new TreeSet<Integer>();
            for (float[] of : scores) {
                for (int item : Top.of(of, taken, CANDIDATES)) {
                    candidates.add(item);
                }
            }
            int[] chosen = candidates.stream().mapToInt(Integer::intValue).toArray();
            float[][] kept = new float[scores.length][];
            for (int s = 0; s < scores.length; s++) {
                kept[s] = ItemKnn.at(scores[s], chosen);
            }
            cases[place] = new Case(kept, chosen, set(split.heldOut().bySubject()[subject]));
        });
        return new BlendSearch(cases, scorers.size()).ascend();
    }

    private static Set<Integer> set(int[] items) {
        return Arrays.stream(items).boxed().collect(Collectors.toSet());
    }

    private double[] ascend() {
        double[] best = new double[methods];
        double most = -1;
        for (int s = 0; s < methods; s++) {
            double[] single = new double[methods];
            single[s] = 1;
            double value = judge(single);
            if (value > most) {
                most = value;
                best = single;
            }
        }
        for (boolean isBetter = true; isBetter; ) {
            isBetter = false;
            for (int s = 0; s < methods; s++) {
                for (double weight : WEIGHTS) {
                    double[] changed = best.clone();
                    changed[s] = weight;
                    double value = judge(changed);
                    if (value > most + 1e-6) {
                        most = value;
                        best = changed;
                        isBetter = true;
                    }
                }
            }
        }
        return best;
    }

    private double judge(double[] weights) {
        double[] values = new double[cases.length];
        Workers.forEach(cases.length, Progress.SILENT, "subjects", () -> place -> {
            Case judged = cases[place];
            float[] sums = new float[judged.items().length];
            Blend.sum(judged.scores(), weights, sums);
            int[] top = ItemKnn.at(judged.items(), Top.of(sums, new int[0], K));
            values[place] = RankedList.ndcg(top, judged.relevant(), K);
        });
        return Arrays.stream(values).sum() / values.length;
    }
}
