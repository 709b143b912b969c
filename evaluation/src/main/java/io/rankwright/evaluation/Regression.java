package io.rankwright.evaluation;

import java.util.Arrays;

/** Metrics of predicted amounts. Stateless, safe for any thread. */
public final class Regression {
    private Regression() {}

    /** The mean absolute error. */
    public static double mae(double[] predictions, double[] truths) {
        Classification.requireSameLength(predictions, truths);
        double sum = 0;
        for (int i = 0; i < truths.length; i++) {
            sum += Math.abs(predictions[i] - truths[i]);
        }
        return sum / truths.length;
    }

    /**
     * The share of pairs with different truths that the predictions put in the right order, ties of the prediction
     * counting half (Zhan et al., 2022). NaN if all truths are equal. O(n log n), by counting over a Fenwick tree.
     */
    public static double xauc(double[] predictions, double[] truths) {
        Classification.requireSameLength(predictions, truths);
        double[] distinct = Arrays.stream(predictions).sorted().distinct().toArray();
        long[] tree = new long[distinct.length + 1];
        int[] order = Classification.order(truths);
        double right = 0;
        double pairs = 0;
        long seen = 0;
        for (int i = 0; i < order.length; ) {
            int j = i;
            while (j < order.length && truths[order[j]] == truths[order[i]]) {
                j++;
            }
            for (int k = i; k < j; k++) {
                int rank = Arrays.binarySearch(distinct, predictions[order[k]]) + 1;
                long below = sum(tree, rank - 1);
                long equal = sum(tree, rank) - below;
                right += below + equal / 2.0;
                pairs += seen;
            }
            for (int k = i; k < j; k++) {
                add(tree, Arrays.binarySearch(distinct, predictions[order[k]]) + 1);
            }
            seen += j - i;
            i = j;
        }
        return right / pairs;
    }

    private static long sum(long[] tree, int to) {
        long sum = 0;
        for (int i = to; i > 0; i -= i & -i) {
            sum += tree[i];
        }
        return sum;
    }

    private static void add(long[] tree, int at) {
        for (int i = at; i < tree.length; i += i & -i) {
            tree[i]++;
        }
    }
}
