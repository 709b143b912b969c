package io.rankwright.evaluation.offpolicy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.spec.UserFault;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Golden values: NumPy 2.4, the formulas of the papers written out there. */
class OffPolicyTest {
    private static final Decisions FEW = new Decisions(
            new double[] {1, 0, 0, 1, 1, 0, 2, 0},
            new double[] {.5, .25, .5, .2, .8, .1, .4, .5},
            new double[] {.6, .1, .4, .5, .2, 0, .9, .3},
            new double[] {.5, .2, .3, .7, .6, .1, 1.2, .4},
            new double[] {.55, .3, .35, .6, .5, .2, .9, .45});

    @Test
    void estimatesAreThoseOfTheFormulas() {
        Estimate ips = Estimator.IPS.estimate(FEW);
        assertThat(ips.value()).isCloseTo(1.05625, within(1e-12));
        assertThat(ips.low()).isCloseTo(-0.013827612517477661, within(1e-9));
        assertThat(ips.effectiveSize()).isCloseTo(4.579606440071556, within(1e-9));
        assertThat(ips.isReliable()).isFalse();
        Estimate snips = Estimator.SNIPS.estimate(FEW);
        assertThat(snips.value()).isCloseTo(1.05625, within(1e-12));
        assertThat(snips.high()).isCloseTo(1.6476838746811016, within(1e-9));
        Estimate dr = Estimator.DR.estimate(FEW);
        assertThat(dr.value()).isCloseTo(0.8175, within(1e-12));
        assertThat(dr.low()).isCloseTo(0.23808953178999814, within(1e-9));
        assertThat(FEW.logged()).isEqualTo(5 / 8.0);
    }

    @Test
    void withoutPropensitiesNothingIsSaid() {
        assertThatThrownBy(() -> Decisions.of(new double[] {1, 0}, new double[] {0.5, 0}, new double[] {0.5, 0.5}))
                .isInstanceOf(UserFault.class)
                .hasMessageContainingAll("row 2", "propensity 0.0", "expected the probability");
        assertThatThrownBy(() ->
                        Decisions.of(new double[] {1, 0}, new double[] {0.5, Double.NaN}, new double[] {0.5, 0.5}))
                .isInstanceOf(UserFault.class);
    }

    /** Logs of a policy that prefers some items, judged for one that prefers others; the truth is known. */
    @Test
    void intervalsCoverTheTruth() {
        int items = 20;
        int rows = 5000;
        int runs = 400;
        var random = new SplittableRandom(8);
        double[] rates = new double[items];
        double[] logging = new double[items];
        double[] judged = new double[items];
        for (int i = 0; i < items; i++) {
            rates[i] = 0.02 + 0.1 * random.nextDouble();
            logging[i] = 0.3 + random.nextDouble();
            judged[i] = 0.05 + random.nextDouble() * random.nextDouble();
        }
        normalise(logging);
        normalise(judged);
        double truth = 0;
        double expected = 0;
        for (int i = 0; i < items; i++) {
            truth += judged[i] * rates[i];
            // The model is wrong by half: the estimator is right all the same.
            expected += judged[i] * rates[i] / 2;
        }
        Map<Estimator, Integer> covered = new EnumMap<>(Estimator.class);
        Map<Estimator, Double> means = new EnumMap<>(Estimator.class);
        for (int run = 0; run < runs; run++) {
            double[][] columns = new double[5][rows];
            for (int row = 0; row < rows; row++) {
                int item = drawn(logging, random.nextDouble());
                columns[0][row] = random.nextDouble() < rates[item] ? 1 : 0;
                columns[1][row] = logging[item];
                columns[2][row] = judged[item];
                columns[3][row] = rates[item] / 2;
                columns[4][row] = expected;
            }
            var log = new Decisions(columns[0], columns[1], columns[2], columns[3], columns[4]);
            for (Estimator estimator : Estimator.values()) {
                Estimate estimate = estimator.estimate(log);
                covered.merge(estimator, estimate.covers(truth) ? 1 : 0, Integer::sum);
                means.merge(estimator, estimate.value() / runs, Double::sum);
            }
        }
        System.out.println("off-policy intervals that cover the truth, of " + runs + ": " + covered);
        for (Estimator estimator : Estimator.values()) {
            assertThat(covered.get(estimator)).as(estimator.name()).isBetween(366, 394);
            assertThat(means.get(estimator)).as(estimator.name()).isCloseTo(truth, within(0.02 * truth));
        }
    }

    private static void normalise(double[] weights) {
        double sum = Arrays.stream(weights).sum();
        Arrays.setAll(weights, i -> weights[i] / sum);
    }

    private static int drawn(double[] shares, double place) {
        double end = shares[0];
        int item = 0;
        while (item + 1 < shares.length && place >= end) {
            end += shares[++item];
        }
        return item;
    }
}
