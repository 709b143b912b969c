package io.rankwright.retrieval.text;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One query as the index understands it.
 *
 * @param text what was asked
 * @param understood the same with words that no item has replaced by some that items have
 * @param words of what was understood, as they stand in the index
 * @param vectors of what was asked, by embedding
 */
public record Asked(String text, String understood, List<String> words, Map<String, float[]> vectors) {
    public Asked {
        words = List.copyOf(words);
        vectors = Map.copyOf(vectors);
    }

    /** What was understood, if it is not what was asked. */
    public Optional<String> corrected() {
        return understood.equals(text) ? Optional.empty() : Optional.of(understood);
    }
}
