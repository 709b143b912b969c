package io.rankwright.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DriftTest {
    // Golden value: NumPy 2.4, sum((a - e) * log(a / e)).
    @Test
    void psiIsItsDefinition_nothingForTheSame_andFiniteWhereAGroupIsNew() {
        double[] expected = {0.1, 0.2, 0.3, 0.4};
        assertThat(Drift.psi(expected, new double[] {0.2, 0.2, 0.25, 0.35}))
                .isCloseTo(0.0851073655269184, within(1e-12));
        assertThat(Drift.psi(expected, expected)).isZero();
        assertThat(Drift.psi(new double[] {1, 0}, new double[] {0.5, 0.5})).isBetween(1.0, 6.0);
    }

    // Golden value: SciPy 1.17, scipy.spatial.distance.jensenshannon(p, q, base=2) ** 2.
    @Test
    void jensenShannonIsItsDefinition_from0To1() {
        double[] expected = {0.1, 0.2, 0.3, 0.4};
        assertThat(Drift.jensenShannon(expected, new double[] {0.2, 0.2, 0.25, 0.35}))
                .isCloseTo(0.015100454742549764, within(1e-12));
        assertThat(Drift.jensenShannon(expected, expected)).isZero();
        assertThat(Drift.jensenShannon(new double[] {1, 0}, new double[] {0, 1}))
                .isCloseTo(1, within(1e-12));
    }

    @Test
    void kolmogorovSmirnovIsTheGreatestDistance() {
        assertThat(Drift.kolmogorovSmirnov(new double[] {0.1, 0.3, 0.6, 1}, new double[] {0.2, 0.4, 0.65, 1}))
                .isCloseTo(0.1, within(1e-12));
    }
}
