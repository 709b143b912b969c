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
         * Tells how well items go with the newest of a sequence, each item once; of what the model says nothing of it
         * tells nothing, and nothing of the code 0.
         *
         * @param sequence codes, newest last
         * @param last how many of the newest to look at
         */
        void score(int[] sequence, int last, Scores scores);
    }

    /** Told of scored items. */
    interface Scores {
        void score(int code, float score);
    }
}
