package io.rankwright.training.collaborative;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import java.util.Arrays;
import java.util.List;

/** Scores all items for many subjects by several methods, some subjects at a time on each core. Stateless. */
public final class ScoredBlocks {
    private static final int BLOCK = 8;

    private ScoredBlocks() {}

    /** Told the standardised scores of one subject; the arrays may be changed and are used again. */
    public interface Receiver {
        /**
         * @param place of the subject among those asked for
         * @param scores for each method its score of each item
         */
        void accept(int place, float[][] scores);
    }

    /** Tells a receiver, from several threads, the scores of each subject. */
    public static void forEach(List<Scorer> scorers, int[] subjects, int items, Progress progress, Receiver receiver) {
        int blocks = (subjects.length + BLOCK - 1) / BLOCK;
        Workers.forEach(blocks, progress, "blocks of subjects", () -> {
            float[][][] scores = new float[scorers.size()][BLOCK][items];
            return block -> {
                int from = block * BLOCK;
                int[] some = Arrays.copyOfRange(subjects, from, Math.min(subjects.length, from + BLOCK));
                for (int method = 0; method < scores.length; method++) {
                    scorers.get(method).score(some, scores[method]);
                }
                for (int s = 0; s < some.length; s++) {
                    float[][] of = new float[scores.length][];
                    for (int method = 0; method < scores.length; method++) {
                        of[method] = scores[method][s];
                        Blend.standardise(of[method]);
                    }
                    receiver.accept(from + s, of);
                }
            };
        });
    }
}
