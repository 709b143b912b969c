package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.training.ClickModel.Pair;
import io.rankwright.training.ClickModel.Shown;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ClickModelTest {
    private static final double[] LOOKED_AT = {1, 0.7, 0.5, 0.35, 0.25, 0.15};
    private static final long SEED = 11;

    @Test
    void placesAndAttractionsOfASimulatedTruthAreFound() {
        ClickModel model = ClickModel.learn(simulated(300, 60));

        for (int place = 0; place < LOOKED_AT.length; place++) {
            assertThat(model.examination()[place])
                    .as("place %d", place)
                    .isBetween(LOOKED_AT[place] - 0.06, LOOKED_AT[place] + 0.06);
        }
    }

    /** The better item always stands low and is clicked less often; the model sees through that, counting does not. */
    @Test
    void anItemThatStandsLowIsNotTakenForABadOne() {
        var shown = new ArrayList<>(simulated(300, 60));
        var random = new SplittableRandom(SEED);
        var good = new Pair("q", "good");
        var poor = new Pair("q", "poor");
        int clicksOnGood = 0;
        int clicksOnPoor = 0;
        for (int i = 0; i < 2000; i++) {
            boolean onPoor = random.nextDouble() < LOOKED_AT[0] * 0.3;
            boolean onGood = random.nextDouble() < LOOKED_AT[5] * 0.8;
            clicksOnPoor += onPoor ? 1 : 0;
            clicksOnGood += onGood ? 1 : 0;
            shown.add(new Shown(poor, 0, onPoor));
            shown.add(new Shown(good, 5, onGood));
        }

        ClickModel model = ClickModel.learn(shown);

        assertThat(clicksOnGood).isLessThan(clicksOnPoor);
        assertThat(model.attraction().get(good)).isBetween(0.6, 0.99);
        assertThat(model.attraction().get(poor)).isBetween(0.2, 0.4);
    }

    @Test
    void nothingShownIsAModelThatSaysNothing() {
        ClickModel model = ClickModel.learn(List.of());

        assertThat(model.attraction()).isEmpty();
        assertThat(model.examination()).isEmpty();
    }

    private static List<Shown> simulated(int queries, int times) {
        System.out.println("seed " + SEED);
        var random = new SplittableRandom(SEED);
        var shown = new ArrayList<Shown>();
        for (int q = 0; q < queries; q++) {
            double[] attraction = new double[LOOKED_AT.length];
            for (int d = 0; d < attraction.length; d++) {
                attraction[d] = random.nextDouble(0.05, 0.95);
            }
            for (int t = 0; t < times; t++) {
                int turn = random.nextInt(attraction.length);
                for (int place = 0; place < attraction.length; place++) {
                    int item = (place + turn) % attraction.length;
                    boolean isClicked = random.nextDouble() < LOOKED_AT[place] * attraction[item];
                    shown.add(new Shown(new Pair("q" + q, "d" + item), place, isClicked));
                }
            }
        }
        return shown;
    }
}
