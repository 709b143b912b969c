package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.models.RowNetworks;
import io.rankwright.training.BoostedTrainer.Rows;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OrderTrainerTest {
    private static final int COLUMNS = 4;
    private static final int QUERIES = 400;
    private static final OrderTrainer TRAINER = new OrderTrainer(List.of(16, 8), 30, 0.01, 3);

    /** Queries of two to nine rows; how near the second column is to the middle decides, where the first is not above 0.8. */
    private static Rows rows(int[] groups, long seed) {
        var random = new SplittableRandom(seed);
        int count = 0;
        for (int g = 0; g < groups.length; g++) {
            groups[g] = 2 + random.nextInt(8);
            count += groups[g];
        }
        float[] rows = new float[count * COLUMNS];
        float[] grades = new float[count];
        int from = 0;
        for (int size : groups) {
            int best = from;
            double least = Double.POSITIVE_INFINITY;
            for (int i = from; i < from + size; i++) {
                for (int c = 0; c < COLUMNS; c++) {
                    rows[i * COLUMNS + c] = c > 1 && random.nextInt(10) == 0 ? Float.NaN : (float) random.nextDouble();
                }
                double distance = rows[i * COLUMNS] > 0.8 ? 1 : Math.abs(rows[i * COLUMNS + 1] - 0.5);
                if (distance < least) {
                    least = distance;
                    best = i;
                }
            }
            grades[best] = 1;
            from += size;
        }
        return new Rows(rows, COLUMNS, grades);
    }

    /** The share of the queries whose best row comes first. */
    private static double right(RowNetworks networks, Rows rows, int[] groups) {
        double[] scores = networks.margins(rows.rows(), rows.labels().length);
        int right = 0;
        int from = 0;
        for (int size : groups) {
            int first = from;
            for (int i = from; i < from + size; i++) {
                first = scores[i] > scores[first] ? i : first;
            }
            right += rows.labels()[first] > 0 ? 1 : 0;
            from += size;
        }
        return (double) right / groups.length;
    }

    @Test
    void anOrderThatNoLineTellsIsLearnt_andTheSameSeedGivesTheSameBytes() {
        int[] groups = new int[QUERIES];
        Rows rows = rows(groups, 1);
        int[] others = new int[QUERIES];
        Rows unseen = rows(others, 2);
        byte[] learnt = TRAINER.order(rows, groups);
        assertThat(TRAINER.order(rows, groups)).isEqualTo(learnt);
        try (var network = new RowNetworks(List.of(learnt), COLUMNS)) {
            assertThat(right(network, unseen, others)).isGreaterThan(0.8);
        }
    }

    @Test
    void contributionsAddUpToTheScore_andWhatDecidesHasTheGreatest() {
        int[] groups = new int[QUERIES];
        Rows rows = rows(groups, 1);
        byte[] one = TRAINER.order(rows, groups);
        byte[] other = new OrderTrainer(List.of(8), 5, 0.01, 4).order(rows, groups);
        try (var networks = new RowNetworks(List.of(one, other), COLUMNS)) {
            double[] scores = networks.margins(rows.rows(), 50);
            double[] sizes = new double[COLUMNS];
            for (int i = 0; i < 50; i++) {
                double[] contributions =
                        networks.contributions(Arrays.copyOfRange(rows.rows(), i * COLUMNS, (i + 1) * COLUMNS));
                assertThat(Arrays.stream(contributions).sum()).isCloseTo(scores[i], within(1e-5));
                for (int c = 0; c < COLUMNS; c++) {
                    sizes[c] += Math.abs(contributions[c]);
                }
            }
            assertThat(Math.min(sizes[0], sizes[1])).isGreaterThan(2 * Math.max(sizes[2], sizes[3]));
        }
    }

    @Test
    void withoutAGradeNothingIsLearnt_andNothingFails() {
        var rows = new Rows(new float[] {1, 2, 3, 4}, 2, new float[] {0, 0});
        byte[] begun = new OrderTrainer(List.of(4), 3, 0.01, 1).order(rows, new int[] {2});
        try (var network = new RowNetworks(List.of(begun), 2)) {
            assertThat(network.margins(rows.rows(), 2)).hasSize(2).doesNotContain(Double.NaN);
            assertThat(network.margins(new float[0], 0)).isEmpty();
        }
    }
}
