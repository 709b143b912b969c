package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.models.text.Runs.Sparse;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearTrainerTest {
    private static final List<Sparse> ROWS = List.of(
            row(new int[] {0, 2}, 1, 0.5f),
            row(new int[] {1, 3}, 1, 0.5f),
            row(new int[] {0, 1}, 0.7f, 0.7f),
            row(new int[] {1, 2}, 0.3f, 0.9f),
            row(new int[] {0, 3}, 0.2f, 0.9f),
            row(new int[] {0, 1, 2, 3}, 0.5f, 0.5f, 0.5f, 0.5f));
    private static final double[] LABELS = {1, 0, 0.75, 0, 1, 0.25};

    private static Sparse row(int[] places, float... values) {
        return new Sparse(places, values);
    }

    /** The figures are scikit-learn 1.2.1's, LogisticRegression by liblinear's primal at a tolerance of 1e-10. */
    @ParameterizedTest
    @CsvSource({
        "1, 0.277197, -0.256090, -0.013650, 0.003744, -0.000601",
        "2, 0.146793, -0.135596, -0.006698, 0.001704, -0.000271",
    })
    void theWeightsAreThoseOfAnotherSolver(double hold, double w0, double w1, double w2, double w3, double shift) {
        float[] weights = new LinearTrainer(hold, 2000, 1).train(ROWS, 4, LABELS);

        assertThat(weights)
                .containsExactly(
                        new float[] {(float) w0, (float) w1, (float) w2, (float) w3, (float) shift},
                        Offset.offset(2e-4f));
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        assertThat(new LinearTrainer(2, 20, 5).train(ROWS, 4, LABELS))
                .isEqualTo(new LinearTrainer(2, 20, 5).train(ROWS, 4, LABELS));
    }
}
