package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a source must look like: its columns with type, range and null rule, and for events the identity and the time.
 * A row that breaks its contract goes to quarantine. Immutable.
 *
 * @param name the event or entity
 * @param file where the contract stands
 * @param columns in the order of the file
 * @param id the columns that together identify an event (empty for an entity)
 * @param time the column of the event's time (empty for an entity)
 */
public record Contract(String name, Path file, List<Column> columns, List<String> id, Optional<String> time) {
    public Contract {
        requireNonNull(name, "name");
        requireNonNull(file, "file");
        columns = List.copyOf(columns);
        id = List.copyOf(id);
    }

    /** What a column holds. */
    public enum Type {
        /** The id of an entity, a text. */
        ID,
        /** A list of ids. */
        IDS,
        /** One of a set of texts that is not known beforehand. */
        CATEGORY,
        /** A list of categories. */
        CATEGORIES,
        /** A number. */
        NUMBER,
        /** A moment, held as milliseconds since 1970. */
        TIME,
        /** A calendar day, held as milliseconds from 1970 to its start in UTC. */
        DATE,
        /** A text for people, of which searches and scores make words and vectors, and towers of a feed vectors. */
        TEXT,
        /** An image: its file beneath the data root or a data URI in a source, its hash once it is taken. */
        IMAGE
    }

    /**
     * One column.
     *
     * @param entity of which entity an ID or IDS column is
     * @param min the least allowed value; for TIME and DATE in milliseconds; negative infinity if unbounded
     * @param max the greatest allowed value; positive infinity if unbounded
     * @param isNullable whether an empty field is allowed
     * @param separator what stands between the members of a list
     * @param isInSeconds whether a TIME column counts seconds instead of milliseconds
     * @param derived the formula of a column that no source holds: a number or, for CATEGORY, a whole number
     */
    public record Column(
            String name,
            Type type,
            Optional<String> entity,
            double min,
            double max,
            boolean isNullable,
            String separator,
            boolean isInSeconds,
            Optional<Expression> derived) {
        /** Whether the column is held as one number. */
        public boolean isNumber() {
            return type == Type.NUMBER || type == Type.TIME || type == Type.DATE;
        }

        /** Whether the column is held as several codes. */
        public boolean isList() {
            return type == Type.IDS || type == Type.CATEGORIES;
        }
    }

    /** The columns that a source holds: all but the derived ones. */
    public List<Column> sourceColumns() {
        return columns.stream().filter(column -> column.derived().isEmpty()).toList();
    }

    /** The column of this name. */
    public Optional<Column> column(String columnName) {
        return columns.stream()
                .filter(column -> column.name().equals(columnName))
                .findFirst();
    }

    /** The first ID column that holds ids of this entity. */
    public Optional<Column> columnOf(String entity) {
        return columns.stream()
                .filter(column -> column.type() == Type.ID && column.entity().equals(Optional.of(entity)))
                .findFirst();
    }
}
