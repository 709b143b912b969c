package io.rankwright.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Metrics of predicted probabilities against what happened (0 or 1). Stateless, safe for any thread. */
public final class Classification {
    private static final double LEAST = 1e-15;
    private static final int BINS = 15;

    private Classification() {}

    /**
     * The area under the ROC curve: the share of pairs of a positive and a negative that are in the right order, ties
     * counting half (Hanley and McNeil, 1982). NaN if one of the classes is missing. O(n log n).
     */
    public static double auc(double[] scores, double[] labels) {
        int[] once = new int[scores.length];
        Arrays.fill(once, 1);
        return auc(scores, labels, order(scores), once);
    }

    /** The interval of {@link #auc} by resampling cases; they are sorted once. */
    public static Bootstrap.Interval aucInterval(double[] scores, double[] labels, int resamples, long seed) {
        int[] order = order(scores);
        return Bootstrap.interval(scores.length, counts -> auc(scores, labels, order, counts), resamples, seed);
    }

    /** @param counts how many times each case is there */
    private static double auc(double[] scores, double[] labels, int[] order, int[] counts) {
        requireSameLength(scores, labels);
        double positives = 0;
        double rankSum = 0;
        double before = 0;
        for (int i = 0; i < order.length; ) {
            int j = i;
            double here = 0;
            double positivesHere = 0;
            while (j < order.length && scores[order[j]] == scores[order[i]]) {
                here += counts[order[j]];
                positivesHere += counts[order[j]] * labels[order[j]];
                j++;
            }
            rankSum += positivesHere * (before + (here + 1) / 2);
            positives += positivesHere;
            before += here;
            i = j;
        }
        double negatives = before - positives;
        return (rankSum - positives * (positives + 1) / 2) / (positives * negatives);
    }

    /** The mean negative log-likelihood in nats; probabilities are kept 1e-15 from 0 and 1. */
    public static double logLoss(double[] probabilities, double[] labels) {
        requireSameLength(probabilities, labels);
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            double p = Math.clamp(probabilities[i], LEAST, 1 - LEAST);
            sum -= labels[i] * Math.log(p) + (1 - labels[i]) * Math.log1p(-p);
        }
        return sum / labels.length;
    }

    /** Log loss over the entropy of the base rate: below 1 is better than always saying the base rate (He et al., 2014). */
    public static double normalizedEntropy(double[] probabilities, double[] labels) {
        double rate = Arrays.stream(labels).average().orElse(Double.NaN);
        double entropy = -(rate * Math.log(rate) + (1 - rate) * Math.log1p(-rate));
        return logLoss(probabilities, labels) / entropy;
    }

    /** One bin of a reliability curve: mean prediction, observed rate, and how many cases it holds. */
    public record Bin(double predicted, double observed, int count) {}

    /** The reliability curve over bins of equal width; empty bins are left out. */
    public static List<Bin> reliability(double[] probabilities, double[] labels, int bins) {
        requireSameLength(probabilities, labels);
        double[] predicted = new double[bins];
        double[] observed = new double[bins];
        int[] counts = new int[bins];
        for (int i = 0; i < labels.length; i++) {
            int bin = Math.clamp((int) (probabilities[i] * bins), 0, bins - 1);
            predicted[bin] += probabilities[i];
            observed[bin] += labels[i];
            counts[bin]++;
        }
        var curve = new ArrayList<Bin>();
        for (int b = 0; b < bins; b++) {
            if (counts[b] > 0) {
                curve.add(new Bin(predicted[b] / counts[b], observed[b] / counts[b], counts[b]));
            }
        }
        return curve;
    }

    /** Expected calibration error over 15 bins of equal width (Guo et al., 2017). */
    public static double ece(double[] probabilities, double[] labels) {
        return reliability(probabilities, labels, BINS).stream()
                        .mapToDouble(bin -> bin.count() * Math.abs(bin.predicted() - bin.observed()))
                        .sum()
                / labels.length;
    }

    /**
     * How well calibrated the cases of one group are.
     *
     * @param feature,value what they have in common
     * @param predicted,observed means over the group
     * @param ece the expected calibration error within it
     */
    public record Slice(String feature, String value, int count, double predicted, double observed, double ece) {}

    /** Measures the cases with these indexes, at least one. */
    public static Slice slice(String feature, String value, double[] probabilities, double[] labels, int[] indexes) {
        double[] predicted =
                Arrays.stream(indexes).mapToDouble(i -> probabilities[i]).toArray();
        double[] observed = Arrays.stream(indexes).mapToDouble(i -> labels[i]).toArray();
        return new Slice(
                feature,
                value,
                indexes.length,
                Arrays.stream(predicted).average().orElseThrow(),
                Arrays.stream(observed).average().orElseThrow(),
                ece(predicted, observed));
    }

    /** The indexes of the values in ascending order, equal values in the order of their index. */
    static int[] order(double[] values) {
        Integer[] order = new Integer[values.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(values[a], values[b]));
        return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }

    static void requireSameLength(double[] left, double[] right) {
        if (left.length != right.length) {
            throw new IllegalArgumentException(left.length + " predictions for " + right.length + " outcomes");
        }
    }
}
