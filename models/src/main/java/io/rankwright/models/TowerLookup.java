package io.rankwright.models;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import java.util.Arrays;
import java.util.Map;

/**
 * Finds the rows of an embedding table for one input of a tower: the same way while the tower learns and while it serves.
 * A missing value has a row of its own; a text that the vocabulary does not know gets a cold row by its hash. Any number
 * of threads, as long as the table is not written.
 */
public final class TowerLookup implements TowerSource {
    /** The id of the row that stands for a missing value. */
    public static final long MISSING = 0;

    private final TowerInput input;
    private final EntityTable entities;
    private final Dictionary.Domain domain;
    private final Vocabulary vocabulary;
    private final EmbeddingTable table;
    private final int place;
    private final boolean isDerived;
    /**
     * The row (+1) of each code, 0 where it was not asked for yet. A code's row never changes, so threads that do not see
     * each other's entries only look it up again.
     */
    private int[] known = new int[1024];

    /**
     * @param entity whose tower it is
     * @param item the entity that sequences are made of
     */
    public TowerLookup(
            TowerInput input, EventLog log, String entity, String item, Vocabulary vocabulary, EmbeddingTable table) {
        this.input = input;
        this.entities = log.table(entity);
        this.vocabulary = vocabulary;
        this.table = table;
        String column = input.columns().isEmpty() ? "" : input.columns().getFirst();
        this.place = column.isEmpty() ? -1 : entities.place(column);
        this.isDerived = !column.isEmpty()
                && entities.contract().column(column).orElseThrow().derived().isPresent();
        this.domain = switch (input.kind()) {
            case ID -> log.dictionary().domain(Dictionary.idsOf(entity));
            case SEQUENCE -> log.dictionary().domain(Dictionary.idsOf(item));
            case CATEGORY, CATEGORIES -> entities.domain(column);
            case CONTENT -> throw new IllegalArgumentException("the content " + input.name() + " has no rows");
        };
    }

    @Override
    public TowerInput input() {
        return input;
    }

    public EmbeddingTable table() {
        return table;
    }

    @Override
    public void fill(TowerBatch batch, int row, int place, int code, Map<String, int[]> sequences) {
        batch.set(row, place, rows(code, sequences), table);
    }

    /** The rows for an entity now; for a sequence those of its items, oldest first. */
    private int[] rows(int code, Map<String, int[]> sequences) {
        return switch (input.kind()) {
            case ID -> new int[] {row(code)};
            case CATEGORY -> new int[] {row(entities.code(place, code))};
            case CATEGORIES -> rows(entities.list(place, code));
            case SEQUENCE -> rows(sequences.getOrDefault(input.name(), new int[0]));
            case CONTENT -> throw new IllegalStateException("a content has no rows");
        };
    }

    private int[] rows(int[] codes) {
        int[] rows = new int[codes.length];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = row(codes[i]);
        }
        return rows;
    }

    private int row(int code) {
        int[] rows = known;
        if (code < rows.length && rows[code] != 0) {
            return rows[code] - 1;
        }
        int row = found(code);
        if (code >= rows.length) {
            rows = Arrays.copyOf(rows, Math.max(code + 1, 2 * rows.length));
        }
        rows[code] = row + 1;
        known = rows;
        return row;
    }

    private int found(int code) {
        String text = text(code);
        if (text.isEmpty()) {
            return table.row(MISSING);
        }
        int index = vocabulary.index(text);
        return index == 0 ? table.coldRow(hash(text)) : table.row(index);
    }

    /** The cold row that an entity would have if it were unknown. */
    public int coldRow(int code) {
        return table.coldRow(hash(text(code)));
    }

    private String text(int code) {
        if (isDerived) {
            return code == 0 ? "" : Integer.toString(code - 1);
        }
        return domain.text(code);
    }

    /** FNV-1a over 64 bits (Fowler, Noll and Vo). */
    private static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
