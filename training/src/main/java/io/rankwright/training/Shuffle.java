package io.rankwright.training;

import java.util.Arrays;
import java.util.SplittableRandom;

/** An order of examples that depends on a seed alone. Stateless, safe for any thread. */
final class Shuffle {
    private Shuffle() {}

    /** The numbers below a count, each once (Durstenfeld, 1964). */
    static int[] order(int count, long seed) {
        var random = new SplittableRandom(seed);
        int[] order = new int[count];
        Arrays.setAll(order, i -> i);
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }
}
