package io.rankwright.models;

import io.rankwright.log.Dictionary;

/**
 * What is learnt from who took what: scores items by what a subject took lately, whoever the subject is. Immutable, safe
 * for any thread.
 */
public sealed interface CollaborativeModel permits ItemNeighbours, ItemFactors {
    /** Reads what {@link #artefact()} gave. */
    static CollaborativeModel of(Artefact artefact) {
        return artefact.has(ItemFactors.PART) ? ItemFactors.of(artefact) : ItemNeighbours.of(artefact);
    }

    /** The file of this model. */
    Artefact artefact();

    /** The model in the codes of a log, as they are now. */
    Bound bind(Dictionary.Domain ids);

    /** A model in the codes of a log. Any number of threads. */
    interface Bound {
        /**
         * Adds to each item how well it goes with the newest of a sequence; what the model says nothing of stays as it
         * is, and nothing is said for the code 0.
         *
         * @param sequence codes, newest last
         * @param last how many of the newest to look at
         * @param scores by code; must reach to {@link #capacity()}
         */
        void score(int[] sequence, int last, float[] scores);

        /** One more than the greatest code that {@link #score} writes. */
        int capacity();
    }
}
