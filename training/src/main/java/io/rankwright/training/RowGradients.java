package io.rankwright.training;

import io.rankwright.models.EmbeddingTable;
import java.util.Arrays;

/**
 * The gradients of the rows of one table in one step, each row summed once, in the order in which rows first came. Adding
 * costs what the row costs, whatever the size of the table. One thread at a time.
 */
final class RowGradients {
    private final int dim;
    /** For each row of the table its place here (+1), 0 if it has none. */
    private int[] places;

    private int[] rows = new int[256];
    private float[] sums;
    private int size;

    RowGradients(EmbeddingTable table) {
        this.dim = table.dim();
        this.places = new int[table.size()];
        this.sums = new float[rows.length * dim];
    }

    void add(int row, float share, float[] gradients, int start) {
        int at = place(row) * dim;
        for (int d = 0; d < dim; d++) {
            sums[at + d] = Math.fma(share, gradients[start + d], sums[at + d]);
        }
    }

    private int place(int row) {
        if (row >= places.length) {
            places = Arrays.copyOf(places, Math.max(row + 1, 2 * places.length));
        }
        if (places[row] == 0) {
            if (size == rows.length) {
                rows = Arrays.copyOf(rows, 2 * size);
                sums = Arrays.copyOf(sums, 2 * size * dim);
            }
            rows[size++] = row;
            places[row] = size;
        }
        return places[row] - 1;
    }

    /** Adds what another worker has summed. */
    void addAll(RowGradients other) {
        for (int i = 0; i < other.size; i++) {
            add(other.rows[i], 1, other.sums, i * dim);
        }
    }

    /** Updates the table, and begins anew. */
    void apply(EmbeddingTable table, float learningRate, int seen) {
        for (int i = 0; i < size; i++) {
            table.update(rows[i], sums, i * dim, learningRate, seen);
        }
        clear();
    }

    void clear() {
        for (int i = 0; i < size; i++) {
            places[rows[i]] = 0;
        }
        Arrays.fill(sums, 0, size * dim, 0);
        size = 0;
    }
}
