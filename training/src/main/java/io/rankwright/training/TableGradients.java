package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import io.rankwright.models.EmbeddingTable;
import java.util.LinkedHashMap;
import java.util.Map;

/** The gradients of the rows of several tables in one step. One thread at a time. */
final class TableGradients {
    private final Map<String, RowGradients> rows = new LinkedHashMap<>();

    TableGradients(Map<String, EmbeddingTable> tables) {
        tables.forEach((name, table) -> rows.put(name, new RowGradients(table)));
    }

    void add(String table, int row, float share, float[] gradients, int start) {
        requireNonNull(rows.get(table)).add(row, share, gradients, start);
    }

    /** Adds what another worker has summed, which begins anew. */
    void addAll(TableGradients other) {
        other.rows.forEach((name, gradients) -> {
            requireNonNull(rows.get(name)).addAll(gradients);
            gradients.clear();
        });
    }

    /** Updates the tables, and begins anew. */
    void apply(Map<String, EmbeddingTable> tables, float learningRate, int seen) {
        rows.forEach((name, gradients) -> gradients.apply(requireNonNull(tables.get(name)), learningRate, seen));
    }
}
