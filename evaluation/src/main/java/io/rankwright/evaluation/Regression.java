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
        int[] once = new int[truths.length];
        Arrays.fill(once, 1);
        return new Order(predictions, truths).xauc(once);
    }

    /** The interval of {@link #xauc} by resampling cases; they are sorted once. */
    public static Bootstrap.Interval xaucInterval(double[] predictions, double[] truths, int resamples, long seed) {
        return Bootstrap.interval(truths.length, new Order(predictions, truths)::xauc, resamples, seed);
    }

    /** Cases in the order of their truths, each with the rank of its prediction among the distinct ones. */
    private static final class Order {
        private final double[] truths;
        private final int[] order;
        private final int[] ranks;
        private final int distinct;

        Order(double[] predictions, double[] truths) {
            Classification.requireSameLength(predictions, truths);
            double[] values = Arrays.stream(predictions).sorted().distinct().toArray();
            this.truths = truths;
            this.order = Classification.order(truths);
            this.ranks = Arrays.stream(predictions)
                    .mapToInt(value -> Arrays.binarySearch(values, value) + 1)
                    .toArray();
            this.distinct = values.length;
        }

        /** @param counts how many times each case is there */
        double xauc(int[] counts) {
            long[] tree = new long[distinct + 1];
            double right = 0;
            double pairs = 0;
            long seen = 0;
            for (int i = 0; i < order.length; ) {
                int j = i;
                while (j < order.length && truths[order[j]] == truths[order[i]]) {
                    j++;
                }
                for (int k = i; k < j; k++) {
                    int rank = ranks[order[k]];
                    long below = sum(tree, rank - 1);
                    long equal = sum(tree, rank) - below;
                    right += counts[order[k]] * (below + equal / 2.0);
                    pairs += (double) counts[order[k]] * seen;
                }
                for (int k = i; k < j; k++) {
                    add(tree, ranks[order[k]], counts[order[k]]);
                    seen += counts[order[k]];
                }
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

        private static void add(long[] tree, int at, int count) {
            for (int i = at; i < tree.length; i += i & -i) {
                tree[i] += count;
            }
        }
    }
}
