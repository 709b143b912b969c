package io.rankwright.evaluation.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.evaluation.experiment.Comparison.Settings;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What the statistics promise, seen in thousands of experiments whose truth is known. The seeds are fixed. */
class ExperimentTrialsTest {
    private static final int RUNS = 10_000;
    private static final double CORRELATION = 0.7;

    /** A skewed figure, as watch times are. */
    private static double skewed(SplittableRandom random) {
        return Math.exp(0.8 * random.nextGaussian());
    }

    @Test
    void withoutADifference_oneLookFindsOneInTwenty() {
        var random = new SplittableRandom(1);
        int found = 0;
        for (int run = 0; run < RUNS; run++) {
            var control = new Outcomes();
            var treated = new Outcomes();
            for (int unit = 0; unit < 400; unit++) {
                control.add(skewed(random), 1);
                treated.add(skewed(random), 1);
            }
            found += Comparison.of(control, treated, Settings.USUAL).fixed().excludesZero() ? 1 : 0;
        }
        System.out.printf("one look at %,d A/A runs: %.2f%% false positives%n", RUNS, 100.0 * found / RUNS);
        assertThat(found / (double) RUNS).isBetween(0.045, 0.055);
    }

    @Test
    void withoutADifference_aHundredLooksFindOneInTwentyAtMost_andOneLookAHundredTimesFindsFarMore() {
        var random = new SplittableRandom(2);
        int always = 0;
        int fixed = 0;
        for (int run = 0; run < RUNS; run++) {
            var control = new Outcomes();
            var treated = new Outcomes();
            boolean isFoundAlways = false;
            boolean isFoundFixed = false;
            for (int look = 0; look < 100; look++) {
                for (int unit = 0; unit < 50; unit++) {
                    control.add(skewed(random), 1);
                    treated.add(skewed(random), 1);
                }
                Comparison compared = Comparison.of(control, treated, Settings.USUAL);
                isFoundAlways |= compared.always().excludesZero();
                isFoundFixed |= compared.fixed().excludesZero();
            }
            always += isFoundAlways ? 1 : 0;
            fixed += isFoundFixed ? 1 : 0;
        }
        System.out.printf(
                "a hundred looks at %,d A/A runs: %.2f%% false positives, with intervals for one look %.1f%%%n",
                RUNS, 100.0 * always / RUNS, 100.0 * fixed / RUNS);
        assertThat(always / (double) RUNS).isLessThanOrEqualTo(0.05);
        assertThat(fixed / (double) RUNS).isGreaterThan(0.2);
    }

    /** Ratios of users whose numbers of exposures differ: an interval that took exposures for units would miss far more. */
    @Test
    void intervalsOfRatiosCoverTheTruth() {
        var random = new SplittableRandom(3);
        int covered = 0;
        for (int run = 0; run < RUNS; run++) {
            var control = new Outcomes();
            var treated = new Outcomes();
            clicks(control, 0.30, random);
            clicks(treated, 0.33, random);
            Comparison.Bounds bounds =
                    Comparison.of(control, treated, Settings.USUAL).fixed();
            covered += bounds.low() <= 0.03 && 0.03 <= bounds.high() ? 1 : 0;
        }
        System.out.printf("intervals of a ratio over users cover the truth in %.2f%%%n", 100.0 * covered / RUNS);
        assertThat(covered / (double) RUNS).isGreaterThanOrEqualTo(0.945);
    }

    /** A user's rate is one of its own around the mean, for the user's every exposure. */
    private static void clicks(Outcomes outcomes, double mean, SplittableRandom random) {
        for (int user = 0; user < 500; user++) {
            int exposures = 1 + (int) (20 * Math.pow(random.nextDouble(), 3));
            double rate = mean + 0.2 * (random.nextDouble() - 0.5);
            int clicks = 0;
            for (int e = 0; e < exposures; e++) {
                clicks += random.nextDouble() < rate ? 1 : 0;
            }
            outcomes.add(clicks, exposures);
        }
    }

    @Test
    void whatIsKnownOfBeforeCutsTheVarianceByTheSquareOfTheCorrelation() {
        var random = new SplittableRandom(4);
        double cut = 0;
        int runs = 200;
        for (int run = 0; run < runs; run++) {
            var control = new Outcomes();
            var treated = new Outcomes();
            for (Outcomes arm : new Outcomes[] {control, treated}) {
                for (int unit = 0; unit < 2000; unit++) {
                    double before = random.nextGaussian();
                    double now =
                            CORRELATION * before + Math.sqrt(1 - CORRELATION * CORRELATION) * random.nextGaussian();
                    arm.add(20 + now, 1, 20 + before, 1);
                }
            }
            cut += Comparison.of(control, treated, Settings.USUAL).varianceCut() / runs;
        }
        System.out.printf("with a correlation of %.1f the variance is cut by %.1f%%%n", CORRELATION, 100 * cut);
        assertThat(cut).isBetween(0.47, 0.51);
    }

    @Test
    void aSplitOf51To49IsFound() {
        var random = new SplittableRandom(5);
        int found = 0;
        int alarms = 0;
        int runs = 1000;
        for (int run = 0; run < runs; run++) {
            int broken = 0;
            int sound = 0;
            for (int unit = 0; unit < 100_000; unit++) {
                double place = random.nextDouble();
                broken += place < 0.51 ? 1 : 0;
                sound += place < 0.5 ? 1 : 0;
            }
            found += isBroken(broken) ? 1 : 0;
            alarms += isBroken(sound) ? 1 : 0;
        }
        System.out.printf("51/49 among 100,000 is found in %d of %d, false alarms %d%n", found, runs, alarms);
        assertThat(found).isGreaterThanOrEqualTo(990);
        assertThat(alarms).isLessThanOrEqualTo(5);
    }

    private static boolean isBroken(int first) {
        return SampleRatio.pValue(new long[] {first, 100_000 - first}, new double[] {1, 1}) < SampleRatio.BROKEN;
    }

    /** By hash: shares as wanted, and one salt tells nothing of another. */
    @Test
    void assignmentIsEvenAndIndependentOfOtherSalts() {
        long[] counts = new long[4];
        for (int user = 0; user < 200_000; user++) {
            int first = Assignment.place("one", "user-" + user) < 0.5 ? 0 : 1;
            int second = Assignment.place("two", "user-" + user) < 0.5 ? 0 : 1;
            counts[2 * first + second]++;
        }
        assertThat(SampleRatio.pValue(counts, new double[] {1, 1, 1, 1})).isGreaterThan(0.001);
    }

    /** One ranking is better: interleaving finds it with far fewer users than two arms. */
    @Test
    void interleavingIsFair_andSharp() {
        var random = new SplittableRandom(6);
        int falseAlarms = 0;
        int found = 0;
        int runs = 1000;
        for (int run = 0; run < runs; run++) {
            falseAlarms += isFound(0, random) ? 1 : 0;
            found += isFound(0.1, random) ? 1 : 0;
        }
        System.out.printf("interleaving: %d false alarms, %d found of %d%n", falseAlarms, found, runs);
        assertThat(falseAlarms).isLessThanOrEqualTo(65);
        assertThat(found).isGreaterThan(900);
    }

    private static boolean isFound(double better, SplittableRandom random) {
        int first = 0;
        int second = 0;
        for (int user = 0; user < 400; user++) {
            int taken = 0;
            for (int slot = 0; slot < 10; slot++) {
                boolean isFirst = random.nextBoolean();
                if (random.nextDouble() < (isFirst ? 0.3 + better : 0.3)) {
                    taken += isFirst ? 1 : -1;
                }
            }
            first += taken > 0 ? 1 : 0;
            second += taken < 0 ? 1 : 0;
        }
        return TeamDraft.pValue(first, second) < 0.05;
    }
}
