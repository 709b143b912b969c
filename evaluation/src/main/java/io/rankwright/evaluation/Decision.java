package io.rankwright.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * From probabilities to decisions: which threshold, which of several labels, and how good what was decided is. Stateless,
 * safe for any thread.
 */
public final class Decision {
    /** What probabilities are multiplied by, as tried in turn. */
    private static final double[] FAVOURS = {
        0.25, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.4, 1.6, 1.8, 2, 2.3, 2.6, 3, 3.5, 4
    };

    private static final int ROUNDS = 3;

    private Decision() {}

    /** How often what was said was right. */
    public record Counts(long rightlySaid, long wronglySaid, long missed, long rightlyLeft) {
        /** The share of what was said that is right; 0 if nothing was said. */
        public double precision() {
            return ratio(rightlySaid, rightlySaid + wronglySaid);
        }

        /** The share of what holds that was said; 0 if nothing holds. */
        public double recall() {
            return ratio(rightlySaid, rightlySaid + missed);
        }

        /** The harmonic mean of the two (van Rijsbergen, 1979). */
        public double f1() {
            return ratio(2 * rightlySaid, 2 * rightlySaid + wronglySaid + missed);
        }

        public double accuracy() {
            return ratio(rightlySaid + rightlyLeft, rightlySaid + wronglySaid + missed + rightlyLeft);
        }

        /** The share of what does not hold that was said all the same. */
        public double falselyChosen() {
            return ratio(wronglySaid, wronglySaid + rightlyLeft);
        }

        /** The share of which it was said. */
        public double share() {
            return ratio(rightlySaid + wronglySaid, rightlySaid + wronglySaid + missed + rightlyLeft);
        }

        private static double ratio(long part, long whole) {
            return whole == 0 ? 0 : (double) part / whole;
        }
    }

    /** Counts what was said against what holds (1 or 0). */
    public static Counts counts(boolean[] said, double[] holds) {
        long[] counts = new long[4];
        for (int i = 0; i < said.length; i++) {
            counts[said[i] ? holds[i] > 0.5 ? 0 : 1 : holds[i] > 0.5 ? 2 : 3]++;
        }
        return new Counts(counts[0], counts[1], counts[2], counts[3]);
    }

    /** Of exclusive labels the one that holds for each case; the first if none does. */
    public static int[] classes(double[][] holds) {
        int[] classes = new int[holds[0].length];
        for (int l = 1; l < holds.length; l++) {
            for (int i = 0; i < classes.length; i++) {
                if (holds[l][i] > 0.5) {
                    classes[i] = l;
                }
            }
        }
        return classes;
    }

    /** How good a choice of classes is; the greater the better. */
    public interface Goodness {
        /**
         * @param chosen,right the class of each case
         * @param counts how many times each case is there
         */
        double of(int[] chosen, int[] right, int[] counts, int classes);
    }

    /** The share of the cases whose class was chosen. */
    public static double accuracy(int[] chosen, int[] right, int[] counts, int classes) {
        long hits = 0;
        long all = 0;
        for (int i = 0; i < chosen.length; i++) {
            hits += chosen[i] == right[i] ? counts[i] : 0;
            all += counts[i];
        }
        return all == 0 ? 0 : (double) hits / all;
    }

    /** The mean of the classes' F1, each weighted by how often it is right. */
    public static double weightedF1(int[] chosen, int[] right, int[] counts, int classes) {
        long[][] table = table(chosen, right, counts, classes);
        double sum = 0;
        double all = 0;
        for (int c = 0; c < classes; c++) {
            double support = Arrays.stream(table[c]).sum();
            sum += support * f1(table, c);
            all += support;
        }
        return all == 0 ? 0 : sum / all;
    }

    /** The plain mean of the classes' F1. */
    public static double macroF1(int[] chosen, int[] right, int[] counts, int classes) {
        long[][] table = table(chosen, right, counts, classes);
        double sum = 0;
        for (int c = 0; c < classes; c++) {
            sum += f1(table, c);
        }
        return sum / classes;
    }

    /** Rows are what is right, columns what was chosen. */
    private static long[][] table(int[] chosen, int[] right, int[] counts, int classes) {
        long[][] table = new long[classes][classes];
        for (int i = 0; i < chosen.length; i++) {
            table[right[i]][chosen[i]] += counts[i];
        }
        return table;
    }

    private static double f1(long[][] table, int of) {
        long both = table[of][of];
        long right = Arrays.stream(table[of]).sum();
        long chosen = Arrays.stream(table).mapToLong(row -> row[of]).sum();
        return right + chosen == 0 ? 0 : 2.0 * both / (right + chosen);
    }

    /**
     * What the probability of each class is to be multiplied by, so that choosing the greatest is best: tried one class after
     * the other, some rounds.
     *
     * @param probabilities by class, then by case
     */
    public static List<Double> favours(double[][] probabilities, int[] right, Goodness goodness) {
        int classes = probabilities.length;
        var favours = new ArrayList<>(Collections.nCopies(classes, 1.0));
        int[] once = new int[right.length];
        Arrays.fill(once, 1);
        double best = goodness.of(chosen(probabilities, favours), right, once, classes);
        for (int round = 0; round < ROUNDS; round++) {
            for (int c = 0; c < classes; c++) {
                for (double favour : FAVOURS) {
                    double before = favours.get(c);
                    favours.set(c, favour);
                    double found = goodness.of(chosen(probabilities, favours), right, once, classes);
                    if (found > best) {
                        best = found;
                    } else {
                        favours.set(c, before);
                    }
                }
            }
        }
        return List.copyOf(favours);
    }

    private static int[] chosen(double[][] probabilities, List<Double> favours) {
        int[] chosen = new int[probabilities[0].length];
        for (int i = 0; i < chosen.length; i++) {
            for (int c = 1; c < probabilities.length; c++) {
                if (probabilities[c][i] * favours.get(c) > probabilities[chosen[i]][i] * favours.get(chosen[i])) {
                    chosen[i] = c;
                }
            }
        }
        return chosen;
    }

    /** The lowest threshold at which at least so large a share of what reaches it holds; above 1 if there is none. */
    public static double atPrecision(double[] probabilities, double[] holds, double share) {
        int[] order = Classification.order(probabilities);
        double threshold = 1.01;
        double right = 0;
        for (int i = order.length - 1; i >= 0; i--) {
            right += holds[order[i]];
            boolean isLastOfItsValue = i == 0 || probabilities[order[i - 1]] < probabilities[order[i]];
            if (isLastOfItsValue && right >= share * (order.length - i)) {
                threshold = probabilities[order[i]];
            }
        }
        return threshold;
    }

    /** The highest threshold that at least so large a share of what holds reaches. */
    public static double atRecall(double[] probabilities, double[] holds, double share) {
        int[] order = Classification.order(probabilities);
        double all = Arrays.stream(holds).sum();
        double found = 0;
        for (int i = order.length - 1; i >= 0; i--) {
            found += holds[order[i]];
            boolean isLastOfItsValue = i == 0 || probabilities[order[i - 1]] < probabilities[order[i]];
            if (isLastOfItsValue && found >= share * all) {
                return probabilities[order[i]];
            }
        }
        return 0;
    }
}
