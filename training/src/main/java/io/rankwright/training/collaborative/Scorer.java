package io.rankwright.training.collaborative;

/**
 * What a method has learnt: how well each item fits a subject of the interactions it learnt from. Any number of threads
 * may ask.
 */
public interface Scorer {
    /**
     * Scores every item for a subject, also those it has taken. Only the order means something.
     *
     * @param scores as long as there are items; overwritten
     */
    void score(int subject, float[] scores);

    /**
     * Scores every item for several subjects; a method that walks through all its factors does so once for all of them.
     *
     * @param scores one row for each subject
     */
    default void score(int[] subjects, float[][] scores) {
        for (int s = 0; s < subjects.length; s++) {
            score(subjects[s], scores[s]);
        }
    }
}
