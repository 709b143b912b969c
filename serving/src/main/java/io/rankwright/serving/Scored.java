package io.rankwright.serving;

import io.rankwright.models.Ranker;
import io.rankwright.retrieval.Fusion;
import java.util.Arrays;
import java.util.List;

/**
 * Candidates with what the ranker thinks of them.
 *
 * @param inputs the rows of the ranker, one a candidate, in blocks; none if it did not answer
 * @param block the candidates of a block, of which the last may have fewer
 * @param scores by head, one a candidate; NaN where the ranker did not answer
 * @param utilities what they are sorted by
 * @param isByRanker whether the ranker answered; if not, the fused order stands for the utility
 * @param position behind which event of the log the features stood; {@link Applied#UNSURE} if that cannot be said
 */
record Scored(
        List<Fusion.Candidate> candidates,
        List<float[]> inputs,
        int block,
        double[][] scores,
        double[] utilities,
        boolean isByRanker,
        long position) {
    /** Without the ranker the fused order stands for the utility. */
    static Scored fused(Ranker ranker, List<Fusion.Candidate> candidates) {
        double[] utilities =
                candidates.stream().mapToDouble(Fusion.Candidate::score).toArray();
        double[][] scores = new double[ranker.manifest().heads().size()][candidates.size()];
        for (double[] head : scores) {
            Arrays.fill(head, Double.NaN);
        }
        return new Scored(candidates, List.of(), 1, scores, utilities, false, Applied.UNSURE);
    }

    /** Copies the row of a candidate to {@code start}; without the ranker it stays as it is. */
    void copyRow(int candidate, int width, float[] to, int start) {
        if (!inputs.isEmpty()) {
            System.arraycopy(inputs.get(candidate / block), candidate % block * width, to, start, width);
        }
    }
}
