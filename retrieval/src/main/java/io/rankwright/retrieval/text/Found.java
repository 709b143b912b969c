package io.rankwright.retrieval.text;

import java.util.Arrays;

/**
 * The candidates of one query, each with where its lists have it. All arrays are parallel; the order is that of the fused
 * list, best first.
 *
 * @param documents their numbers in the state of the index that was searched
 * @param wordPlaces places in the list by words, from 1; 0 if it is not in it
 * @param meaningPlaces places in the list by meaning, likewise
 * @param fused the scores of the fused list
 */
record Found(int[] documents, int[] wordPlaces, int[] meaningPlaces, double[] fused) {
    int size() {
        return documents.length;
    }

    /** The first of them. */
    Found first(int count) {
        int kept = Math.min(count, size());
        return new Found(
                Arrays.copyOf(documents, kept),
                Arrays.copyOf(wordPlaces, kept),
                Arrays.copyOf(meaningPlaces, kept),
                Arrays.copyOf(fused, kept));
    }
}
