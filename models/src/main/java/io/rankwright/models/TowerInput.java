package io.rankwright.models;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.rankwright.spec.Encoder;
import java.util.List;

/**
 * One input of a tower: the mean of some rows of an embedding table, or the vector of a text.
 *
 * @param name {@code id}, or the name of a feature
 * @param kind how it is found
 * @param table the embedding table; inputs with the same table share its rows; of a text the encoder
 * @param columns the entity's column of a category, or those of a text
 */
public record TowerInput(String name, Kind kind, String table, List<String> columns) {
    public TowerInput {
        columns = List.copyOf(columns);
    }

    /** How an input is found. */
    public enum Kind {
        ID,
        SEQUENCE,
        CATEGORY,
        CATEGORIES,
        /** No rows that learn: a text as a pre-trained encoder has it. */
        TEXT
    }

    /** Whether it is made of rows of a table, which learn. */
    @JsonIgnore
    public boolean isLearnt() {
        return kind != Kind.TEXT;
    }

    /** What encodes the text of an input. */
    @JsonIgnore
    public Encoder encoder() {
        return Encoder.of(table).orElseThrow();
    }

    /**
     * How many values it has.
     *
     * @param embedding the length of a row of a table
     */
    public int width(int embedding) {
        return isLearnt() ? embedding : encoder().dim();
    }

    /** How many values several of them have. */
    public static int width(List<TowerInput> inputs, int embedding) {
        return inputs.stream().mapToInt(input -> input.width(embedding)).sum();
    }
}
