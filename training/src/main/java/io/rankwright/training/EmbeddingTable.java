package io.rankwright.training;

import java.util.SplittableRandom;

/**
 * Rows of an embedding while they are learnt: flat arrays, updated in place by row-wise Adagrad (one state a row, Duchi
 * et al., 2011). A step costs as much as the rows it touches, whatever the size of the table. One thread at a time.
 */
final class EmbeddingTable {
    private final int dim;
    private final float[] rows;
    private final float[] state;

    EmbeddingTable(int size, int dim, SplittableRandom random) {
        this.dim = dim;
        this.rows = new float[Math.multiplyExact(size, dim)];
        this.state = new float[size];
        float scale = (float) (1 / Math.sqrt(dim));
        // Row 0 stands for everything unknown and starts at nothing.
        for (int i = dim; i < rows.length; i++) {
            rows[i] = (float) random.nextDouble(-scale, scale);
        }
    }

    float[] rows() {
        return rows;
    }

    /** Adds a share of a row to {@code out} at {@code start}. */
    void gather(int row, float share, float[] out, int start) {
        int from = row * dim;
        for (int d = 0; d < dim; d++) {
            out[start + d] += share * rows[from + d];
        }
    }

    /** Moves a row against its gradient, which lies in {@code gradients} at {@code start} and counts {@code share}. */
    void update(int row, float share, float[] gradients, int start, float learningRate) {
        float square = 0;
        for (int d = 0; d < dim; d++) {
            float gradient = share * gradients[start + d];
            square += gradient * gradient;
        }
        state[row] += square / dim;
        float step = (float) (learningRate * share / (Math.sqrt(state[row]) + 1e-8));
        int from = row * dim;
        for (int d = 0; d < dim; d++) {
            rows[from + d] -= step * gradients[start + d];
        }
    }
}
