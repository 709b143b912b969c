package io.rankwright.training;

import io.rankwright.features.FeatureColumn;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The exposures of a snapshot in memory, in the order of time, column by column. Its arrays must not be changed.
 *
 * @param columns the features
 * @param numbers for each feature of kind NUMBER its values, NaN where missing; empty for a category
 * @param categories for each feature of kind CATEGORY the index into its texts, 0 where missing; empty for a number
 * @param texts for each category its texts by index; index 0 is missing
 * @param labels for each label its values: 0 or 1, or an amount; NaN where the label that it is given does not hold
 * @param amounts for each numeric label its values whatever the label that it is given says
 * @param sequences for each sequence, for each row the indexes of its items, oldest first
 */
public record DataSet(
        int rows,
        List<FeatureColumn> columns,
        double[][] numbers,
        int[][] categories,
        List<List<String>> texts,
        Map<String, double[]> labels,
        Map<String, double[]> amounts,
        long[] timesMillis,
        int[] days,
        int[] subjects,
        List<String> subjectTexts,
        int[] items,
        List<String> itemTexts,
        Map<String, int[][]> sequences) {
    /** The rows {@code [from, to)} of the days between two, both included. */
    public Range range(LocalDate first, LocalDate last) {
        int from = 0;
        while (from < rows && days[from] < first.toEpochDay()) {
            from++;
        }
        int to = from;
        while (to < rows && days[to] <= last.toEpochDay()) {
            to++;
        }
        return new Range(from, to);
    }

    /** A stretch of rows, {@code from} included, {@code to} not. */
    public record Range(int from, int to) {
        public int size() {
            return to - from;
        }

        /** The values of these rows. */
        public double[] of(double[] values) {
            return Arrays.copyOfRange(values, from, to);
        }
    }
}
