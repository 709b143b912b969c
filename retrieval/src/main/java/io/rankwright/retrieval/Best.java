package io.rankwright.retrieval;

import java.util.Arrays;

/**
 * Keeps the k best of a stream of scored codes in a heap of primitives; equal scores in the order of the code. One
 * thread at a time.
 */
final class Best {
    private final int[] codes;
    private final double[] scores;
    private int size;

    Best(int k) {
        codes = new int[k];
        scores = new double[k];
    }

    void offer(int code, double score) {
        if (size < codes.length) {
            codes[size] = code;
            scores[size] = score;
            size++;
            for (int i = size - 1; i > 0 && isWorse(i, (i - 1) / 2); i = (i - 1) / 2) {
                swap(i, (i - 1) / 2);
            }
        } else if (size > 0 && (score > scores[0] || (score == scores[0] && code < codes[0]))) {
            codes[0] = code;
            scores[0] = score;
            sink(0, size);
        }
    }

    private boolean isWorse(int a, int b) {
        return scores[a] < scores[b] || (scores[a] == scores[b] && codes[a] > codes[b]);
    }

    private void sink(int from, int length) {
        int i = from;
        while (2 * i + 1 < length) {
            int child = 2 * i + 1;
            if (child + 1 < length && isWorse(child + 1, child)) {
                child++;
            }
            if (!isWorse(child, i)) {
                return;
            }
            swap(i, child);
            i = child;
        }
    }

    private void swap(int a, int b) {
        int code = codes[a];
        codes[a] = codes[b];
        codes[b] = code;
        double score = scores[a];
        scores[a] = scores[b];
        scores[b] = score;
    }

    /** The codes, the best first. Empties the heap. */
    int[] codes() {
        int count = size;
        for (int end = size - 1; end > 0; end--) {
            swap(0, end);
            sink(0, end);
        }
        size = 0;
        return Arrays.copyOf(codes, count);
    }
}
