package io.rankwright.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/**
 * Golden values come from NumPy 2.4, which computed each metric by its definition (all pairs, no ranks): AUC as the share
 * of ordered pairs, log loss with natural logarithms, ECE over 15 bins, XAUC over all ordered pairs, DCG with log2.
 */
class MetricsTest {
    private static final Offset<Double> EXACT = within(1e-12);
    private static final double[] SCORES = {.1, .4, .35, .8, .35, .9, .2, .6};
    private static final double[] LABELS = {0, 0, 1, 1, 0, 1, 0, 1};
    private static final double[] TRUTHS = {1, 2, 2, 5, 0, 7, 3, 3};
    private static final double[] GUESSES = {1.5, 1.5, 2.5, 4, 1, 3, 3, 2};
    private static final int[] LIST = {5, 3, 9, 1, 7, 2};
    private static final Set<Integer> RELEVANT = RankedList.setOf(3, 7, 8);

    @Test
    void classificationMetricsAreThoseOfNumPy() {
        assertThat(Classification.auc(SCORES, LABELS)).isCloseTo(0.90625, EXACT);
        assertThat(Classification.logLoss(SCORES, LABELS)).isCloseTo(0.3949080527583982, EXACT);
        assertThat(Classification.normalizedEntropy(SCORES, LABELS)).isCloseTo(0.5697318893216582, EXACT);
        assertThat(Classification.ece(SCORES, LABELS)).isCloseTo(0.2125, EXACT);
        assertThat(Classification.slice("tab", "1", SCORES, LABELS, new int[] {0, 2, 4}))
                .satisfies(slice -> {
                    assertThat(slice.predicted()).isCloseTo(0.8 / 3, EXACT);
                    assertThat(slice.observed()).isCloseTo(1.0 / 3, EXACT);
                    assertThat(slice.ece()).isCloseTo((0.1 + 0.3) / 3, EXACT);
                    assertThat(slice.count()).isEqualTo(3);
                });
    }

    @Test
    void regressionMetricsAreThoseOfNumPy() {
        assertThat(Regression.mae(GUESSES, TRUTHS)).isCloseTo(1.0625, EXACT);
        assertThat(Regression.xauc(GUESSES, TRUTHS)).isCloseTo(0.8846153846153846, EXACT);
    }

    @Test
    void listMetricsAreThoseOfNumPy() {
        assertThat(RankedList.ndcg(LIST, RELEVANT, 5)).isCloseTo(0.4776237035032179, EXACT);
        assertThat(RankedList.averagePrecision(LIST, RELEVANT, 5)).isCloseTo(0.3, EXACT);
        assertThat(RankedList.recall(LIST, RELEVANT, 5)).isCloseTo(2 / 3.0, EXACT);
        assertThat(RankedList.reciprocalRank(LIST, RELEVANT)).isEqualTo(0.5);
        assertThat(RankedList.reciprocalRank(new int[] {1, 2}, RELEVANT)).isZero();
        assertThat(RankedList.diversity(new int[] {1, 2, 11, 3}, code -> code / 10, 4))
                .isCloseTo(0.5, EXACT);
        var coverage = new RankedList.Coverage();
        coverage.add(new int[] {1, 2, 3}, 2);
        coverage.add(new int[] {2, 5}, 2);
        assertThat(coverage.of(10)).isEqualTo(0.3);
    }

    /** The fast ways (ranks, Fenwick tree) against the definition, with ties. */
    @RepeatedTest(20)
    void fastAndPlainAgree(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        int size = 2 + random.nextInt(60);
        double[] scores = new double[size];
        double[] labels = new double[size];
        double[] truths = new double[size];
        Arrays.setAll(scores, _ -> random.nextInt(12) / 12.0);
        Arrays.setAll(labels, i -> i == 0 ? 1 : i == 1 ? 0 : random.nextInt(2));
        Arrays.setAll(truths, i -> i < 2 ? i : random.nextInt(8));

        assertThat(Classification.auc(scores, labels)).isCloseTo(orderedPairs(scores, labels), EXACT);
        assertThat(Regression.xauc(scores, truths)).isCloseTo(orderedPairs(scores, truths), EXACT);
    }

    private static double orderedPairs(double[] scores, double[] truths) {
        double right = 0;
        double pairs = 0;
        for (int i = 0; i < truths.length; i++) {
            for (int j = 0; j < truths.length; j++) {
                if (truths[i] < truths[j]) {
                    pairs++;
                    right += scores[i] < scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }
        }
        return right / pairs;
    }

    @Test
    void intervalsOfOrdersAreThoseOfTheCasesRepeated() {
        var random = new SplittableRandom(5);
        double[] scores = new double[300];
        double[] labels = new double[300];
        double[] truths = new double[300];
        for (int i = 0; i < scores.length; i++) {
            truths[i] = random.nextInt(20);
            labels[i] = truths[i] > 12 ? 1 : 0;
            scores[i] = Math.round(truths[i] + random.nextGaussian() * 8);
        }

        assertThat(Classification.aucInterval(scores, labels, 60, 3))
                .isEqualTo(Bootstrap.interval(
                        300, counts -> Classification.auc(repeated(scores, counts), repeated(labels, counts)), 60, 3));
        assertThat(Regression.xaucInterval(scores, truths, 60, 3))
                .isEqualTo(Bootstrap.interval(
                        300, counts -> Regression.xauc(repeated(scores, counts), repeated(truths, counts)), 60, 3));
    }

    private static double[] repeated(double[] values, int[] counts) {
        return IntStream.range(0, values.length)
                .flatMap(i -> IntStream.generate(() -> i).limit(counts[i]))
                .mapToDouble(i -> values[i])
                .toArray();
    }

    /** Of 400 samples of a mean that is known, about 95% of the intervals must hold it. */
    @Test
    void theBootstrapIntervalHoldsTheMeanAsOftenAsItSays() {
        var random = new SplittableRandom(11);
        int held = 0;
        for (int run = 0; run < 400; run++) {
            double[] sample = new double[80];
            Arrays.setAll(sample, _ -> random.nextGaussian() + 3);
            Bootstrap.Interval interval = Bootstrap.mean(sample, 300, run);
            held += interval.low() <= 3 && 3 <= interval.high() ? 1 : 0;
        }
        assertThat(held / 400.0).isBetween(0.91, 0.98);
    }
}
