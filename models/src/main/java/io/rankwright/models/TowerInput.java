package io.rankwright.models;

/**
 * One input of a tower: it looks up rows of an embedding table and takes their mean.
 *
 * @param name {@code id}, or the name of a feature
 * @param kind how its ids are found
 * @param table the embedding table; inputs with the same table share its rows
 * @param column the entity's column of a category
 */
public record TowerInput(String name, Kind kind, String table, String column) {
    /** How the ids of an input are found. */
    public enum Kind {
        ID,
        SEQUENCE,
        CATEGORY,
        CATEGORIES
    }
}
