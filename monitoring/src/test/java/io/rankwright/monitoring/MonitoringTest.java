package io.rankwright.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.monitoring.DriftWatch.Variable;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MonitoringTest {
    @Test
    void aWindowEndsWhenItIsOldEnough_andHasEnoughRows() {
        var watch = new DriftWatch(List.of(new Variable("x", false)), Duration.ofSeconds(1), 0.2, 0);
        for (int row = 0; row < DriftWatch.LEAST_ROWS - 1; row++) {
            assertThat(watch.add(new float[] {row}, 5000)).isFalse();
        }
        assertThat(watch.add(new float[] {0}, 5000)).isFalse();
        assertThat(watch.hasReference()).isFalse();
        assertThat(watch.add(new float[] {0}, 5000)).isTrue();
        assertThat(watch.hasReference()).isTrue();
        assertThat(watch.shifts()).isEmpty();
        for (int row = 0; row < 2 * DriftWatch.LEAST_ROWS; row++) {
            assertThat(watch.add(new float[] {row % 1000}, 5999)).isFalse();
        }
        assertThat(watch.add(new float[] {0}, 6000)).isTrue();
        assertThat(watch.shifts()).hasSize(1);
        assertThatThrownBy(() -> watch.add(new float[2], 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void groupsAddUpToEverything_alsoWhereOneValueIsHalfOfAll() {
        var random = new SplittableRandom(1);
        var watch = new DriftWatch(List.of(new Variable("x", false), new Variable("c", true)), Duration.ZERO, 0.2, 0);
        for (int row = 0; row < 3 * DriftWatch.LEAST_ROWS + 1; row++) {
            watch.add(new float[] {random.nextBoolean() ? 0 : (float) random.nextDouble(), random.nextInt(40)}, row);
        }
        for (Shift shift : watch.shifts()) {
            assertThat(shift.groups().stream().mapToDouble(Shift.Group::before).sum())
                    .isCloseTo(1, within(1e-9));
            assertThat(shift.groups().stream().mapToDouble(Shift.Group::now).sum())
                    .isCloseTo(1, within(1e-9));
            assertThat(shift.alarm()).isEmpty();
        }
        assertThat(watch.shifts()).hasSize(2);
    }

    @Test
    void whatIsMissingAltogether_isAnAlarm() {
        var watch = new DriftWatch(List.of(new Variable("x", false)), Duration.ZERO, 0.2, 0);
        for (int row = 0; row < 2 * DriftWatch.LEAST_ROWS + 1; row++) {
            watch.add(new float[] {row < DriftWatch.LEAST_ROWS ? row : Float.NaN}, row);
        }
        assertThat(watch.shifts().getFirst().alarm())
                .hasValueSatisfying(words -> assertThat(words).contains("100.00% have no value, before 0.00%"));
    }

    // By hand: groups of .25 (two of four taken: off by 4 · .25 − 2 = −1) and .75 (three of four: 0); ECE 1/8, ratio 4
    // / 5.
    @Test
    void calibrationIsItsDefinition() {
        var calibration = new Calibration();
        for (int i = 0; i < 4; i++) {
            calibration.add(0.25, i < 2 ? 1 : 0);
            calibration.add(0.75, i < 3 ? 1 : 0);
        }
        assertThat(calibration.count()).isEqualTo(8);
        assertThat(calibration.ece()).isCloseTo(1.0 / 8, within(1e-12));
        assertThat(calibration.ratio()).isCloseTo(4.0 / 5, within(1e-12));
        assertThat(new Calibration().ratio()).isNaN();
    }

    @Test
    void theErrorByChance_isWhatRightPredictionsHave() {
        var random = new SplittableRandom(2);
        double error = 0;
        double byChance = 0;
        for (int run = 0; run < 300; run++) {
            var calibration = new Calibration();
            for (int i = 0; i < 2000; i++) {
                double chance = random.nextDouble();
                calibration.add(chance, random.nextDouble() < chance ? 1 : 0);
            }
            error += calibration.ece() / 300;
            byChance += calibration.eceByChance() / 300;
        }
        assertThat(byChance).isCloseTo(error, within(0.1 * error));
    }

    @Test
    void healthOfTheFeedIsCounted() {
        var health = new FeedHealth();
        assertThat(health.repeated()).isNaN();
        health.add(new int[] {1, 2, 3, 4}, 0);
        health.add(new int[] {1, 2, 5, 6}, 2);
        assertThat(health.answers()).isEqualTo(2);
        assertThat(health.items()).isEqualTo(6);
        assertThat(health.repeated()).isCloseTo(0.25, within(1e-12));
        assertThat(health.concentration()).isCloseTo(1, within(1e-12));
    }
}
