package io.rankwright.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NoiseCeilingTest {
    /** The hate votes of Davidson et al. (2017); the figures by a script of its own in Python: a grid of parameters, two million drawn chances. */
    @Test
    void theVotesOfTheHateSpeechPostsAllowNoMoreThanThis() {
        NoiseCeiling ceiling = NoiseCeiling.of(new long[] {18401, 3023, 1122, 261});

        assertThat(ceiling.alpha()).isCloseTo(0.262, within(0.001));
        assertThat(ceiling.beta()).isCloseTo(2.71, within(0.01));
        assertThat(ceiling.known()).isCloseTo(0.544, within(0.002));
        assertThat(ceiling.panel()).isCloseTo(0.391, within(0.002));
        assertThat(ceiling.bound()).isCloseTo(0.578, within(0.001));
    }

    @Test
    void whereReadersAgreeThereIsNoCeiling() {
        NoiseCeiling ceiling = NoiseCeiling.of(new long[] {9000, 1, 1, 1000});

        assertThat(ceiling.known()).isGreaterThan(0.99);
        assertThat(ceiling.panel()).isGreaterThan(0.99);
    }

    /** Also where all agree about each, and about all: the chance of everything else is 0 then. */
    @Test
    void whoAgreesAlwaysIsAlwaysRight() {
        for (long[] votes : new long[][] {{9000, 0, 0, 1000}, {0, 0, 0, 5}}) {
            NoiseCeiling ceiling = NoiseCeiling.of(votes);

            assertThat(ceiling.known()).isGreaterThan(0.999);
            assertThat(ceiling.panel()).isGreaterThan(0.999);
            assertThat(ceiling.bound()).isCloseTo(1, within(1e-9));
        }
    }

    /** One chance for all, which is between two steps. */
    @Test
    void votesThatNoDistributionInStepsExplainsHaveNoBound() {
        assertThat(NoiseCeiling.of(new long[] {8, 12, 6, 1}).bound()).isNaN();
    }

    /** Votes drawn from a beta distribution give its parameters back, and who knows the chances reaches what is said. */
    @Test
    void itIsReachedByWhoKnowsTheChances() {
        var random = new SplittableRandom(4);
        int cases = 200_000;
        long[] votes = new long[4];
        double[] chances = new double[cases];
        boolean[] isSo = new boolean[cases];
        for (int i = 0; i < cases; i++) {
            // Beta(1/2, 1): the square of a uniform number.
            double uniform = random.nextDouble();
            chances[i] = uniform * uniform;
            int count = 0;
            for (int reader = 0; reader < 3; reader++) {
                count += random.nextDouble() < chances[i] ? 1 : 0;
            }
            votes[count]++;
            isSo[i] = count >= 2;
        }

        NoiseCeiling ceiling = NoiseCeiling.of(votes);

        double best = 0;
        for (double threshold = 0.05; threshold < 1; threshold += 0.05) {
            double hits = 0;
            double found = 0;
            double all = 0;
            for (int i = 0; i < cases; i++) {
                found += chances[i] > threshold ? 1 : 0;
                hits += chances[i] > threshold && isSo[i] ? 1 : 0;
                all += isSo[i] ? 1 : 0;
            }
            best = Math.max(best, 2 * hits / (found + all));
        }
        assertThat(ceiling.alpha()).isCloseTo(0.5, within(0.02));
        assertThat(ceiling.beta()).isCloseTo(1, within(0.04));
        assertThat(ceiling.known()).isCloseTo(best, within(0.005));
        assertThat(ceiling.bound()).isGreaterThan(best);
    }

    @Test
    void votesOfNobodyAreRefused() {
        assertThatThrownBy(() -> NoiseCeiling.of(new long[] {10, 2, 0, 0}))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
