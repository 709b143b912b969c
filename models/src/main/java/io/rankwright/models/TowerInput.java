package io.rankwright.models;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * One input of a tower: the mean of some rows of an embedding table, or the vector of a text or an image.
 *
 * @param name {@code id}, or the name of a feature
 * @param kind how it is found
 * @param table the embedding table; inputs with the same table share its rows; of a content the id of the encoder
 * @param columns the entity's column of a category, or those of a content
 * @param dim how many values the vector of a content has; 0 of rows of a table
 */
public record TowerInput(String name, Kind kind, String table, List<String> columns, int dim) {
    public TowerInput {
        columns = List.copyOf(columns);
    }

    /** One made of rows of a table. */
    public TowerInput(String name, Kind kind, String table, List<String> columns) {
        this(name, kind, table, columns, 0);
    }

    /** How an input is found. */
    public enum Kind {
        ID,
        SEQUENCE,
        CATEGORY,
        CATEGORIES,
        /** No rows that learn: a text or an image as a pre-trained encoder has it. */
        CONTENT
    }

    /** Whether it is made of rows of a table, which learn. */
    @JsonIgnore
    public boolean isLearnt() {
        return kind != Kind.CONTENT;
    }

    /**
     * How many values it has.
     *
     * @param embedding the length of a row of a table
     */
    public int width(int embedding) {
        return isLearnt() ? embedding : dim;
    }

    /** How many values several of them have. */
    public static int width(List<TowerInput> inputs, int embedding) {
        return inputs.stream().mapToInt(input -> input.width(embedding)).sum();
    }
}
