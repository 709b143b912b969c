package io.rankwright.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.monitoring.DriftWatch.Variable;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Faults of which it is known when they begin, and ninety days without any. The seeds are fixed. */
class DriftTrialsTest {
    private static final int TRIALS = 100;
    private static final int ROWS = 10_000;
    private static final long DAY = Duration.ofDays(1).toMillis();
    private static final Variable NUMBER = new Variable("watch_mean", false);
    private static final Variable CATEGORY = new Variable("tab", true);

    /** A skewed number, of which some are missing. */
    private static float number(SplittableRandom random) {
        return random.nextDouble() < 0.005 ? Float.NaN : (float) Math.exp(random.nextGaussian());
    }

    /** A hundred categories, the first ones frequent. */
    private static float category(SplittableRandom random) {
        return (int) Math.floor(100 * Math.pow(random.nextDouble(), 3));
    }

    private static float usual(Variable variable, SplittableRandom random) {
        return variable.isCategory() ? category(random) : number(random);
    }

    /** How many of the trials find a fault in the first window that has it. */
    private static long found(Variable variable, BiFunction<Float, SplittableRandom, Float> fault) {
        return IntStream.range(0, TRIALS)
                .parallel()
                .filter(trial -> {
                    var random = new SplittableRandom(trial);
                    var watch = new DriftWatch(List.of(variable), Duration.ofMillis(DAY), 0.2, 0);
                    for (int day = 0; day < 3; day++) {
                        for (int row = 0; row < ROWS; row++) {
                            float value = usual(variable, random);
                            watch.add(new float[] {day < 2 ? value : fault.apply(value, random)}, day * DAY + row);
                        }
                    }
                    watch.add(new float[] {1}, 3 * DAY);
                    return watch.shifts().getFirst().alarm().isPresent();
                })
                .count();
    }

    private static void assertFound(String what, Variable variable, BiFunction<Float, SplittableRandom, Float> fault) {
        long found = found(variable, fault);
        System.out.printf("drift, %s: %d of %d found in the first window of %,d rows%n", what, found, TRIALS, ROWS);
        assertThat(found).as(what).isGreaterThanOrEqualTo(TRIALS * 95 / 100);
    }

    @Test
    void aShiftOfAQuarterOfADeviation_isFound() {
        // Of the logarithm, which is what is normal here.
        assertFound("shift of .25 sigma", NUMBER, (value, _) -> (float) (value * Math.exp(0.25)));
    }

    @Test
    void valuesThatAreMissing_areFound() {
        assertFound(
                "one point more is missing", NUMBER, (value, random) -> random.nextDouble() < 0.01 ? Float.NaN : value);
    }

    @Test
    void anotherUnit_isFound() {
        assertFound("unit by 1000", NUMBER, (value, _) -> value * 1000);
    }

    @Test
    void aStuckValue_isFound() {
        assertFound("stuck at one value", NUMBER, (_, _) -> 1.5f);
        assertFound("stuck at one category", CATEGORY, (_, _) -> 3f);
    }

    @Test
    void aNewCategory_isFound() {
        assertFound("2% are a new category", CATEGORY, (value, random) -> random.nextDouble() < 0.02 ? 1000 : value);
    }

    @Test
    void ninetyDaysWithoutAFault_raiseNoMoreThanOneAlarmAFeature() {
        for (Variable variable : List.of(NUMBER, CATEGORY)) {
            long alarms = IntStream.range(0, 20)
                    .parallel()
                    .mapToLong(feature -> {
                        var random = new SplittableRandom(1000 + feature);
                        var watch = new DriftWatch(List.of(variable), Duration.ofMillis(DAY), 0.2, 0);
                        long raised = 0;
                        for (int day = 0; day <= 91; day++) {
                            for (int row = 0; row < ROWS; row++) {
                                boolean isNew = watch.add(new float[] {usual(variable, random)}, day * DAY + row);
                                boolean isAlarm = isNew
                                        && watch.shifts().stream()
                                                .anyMatch(shift -> shift.alarm().isPresent());
                                raised += isAlarm ? 1 : 0;
                            }
                        }
                        return raised;
                    })
                    .max()
                    .orElseThrow();
            System.out.printf(
                    "drift, 90 days without a fault, 20 features like %s: %d false alarms at most%n",
                    variable.name(), alarms);
            assertThat(alarms).isLessThanOrEqualTo(1);
        }
    }
}
