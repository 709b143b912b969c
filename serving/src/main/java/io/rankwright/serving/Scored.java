package io.rankwright.serving;

import io.rankwright.models.Ranker;
import io.rankwright.retrieval.Fusion;
import java.util.Arrays;
import java.util.List;

/**
 * Candidates with what the ranker thinks of them.
 *
 * @param offered how many there were to be scored
 * @param inputs the rows of the ranker, in blocks in the order of the candidates; none if it did not answer
 * @param scores by head, one a candidate; NaN where the ranker did not answer
 * @param utilities what they are sorted by
 * @param isByRanker whether the ranker answered; if not, the fused order stands for the utility
 * @param position behind which event of the log the features stood; {@link Applied#UNSURE} if that cannot be said
 */
record Scored(
        int offered,
        List<Fusion.Candidate> candidates,
        List<Inputs> inputs,
        double[][] scores,
        double[] utilities,
        boolean isByRanker,
        long position) {
    /** The rows of the candidates from one on. */
    record Inputs(int first, float[] rows) {}

    /** Without the ranker the fused order stands for the utility. */
    static Scored fused(Ranker ranker, List<Fusion.Candidate> candidates) {
        double[] utilities =
                candidates.stream().mapToDouble(Fusion.Candidate::score).toArray();
        double[][] scores = new double[ranker.manifest().heads().size()][candidates.size()];
        for (double[] head : scores) {
            Arrays.fill(head, Double.NaN);
        }
        return new Scored(candidates.size(), candidates, List.of(), scores, utilities, false, Applied.UNSURE);
    }

    /** The share of the candidates that the ranker scored. */
    double coverage() {
        return offered == 0 ? 1 : isByRanker ? candidates.size() / (double) offered : 0;
    }

    /** Copies the row of a candidate to {@code start}; without the ranker it stays as it is. */
    void copyRow(int candidate, int width, float[] to, int start) {
        for (Inputs block : inputs.reversed()) {
            if (block.first() <= candidate) {
                System.arraycopy(block.rows(), (candidate - block.first()) * width, to, start, width);
                return;
            }
        }
    }
}
