package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.evaluation.uplift.UpliftCurve;
import io.rankwright.models.UpliftModel;
import io.rankwright.spec.ScoreApplication.Learner;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpliftTrainerTest {
    private static final int COLUMNS = 3;
    private static final int UNITS = 20_000;
    /** What the treatment moves those by whose first number is more than a half; the others not at all. */
    private static final double EFFECT = 0.3;

    /** Units of which the truth is known. */
    private static final class Simulated {
        private final float[] rows = new float[UNITS * COLUMNS];
        private final boolean[] isTreated = new boolean[UNITS];
        private final float[] outcomes = new float[UNITS];

        Simulated(long seed, double share) {
            var random = new SplittableRandom(seed);
            for (int i = 0; i < UNITS; i++) {
                for (int c = 0; c < COLUMNS; c++) {
                    rows[i * COLUMNS + c] = (float) random.nextDouble();
                }
                isTreated[i] = random.nextDouble() < share;
                double chance = 0.1 + 0.4 * rows[i * COLUMNS + 1] + (isTreated[i] && isMoved(i) ? EFFECT : 0);
                outcomes[i] = random.nextDouble() < chance ? 1 : 0;
            }
        }

        boolean isMoved(int unit) {
            return rows[unit * COLUMNS] > 0.5;
        }
    }

    @ParameterizedTest
    @CsvSource({"T, 0.5", "T, 0.2", "X, 0.5", "X, 0.2", "CLASS, 0.5", "CLASS, 0.2"})
    void aKnownEffectIsFound_alsoIfFewWereTreated(Learner learner, double share) {
        var taught = new Simulated(1, share);
        var judged = new Simulated(2, 0.5);
        var trainer = new UpliftTrainer(learner, new BoostedTrainer(60, 3, 0.1, 7));
        double[] effects;
        try (var model =
                new UpliftModel(trainer.train(taught.rows, COLUMNS, taught.isTreated, taught.outcomes), COLUMNS)) {
            effects = model.effects(judged.rows, UNITS);
        }

        double ofMoved = 0;
        double ofOthers = 0;
        int moved = 0;
        double[] outcomes = new double[UNITS];
        for (int i = 0; i < UNITS; i++) {
            outcomes[i] = judged.outcomes[i];
            if (judged.isMoved(i)) {
                ofMoved += effects[i];
                moved++;
            } else {
                ofOthers += effects[i];
            }
        }

        assertThat(ofMoved / moved).isCloseTo(EFFECT, within(0.05));
        assertThat(ofOthers / (UNITS - moved)).isCloseTo(0, within(0.06));
        var curve = new UpliftCurve(effects, judged.isTreated, outcomes);
        // Who knows the truth gains an eighth of the effect over chance by unit squared, and half of it by Qini: half
        // are treated.
        assertThat(curve.auuc()).isBetween(0.8 * EFFECT / 8, 1.15 * EFFECT / 8);
        assertThat(curve.qiniCoefficient()).isBetween(0.8 * EFFECT / 16, 1.15 * EFFECT / 16);
        assertThat(curve.upliftAt(0.4)).isCloseTo(EFFECT, within(0.05));
    }

    @ParameterizedTest
    @CsvSource({"T", "X", "CLASS"})
    void theSameSeedGivesTheSameEffects_andALogOfOneKindIsRefused(Learner learner) {
        var taught = new Simulated(3, 0.5);
        var trainer = new UpliftTrainer(learner, new BoostedTrainer(10, 3, 0.1, 7));
        try (var one = new UpliftModel(
                        trainer.train(taught.rows, COLUMNS, taught.isTreated, taught.outcomes), COLUMNS);
                var other = new UpliftModel(
                        trainer.train(taught.rows, COLUMNS, taught.isTreated, taught.outcomes), COLUMNS)) {
            assertThat(one.effects(taught.rows, 100)).isEqualTo(other.effects(taught.rows, 100));
        }
        assertThatThrownBy(() -> trainer.train(taught.rows, COLUMNS, new boolean[UNITS], taught.outcomes))
                .hasMessageContaining("0 treated units");
    }
}
