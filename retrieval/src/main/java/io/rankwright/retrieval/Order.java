package io.rankwright.retrieval;

import java.util.Arrays;

/** The order of what is ranked, without an object for each of them. Stateless. */
public final class Order {
    private Order() {}

    /**
     * The places of scores, the greatest first, equal ones by their codes.
     *
     * @param codes as many as scores
     */
    public static int[] descending(double[] scores, int[] codes) {
        long[] keys = new long[scores.length];
        for (int i = 0; i < keys.length; i++) {
            int bits = Float.floatToIntBits((float) scores[i]);
            int ascending = bits ^ (bits >> 31 & Integer.MAX_VALUE);
            keys[i] = (long) ~ascending << 32 | i;
        }
        Arrays.sort(keys);
        int[] places = new int[keys.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = (int) keys[i];
        }
        // Numbers sort faster than comparisons do, but floats hold less than doubles: what they cannot tell apart
        // stands together.
        for (int i = 1; i < places.length; i++) {
            int place = places[i];
            int to = i;
            while (to > 0 && isBefore(place, places[to - 1], scores, codes)) {
                places[to] = places[to - 1];
                to--;
            }
            places[to] = place;
        }
        return places;
    }

    private static boolean isBefore(int place, int other, double[] scores, int[] codes) {
        // Both zeros are the same score.
        int compared = Double.compare(scores[place] + 0.0, scores[other] + 0.0);
        return compared == 0 ? codes[place] < codes[other] : compared > 0;
    }
}
