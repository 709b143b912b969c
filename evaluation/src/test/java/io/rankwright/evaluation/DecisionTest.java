package io.rankwright.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DecisionTest {
    private static final int[] RIGHT = {0, 1, 2, 2, 1, 1, 2, 0, 1, 0};
    private static final int[] CHOSEN = {0, 1, 2, 1, 1, 0, 2, 2, 1, 1};

    /** The figures are scikit-learn 1.2.1's f1_score. */
    @Test
    void figuresOfAChoiceAreThoseOfAnotherLibrary() {
        int[] once = new int[RIGHT.length];
        Arrays.fill(once, 1);

        assertThat(Decision.weightedF1(CHOSEN, RIGHT, once, 3)).isCloseTo(0.5866666666666667, within(1e-12));
        assertThat(Decision.macroF1(CHOSEN, RIGHT, once, 3)).isCloseTo(0.5777777777777776, within(1e-12));
        assertThat(Decision.accuracy(CHOSEN, RIGHT, once, 3)).isCloseTo(0.6, within(1e-12));
    }

    /** Counted by hand: said 3, of which 2 hold; 1 that holds was missed. */
    @Test
    void whatWasSaidIsCounted() {
        var counts = Decision.counts(new boolean[] {true, true, true, false, false}, new double[] {1, 1, 0, 1, 0});

        assertThat(counts).isEqualTo(new Decision.Counts(2, 1, 1, 1));
        assertThat(counts.precision()).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(counts.recall()).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(counts.f1()).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(counts.falselyChosen()).isEqualTo(0.5);
        assertThat(counts.share()).isEqualTo(0.6);
    }

    @Test
    void thresholdsHoldWhatTheyWereChosenFor_andNoLowerOrHigherOneDoes() {
        for (long seed = 0; seed < 50; seed++) {
            var random = new SplittableRandom(seed);
            double[] probabilities =
                    random.doubles(200).map(p -> Math.round(20 * p) / 20.0).toArray();
            double[] holds = Arrays.stream(probabilities)
                    .map(p -> random.nextDouble() < p ? 1 : 0)
                    .toArray();
            double precise = Decision.atPrecision(probabilities, holds, 0.8);
            double complete = Decision.atRecall(probabilities, holds, 0.7);

            assertThat(at(probabilities, holds, precise).precision())
                    .as("seed %d", seed)
                    .isGreaterThanOrEqualTo(0.8);
            assertThat(at(probabilities, holds, complete).recall())
                    .as("seed %d", seed)
                    .isGreaterThanOrEqualTo(0.7);
            for (double other : probabilities) {
                if (other < precise) {
                    assertThat(at(probabilities, holds, other).precision())
                            .as("seed %d", seed)
                            .isLessThan(0.8);
                }
                if (other > complete) {
                    assertThat(at(probabilities, holds, other).recall())
                            .as("seed %d", seed)
                            .isLessThan(0.7);
                }
            }
        }
    }

    private static Decision.Counts at(double[] probabilities, double[] holds, double threshold) {
        boolean[] said = new boolean[probabilities.length];
        for (int i = 0; i < said.length; i++) {
            said[i] = probabilities[i] >= threshold;
        }
        return Decision.counts(said, holds);
    }

    @Test
    void noThresholdIsAboveEveryProbability() {
        assertThat(Decision.atPrecision(new double[] {0.1, 0.9}, new double[] {0, 0}, 0.5))
                .isGreaterThan(1);
    }

    /** The rare class is never the likeliest, so a plain choice never names it. */
    @Test
    void aRareClassIsFavouredWhereThatIsBetter() {
        double[][] probabilities = {{0.4, 0.4, 0.4, 0.1, 0.1, 0.1}, {0.6, 0.6, 0.6, 0.9, 0.9, 0.9}};
        int[] right = {0, 0, 0, 1, 1, 1};

        var favours = Decision.favours(probabilities, right, Decision::macroF1);

        assertThat(favours.get(0) * 0.4).isGreaterThan(favours.get(1) * 0.6);
        assertThat(favours.get(0) * 0.1).isLessThan(favours.get(1) * 0.9);
    }
}
