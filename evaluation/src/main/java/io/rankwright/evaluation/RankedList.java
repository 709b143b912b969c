package io.rankwright.evaluation;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/**
 * Metrics of one ranked list of item codes, best first, against the set of relevant items; the relevance is binary.
 * Stateless, safe for any thread. A user without relevant items has no value: leave such users out.
 */
public final class RankedList {
    private RankedList() {}

    /** The share of the relevant items within the first k. */
    public static double recall(int[] list, Set<Integer> relevant, int k) {
        return (double) hits(list, relevant, k) / relevant.size();
    }

    private static int hits(int[] list, Set<Integer> relevant, int k) {
        int hits = 0;
        for (int i = 0; i < Math.min(k, list.length); i++) {
            hits += relevant.contains(list[i]) ? 1 : 0;
        }
        return hits;
    }

    /** Normalised discounted cumulative gain within the first k (Järvelin and Kekäläinen, 2002), gain 0 or 1, log2. */
    public static double ndcg(int[] list, Set<Integer> relevant, int k) {
        double gain = 0;
        for (int i = 0; i < Math.min(k, list.length); i++) {
            gain += relevant.contains(list[i]) ? 1 / log2(i + 2.0) : 0;
        }
        double ideal = 0;
        for (int i = 0; i < Math.min(k, relevant.size()); i++) {
            ideal += 1 / log2(i + 2.0);
        }
        return gain / ideal;
    }

    private static double log2(double value) {
        return Math.log(value) / Math.log(2);
    }

    /** Average precision within the first k, over the number of relevant items but at most k. */
    public static double averagePrecision(int[] list, Set<Integer> relevant, int k) {
        double sum = 0;
        int hits = 0;
        for (int i = 0; i < Math.min(k, list.length); i++) {
            if (relevant.contains(list[i])) {
                hits++;
                sum += (double) hits / (i + 1);
            }
        }
        return sum / Math.min(relevant.size(), k);
    }

    /** One over the place of the first relevant item, 0 if there is none. */
    public static double reciprocalRank(int[] list, Set<Integer> relevant) {
        for (int i = 0; i < list.length; i++) {
            if (relevant.contains(list[i])) {
                return 1.0 / (i + 1);
            }
        }
        return 0;
    }

    /** The share of pairs within the first k whose group (author, category) differs; 1 is all different. */
    public static double diversity(int[] list, IntUnaryOperator group, int k) {
        int size = Math.min(k, list.length);
        if (size < 2) {
            return 1;
        }
        int different = 0;
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < i; j++) {
                different += group.applyAsInt(list[i]) == group.applyAsInt(list[j]) ? 0 : 1;
            }
        }
        return different / (size * (size - 1) / 2.0);
    }

    /** Collects the items shown to anyone, for the share of the catalogue that is ever shown. One thread at a time. */
    public static final class Coverage {
        private final BitSet shown = new BitSet();

        public void add(int[] list, int k) {
            for (int i = 0; i < Math.min(k, list.length); i++) {
                shown.set(list[i]);
            }
        }

        /** The share of a catalogue of this size that was shown. */
        public double of(int catalogue) {
            return (double) shown.cardinality() / catalogue;
        }
    }

    /** A set of codes, for the relevant items of a user. */
    public static Set<Integer> setOf(int... codes) {
        var set = new HashSet<Integer>();
        for (int code : codes) {
            set.add(code);
        }
        return set;
    }
}
