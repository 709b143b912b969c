package io.rankwright.evaluation.uplift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Golden values: NumPy 2.4, the formulas of Radcliffe (2007) and of Gutierrez and Gérardy (2017) written out there. */
class UpliftCurveTest {
    private static final double[] PREDICTED = {.9, .8, .8, .7, .6, .5, .4, .3, .2, .1};
    private static final boolean[] TREATED = {true, false, true, true, false, true, false, false, true, false};
    private static final double[] OUTCOMES = {1, 0, 1, 1, 0, 0, 1, 0, 0, 1};

    @Test
    void tenUnitsByHand() {
        var curve = new UpliftCurve(PREDICTED, TREATED, OUTCOMES);

        // Two units have the same prediction: nine points behind the first.
        assertThat(curve.size()).isEqualTo(10);
        double[] qini = {0, 1, 2, 3, 3, 3, 5 / 3.0, 2, 1.75, 1};
        double[] uplift = {0, 1, 3, 4, 5, 4.5, 35 / 12.0, 4, 3.15, 2};
        for (int point = 0; point < qini.length; point++) {
            assertThat(curve.qini(point)).isCloseTo(qini[point], within(1e-12));
            assertThat(curve.uplift(point)).isCloseTo(uplift[point], within(1e-12));
        }
        assertThat(curve.qiniCoefficient()).isCloseTo(0.1441666666666667, within(1e-12));
        assertThat(curve.auuc()).isCloseTo(0.20566666666666672, within(1e-12));
        assertThat(curve.upliftAt(0.3)).isCloseTo(1, within(1e-12));
        assertThat(curve.upliftAt(1)).isCloseTo(0.2, within(1e-12));
    }

    @Test
    void aPredictionThatTellsNothingGainsNothing() {
        var random = new SplittableRandom(3);
        int size = 50_000;
        double[] right = new double[size];
        double[] nothing = new double[size];
        boolean[] treated = new boolean[size];
        double[] outcomes = new double[size];
        for (int i = 0; i < size; i++) {
            right[i] = 0.4 * random.nextDouble() - 0.1;
            nothing[i] = random.nextDouble();
            treated[i] = random.nextBoolean();
            outcomes[i] = random.nextDouble() < 0.3 + (treated[i] ? right[i] : 0) ? 1 : 0;
        }
        assertThat(new UpliftCurve(nothing, treated, outcomes).auuc()).isCloseTo(0, within(0.004));
        // Of an effect that is even from -0.1 to 0.3 the gain over chance is a twelfth of its range, by hand.
        assertThat(new UpliftCurve(right, treated, outcomes).auuc()).isCloseTo(0.4 / 12, within(0.004));
        assertThat(new UpliftCurve(right, treated, outcomes).upliftAt(0.1)).isCloseTo(0.28, within(0.03));
    }

    @Test
    void unitsOfOneKindSayNothing() {
        assertThatThrownBy(() -> new UpliftCurve(new double[] {1, 2}, new boolean[2], new double[2]))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
