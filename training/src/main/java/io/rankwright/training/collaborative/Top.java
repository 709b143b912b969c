package io.rankwright.training.collaborative;

import java.util.Arrays;

/** Picks the items with the greatest scores. Stateless, safe for any thread. */
public final class Top {
    private Top() {}

    /**
     * The items with the greatest scores, the greatest first; equal scores in the order of the items.
     *
     * @param scores by item; those left out become negative infinity
     * @param leftOut items that must not be picked
     */
    public static int[] of(float[] scores, int[] leftOut, int size) {
        for (int item : leftOut) {
            scores[item] = Float.NEGATIVE_INFINITY;
        }
        // Sorting pairs packed into longs: the score's bits in an order that agrees with its value, then the item.
        long[] best = new long[Math.min(size, scores.length)];
        int filled = 0;
        for (int item = 0; item < scores.length; item++) {
            if (scores[item] == Float.NEGATIVE_INFINITY) {
                continue;
            }
            long packed = packed(scores[item], item);
            if (filled < best.length) {
                best[filled++] = packed;
                if (filled == best.length) {
                    Arrays.sort(best);
                }
            } else if (filled > 0 && packed > best[0]) {
                int place = -Arrays.binarySearch(best, packed) - 2;
                System.arraycopy(best, 1, best, 0, place);
                best[place] = packed;
            }
        }
        if (filled < best.length) {
            Arrays.sort(best, 0, filled);
        }
        int[] items = new int[filled];
        for (int i = 0; i < filled; i++) {
            items[i] = (int) ~best[filled - 1 - i];
        }
        return items;
    }

    private static long packed(float score, int item) {
        int bits = Float.floatToIntBits(score);
        int ordered = bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
        return ((long) ordered << 32) | (~item & 0xFFFFFFFFL);
    }
}
