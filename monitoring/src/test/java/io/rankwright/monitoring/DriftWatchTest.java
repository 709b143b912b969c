package io.rankwright.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.monitoring.DriftWatch.Variable;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DriftWatchTest {
    private static final List<Variable> VARIABLES = List.of(new Variable("amount", false), new Variable("kind", true));
    private static final Duration WINDOW = Duration.ofHours(1);
    private static final int ROWS = 3_000;

    private static DriftWatch watch(long startMillis) {
        return new DriftWatch(VARIABLES, WINDOW, 0.2, startMillis);
    }

    /** Rows of one window; a shift moves the amounts, and a new kind comes. */
    private static void fill(DriftWatch watch, int window, double shift) {
        var random = new SplittableRandom(window);
        long start = window * WINDOW.toMillis();
        for (int i = 0; i < ROWS; i++) {
            float amount = random.nextInt(50) == 0 ? Float.NaN : (float) (random.nextDouble() + shift);
            float kind = shift > 0 && i % 10 == 0 ? 9 : random.nextInt(4);
            watch.add(new float[] {amount, kind}, start + i * WINDOW.toMillis() / ROWS);
        }
    }

    @Test
    void aReferenceThatWasKeptSaysTheSame() {
        DriftWatch undisturbed = watch(0);
        fill(undisturbed, 0, 0);
        fill(undisturbed, 1, 0);
        DriftWatch resumed = watch(WINDOW.toMillis());
        resumed.restore(undisturbed.kept());
        assertThat(resumed.hasReference()).isTrue();
        fill(resumed, 1, 0);

        fill(undisturbed, 2, 0.3);
        fill(undisturbed, 3, 0.3);
        fill(resumed, 2, 0.3);
        fill(resumed, 3, 0.3);

        assertThat(undisturbed.shifts())
                .hasSize(2)
                .allMatch(shift -> shift.alarm().isPresent());
        for (int v = 0; v < 2; v++) {
            Shift one = resumed.shifts().get(v);
            Shift other = undisturbed.shifts().get(v);
            assertThat(one.alarm()).isPresent();
            // Sketches draw lots: twice the error of a rank, on both sides.
            assertThat(one.kolmogorovSmirnov())
                    .isCloseTo(other.kolmogorovSmirnov(), within(4 * Distribution.RANK_ERROR));
            assertThat(one.missingBefore()).isEqualTo(other.missingBefore());
        }
    }

    @Test
    void aReferenceOfOtherVariablesIsNotTakenUp() {
        DriftWatch before = watch(0);
        fill(before, 0, 0);
        fill(before, 1, 0);
        DriftWatch other = new DriftWatch(List.of(new Variable("kind", true)), WINDOW, 0.2, 0);

        other.restore(before.kept());

        assertThat(other.hasReference()).isFalse();
        assertThat(watch(0).kept()).isEmpty();
    }
}
