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
}
