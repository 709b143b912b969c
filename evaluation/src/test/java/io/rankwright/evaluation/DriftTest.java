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
}
