package io.rankwright.evaluation.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.dev.Faults;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A hundred canaries each, in a full run two hundred, of which it is known what is wrong with them. The seeds are fixed. */
class CanaryCheckTest {
    private static final int RUNS = Faults.times(100, 200);
    /** Of what is found early in every run. */
    private static final int FEW = 50;

    private static final int SUBJECTS = 20_000;
    private static final int ANSWERS_A_STEP = 25_000;
    private static final int SLOTS = 20;
    private static final double TAKEN = 0.37;

    /** What is different about the canary. */
    private record Fault(double slower, double worse, double bias, double degraded) {}

    private record Trials(int runs, int rolledBack, double meanStep) {}

    /** Ramps over 1, 5 and 25% of the subjects, looked at five times in each step. */
    private static Trials trials(Fault fault, int runs, long seed) {
        int[] steps = IntStream.range(0, runs)
                .parallel()
                .map(run -> stepOfRollback(fault, new SplittableRandom(1000 * seed + run)))
                .filter(step -> step > 0)
                .toArray();
        return new Trials(runs, steps.length, IntStream.of(steps).average().orElse(0));
    }

    private static int stepOfRollback(Fault fault, SplittableRandom random) {
        var check = new CanaryCheck();
        int step = 0;
        for (double share : List.of(0.01, 0.05, 0.25)) {
            step++;
            for (int answer = 1; answer <= ANSWERS_A_STEP; answer++) {
                int subject = random.nextInt(SUBJECTS);
                boolean isCanary = subject < share * SUBJECTS;
                CanaryCheck.Arm arm = isCanary ? check.canary() : check.live();
                double millis = 12 * Math.exp(0.5 * random.nextGaussian()) * (isCanary ? 1 + fault.slower() : 1);
                arm.answered(subject, random.nextDouble() < (isCanary ? fault.degraded() : 0.002), millis);
                // Subjects differ in how much they take.
                double taste = TAKEN + 0.1 * (subject % 7 - 3) / 3.0 - (isCanary ? fault.worse() : 0);
                double predicted = TAKEN + 0.1 * (subject % 7 - 3) / 3.0 + (isCanary ? fault.bias() : 0);
                arm.happened(subject, taken(taste, random) / SLOTS, predicted);
                if (answer % (ANSWERS_A_STEP / 5) == 0 && !check.harm().isEmpty()) {
                    return step;
                }
            }
        }
        return 0;
    }

    /** Of the slots of an answer, binomial by its normal approximation. */
    private static double taken(double chance, SplittableRandom random) {
        double drawn = SLOTS * chance + Math.sqrt(SLOTS * chance * (1 - chance)) * random.nextGaussian();
        return Math.clamp(Math.round(drawn), 0, SLOTS);
    }

    private static void report(String what, Trials trials) {
        System.out.printf(
                "canary, %s: %d of %d rolled back, in step %.1f on average%n",
                what, trials.rolledBack(), trials.runs(), trials.meanStep());
    }

    @Test
    void aVersionThatIsAsGood_isRolledBackInOneOfTwentyAtMost() {
        Trials trials = trials(new Fault(0, 0, 0, 0.002), RUNS, 1);
        report("as good as the live version", trials);
        assertThat(trials.rolledBack()).isLessThanOrEqualTo(RUNS / 20);
    }

    @Test
    void aVersionThatIsATenthSlower_isRolledBack() {
        Trials trials = trials(new Fault(0.1, 0, 0, 0.002), RUNS, 2);
        report("a tenth slower", trials);
        assertThat(trials.rolledBack()).isGreaterThanOrEqualTo(RUNS * 95 / 100);
    }

    @Test
    void aVersionOfWhichAHundredthLessIsTaken_isRolledBack() {
        Trials trials = trials(new Fault(0, 0.01, 0, 0.002), RUNS, 3);
        report("one point less is taken", trials);
        assertThat(trials.rolledBack()).isGreaterThanOrEqualTo(RUNS * 95 / 100);
    }

    @Test
    void aVersionWhosePredictionsAreOff_isRolledBack() {
        Trials trials = trials(new Fault(0, 0, 0.03, 0.002), FEW, 4);
        report("predictions three points too high", trials);
        assertThat(trials.rolledBack()).isGreaterThanOrEqualTo(FEW * 95 / 100);
    }

    @Test
    void aVersionThatFails_isFoundInItsFirstStep() {
        Trials trials = trials(new Fault(0, 0, 0, 1), FEW, 5);
        report("every answer degraded", trials);
        assertThat(trials.rolledBack()).isEqualTo(FEW);
        assertThat(trials.meanStep()).isEqualTo(1);
    }

    @Test
    void withoutSubjects_nothingIsSaid() {
        assertThat(new CanaryCheck().harm()).isEmpty();
    }
}
