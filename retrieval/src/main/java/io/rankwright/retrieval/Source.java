package io.rankwright.retrieval;

import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** One place where candidates come from. Any number of threads may ask. */
public interface Source {
    /** The name under which an answer says where a candidate came from. */
    String name();

    /** The weight of this source where lists are fused. */
    double weight();

    /**
     * Of a source that searches an index for its candidates, which takes far longer than looking them up: how many it names at
     * most. Empty for one that looks them up.
     */
    default OptionalInt searched() {
        return OptionalInt.empty();
    }

    /** The codes of the best candidates, the best first. */
    int[] find(Query query);

    /**
     * Who asks, and what must not come.
     *
     * @param subject the code of the subject, 0 if it is unknown
     * @param sequences the subject's sequences by name, newest last
     * @param allowed whether an item may be in the answer
     */
    record Query(int subject, Map<String, int[]> sequences, long nowMillis, IntPredicate allowed) {}
}
