package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.models.BoostedTrees;
import io.rankwright.training.BoostedTrainer.Rows;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BoostedTrainerTest {
    private static final int COLUMNS = 3;
    private static final int COUNT = 600;
    private static final BoostedTrainer TRAINER = new BoostedTrainer(30, 3, 0.2, 5);

    /** The first column decides, the others are noise; some numbers are missing. */
    private static Rows rows() {
        var random = new SplittableRandom(9);
        float[] rows = new float[COUNT * COLUMNS];
        float[] labels = new float[COUNT];
        for (int i = 0; i < COUNT; i++) {
            for (int c = 0; c < COLUMNS; c++) {
                rows[i * COLUMNS + c] = random.nextInt(20) == 0 ? Float.NaN : (float) random.nextDouble();
            }
            labels[i] = rows[i * COLUMNS] > 0.5 ? 1 : 0;
        }
        return new Rows(rows, COLUMNS, labels);
    }

    @Test
    void whatDecidesIsLearnt_andContributionsAddUpToTheMargin() {
        Rows rows = rows();
        try (var trees = new BoostedTrees(List.of(TRAINER.probabilities(rows)), COLUMNS)) {
            double[] margins = trees.margins(rows.rows(), COUNT);
            for (int i = 0; i < 50; i++) {
                float[] row = Arrays.copyOfRange(rows.rows(), i * COLUMNS, (i + 1) * COLUMNS);
                double[] contributions = trees.contributions(row);
                assertThat(Arrays.stream(contributions).sum()).isCloseTo(margins[i], within(1e-4));
                if (!Float.isNaN(row[0]) && Math.abs(row[0] - 0.5) > 0.1) {
                    assertThat(margins[i] > 0).isEqualTo(row[0] > 0.5);
                }
            }
        }
    }

    @Test
    void theMeanOfEnsemblesIsSaid_andManyThreadsHearTheSame() throws Exception {
        Rows rows = rows();
        byte[] one = TRAINER.probabilities(rows);
        byte[] other = new BoostedTrainer(10, 2, 0.3, 6).probabilities(rows);
        try (var first = new BoostedTrees(List.of(one), COLUMNS);
                var second = new BoostedTrees(List.of(other), COLUMNS);
                var both = new BoostedTrees(List.of(one, other), COLUMNS);
                var pool = Executors.newFixedThreadPool(4)) {
            double[] expected = both.margins(rows.rows(), COUNT);
            double[] ofFirst = first.margins(rows.rows(), COUNT);
            double[] ofSecond = second.margins(rows.rows(), COUNT);
            for (int i = 0; i < COUNT; i++) {
                assertThat(expected[i]).isCloseTo((ofFirst[i] + ofSecond[i]) / 2, within(1e-6));
            }
            List<Callable<double[]>> tasks = IntStream.range(0, 40)
                    .mapToObj(_ -> (Callable<double[]>) () -> both.margins(rows.rows(), COUNT))
                    .toList();
            for (var heard : pool.invokeAll(tasks)) {
                assertThat(heard.get()).isEqualTo(expected);
            }
        }
    }

    /** Within each group the greatest first column is right. */
    @Test
    void anOrderIsLearntWithinGroups() {
        Rows rows = rows();
        float[] grades = new float[COUNT];
        int[] groups = new int[COUNT / 6];
        Arrays.fill(groups, 6);
        for (int g = 0; g < groups.length; g++) {
            int best = g * 6;
            for (int i = g * 6; i < g * 6 + 6; i++) {
                best = !(rows.rows()[i * COLUMNS] <= rows.rows()[best * COLUMNS])
                                && !Float.isNaN(rows.rows()[i * COLUMNS])
                        ? i
                        : best;
            }
            grades[best] = 1;
        }
        byte[] learnt = TRAINER.order(new Rows(rows.rows(), COLUMNS, grades), groups);
        assertThat(TRAINER.order(new Rows(rows.rows(), COLUMNS, grades), groups))
                .isEqualTo(learnt);
        try (var trees = new BoostedTrees(List.of(learnt), COLUMNS)) {
            assertThat(trees.margins(new float[] {0.9f, 0.5f, 0.5f, 0.2f, 0.5f, 0.5f}, 2))
                    .satisfies(scores -> assertThat(scores[0]).isGreaterThan(scores[1]));
        }
    }
}
