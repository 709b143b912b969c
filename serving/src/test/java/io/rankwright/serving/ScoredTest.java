package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.retrieval.Fusion;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScoredTest {
    private static final int WIDTH = 2;

    private static Scored scored(int offered, List<Scored.Inputs> inputs, boolean isByRanker) {
        List<Fusion.Candidate> candidates = IntStream.range(0, 5)
                .mapToObj(code -> new Fusion.Candidate(code, 0, List.of()))
                .toList();
        return new Scored(offered, candidates, inputs, new double[1][5], new double[5], isByRanker, 0);
    }

    /** Blocks of different sizes, as those that are scored ahead and the others are. */
    @Test
    void theRowOfACandidateIsThatOfItsBlock() {
        var scored = scored(
                5,
                List.of(
                        new Scored.Inputs(0, new float[] {1, 1.5f}),
                        new Scored.Inputs(1, new float[] {2, 2.5f, 3, 3.5f, 4, 4.5f}),
                        new Scored.Inputs(4, new float[] {5, 5.5f})),
                true);
        for (int candidate = 0; candidate < 5; candidate++) {
            float[] row = new float[3];
            scored.copyRow(candidate, WIDTH, row, 1);
            assertThat(row).containsExactly(0, candidate + 1, candidate + 1.5f);
        }
    }

    @Test
    void withoutTheRankerThereAreNoRowsAndNothingIsCovered() {
        float[] row = {7, 7};
        scored(5, List.of(), false).copyRow(3, WIDTH, row, 0);
        assertThat(row).containsExactly(7, 7);
        assertThat(scored(5, List.of(), false).coverage()).isZero();
    }

    @Test
    void coverageIsTheShareThatWasScored() {
        assertThat(scored(10, List.of(), true).coverage()).isEqualTo(0.5);
        assertThat(scored(0, List.of(), false).coverage()).isEqualTo(1);
    }
}
