package io.rankwright.spec;

import java.util.List;
import java.util.Optional;

/** Step 4 of a search: one feature of an item, of a query, or of the two together. Immutable. */
public sealed interface SearchFeature {
    String name();

    Location location();

    /** Whether it is a number that a ranker can look at. */
    default boolean isInput() {
        return switch (this) {
            case Text _, Embedding _, Category _ -> false;
            case Amount _, Words _, Bm25 _, Closeness _, Overlap _, Phrases _, Place _, Clicked _ -> true;
        };
    }

    /** Columns of the item as one text whose words are indexed. */
    record Text(String name, Location location, List<String> columns) implements SearchFeature {
        public Text {
            columns = List.copyOf(columns);
        }
    }

    /**
     * Columns of the item as one vector.
     *
     * @param askedBy what makes vectors of words in the space of an encoder of images; empty if images alone can be asked
     */
    record Embedding(String name, Location location, List<String> columns, Encoder encoder, Optional<Encoder> askedBy)
            implements SearchFeature {
        /** What makes the vector of words that are asked; empty if there is nothing. */
        public Optional<Encoder> ofWords() {
            return encoder.isOfImages() ? askedBy : Optional.of(encoder);
        }

        public Embedding {
            columns = List.copyOf(columns);
        }
    }

    /** A category of the item. */
    record Category(String name, Location location, String column) implements SearchFeature {}

    /** A number of the item. */
    record Amount(String name, Location location, String column) implements SearchFeature {}

    /**
     * How many words there are.
     *
     * @param text the text feature of the item, or the query's own name for what was asked
     */
    record Words(String name, Location location, String text) implements SearchFeature {}

    /** The BM25 score of the query in one text. */
    record Bm25(String name, Location location, String text) implements SearchFeature {}

    /** The cosine between what was asked and an embedding. */
    record Closeness(String name, Location location, String embedding) implements SearchFeature {}

    /** The share of the query's words that a text has, each counted by how rare it is. */
    record Overlap(String name, Location location, String text) implements SearchFeature {}

    /** The share of the query's pairs of neighbouring words that are neighbours in a text. */
    record Phrases(String name, Location location, String text) implements SearchFeature {}

    /** One over the place in the list of a source: {@code bm25}, {@code dense} or {@code fused}. */
    record Place(String name, Location location, String source) implements SearchFeature {}

    /** How much more often the item is clicked for this query than others at its places, by a click model. */
    record Clicked(String name, Location location) implements SearchFeature {}
}
