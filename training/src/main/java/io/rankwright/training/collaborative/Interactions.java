package io.rankwright.training.collaborative;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Who took what: a matrix of ones, kept row by row. Immutable; its arrays must not be changed.
 *
 * @param items how many items there are; they are numbered from 0
 * @param bySubject for each subject the items taken, ascending, each once
 */
public record Interactions(int items, int[][] bySubject) {
    /** Sorts what each subject took and drops what repeats. */
    public static Interactions of(int items, int[][] bySubject) {
        int[][] sorted = new int[bySubject.length][];
        for (int subject = 0; subject < sorted.length; subject++) {
            sorted[subject] =
                    Arrays.stream(bySubject[subject]).sorted().distinct().toArray();
            int[] taken = sorted[subject];
            if (taken.length > 0 && (taken[0] < 0 || taken[taken.length - 1] >= items)) {
                throw new IllegalArgumentException("subject " + subject + " took an item outside 0 to " + (items - 1));
            }
        }
        return new Interactions(items, sorted);
    }

    public int subjects() {
        return bySubject.length;
    }

    /** How many ones there are. */
    public long pairs() {
        return Arrays.stream(bySubject).mapToLong(taken -> taken.length).sum();
    }

    /** How many subjects took each item. */
    public int[] counts() {
        int[] counts = new int[items];
        for (int[] taken : bySubject) {
            for (int item : taken) {
                counts[item]++;
            }
        }
        return counts;
    }

    /** The same the other way round: for each item the subjects that took it, ascending. */
    public Interactions transposed() {
        int[] counts = counts();
        int[][] takers = new int[items][];
        Arrays.setAll(takers, item -> new int[counts[item]]);
        int[] filled = new int[items];
        for (int subject = 0; subject < bySubject.length; subject++) {
            for (int item : bySubject[subject]) {
                takers[item][filled[item]++] = subject;
            }
        }
        return new Interactions(bySubject.length, takers);
    }

    /** For each subject how much it took, at least 1, to a power. */
    float[] scales(double power) {
        float[] scales = new float[subjects()];
        for (int subject = 0; subject < scales.length; subject++) {
            scales[subject] = (float) Math.pow(Math.max(1, bySubject[subject].length), power);
        }
        return scales;
    }

    /** What is learnt from, and what was held out of it. */
    public record Split(Interactions kept, Interactions heldOut) {}

    /**
     * Holds out pairs at random, a share of each subject's, at least one where a subject has two.
     *
     * @param share between 0 and 1
     */
    public Split split(double share, long seed) {
        var random = new SplittableRandom(seed);
        int[][] kept = new int[bySubject.length][];
        int[][] heldOut = new int[bySubject.length][];
        for (int subject = 0; subject < bySubject.length; subject++) {
            int[] shuffled = bySubject[subject].clone();
            for (int i = shuffled.length - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int swapped = shuffled[i];
                shuffled[i] = shuffled[j];
                shuffled[j] = swapped;
            }
            int size = shuffled.length < 2 ? 0 : Math.max(1, (int) Math.round(share * shuffled.length));
            heldOut[subject] = Arrays.stream(shuffled, 0, size).sorted().toArray();
            kept[subject] =
                    Arrays.stream(shuffled, size, shuffled.length).sorted().toArray();
        }
        return new Split(new Interactions(items, kept), new Interactions(items, heldOut));
    }
}
