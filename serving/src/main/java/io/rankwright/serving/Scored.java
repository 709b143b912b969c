package io.rankwright.serving;

import io.rankwright.models.Ranker;
import io.rankwright.retrieval.Fusion;
import java.util.Arrays;
import java.util.List;

/**
 * Candidates with what the ranker thinks of them.
 *
 * @param inputs the rows of the ranker, one a candidate
 * @param scores by head, one a candidate; NaN where the ranker did not answer
 * @param utilities what they are sorted by
 * @param isByRanker whether the ranker answered; if not, the fused order stands for the utility
 * @param position behind which event of the log the features stood; {@link Applied#UNSURE} if that cannot be said
 */
record Scored(
        List<Fusion.Candidate> candidates,
        float[] inputs,
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
        return new Scored(
                candidates, new float[candidates.size() * ranker.width()], scores, utilities, false, Applied.UNSURE);
    }
}
