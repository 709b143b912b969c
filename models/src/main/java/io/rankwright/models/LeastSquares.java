package io.rankwright.models;

import java.util.Arrays;

/**
 * One small least-squares problem after the other: collects the normal equations of a vector and solves them by
 * Cholesky's method. Only the lower triangle is kept. One thread at a time.
 */
public final class LeastSquares {
    private static final int PANEL = 4;

    private final int dim;
    private final float[][] lower;
    private final float[] right;
    private final float[][] columns;

    public LeastSquares(int dim) {
        this(new float[dim][dim]);
    }

    /** @param lower the lower triangle of a matrix, which is worked on in place */
    LeastSquares(float[][] lower) {
        this.dim = lower.length;
        this.lower = lower;
        this.right = new float[dim];
        this.columns = new float[PANEL][dim];
    }

    /** Begins with a matrix and a weight on its diagonal. */
    public void start(float[][] matrix, float diagonal) {
        for (int i = 0; i < dim; i++) {
            System.arraycopy(matrix[i], 0, lower[i], 0, i + 1);
            lower[i][i] += diagonal;
            right[i] = 0;
        }
    }

    /**
     * Adds the outer products of vectors to the matrix and the vectors to the right side, each times its weight; four at
     * a time.
     *
     * @param chosen which vectors
     * @param weights of those, one each
     */
    public void add(float[][] vectors, int[] chosen, float[] weights) {
        int c = 0;
        for (; c + PANEL <= chosen.length; c += PANEL) {
            float[] v0 = vectors[chosen[c]];
            float[] v1 = vectors[chosen[c + 1]];
            float[] v2 = vectors[chosen[c + 2]];
            float[] v3 = vectors[chosen[c + 3]];
            for (int i = 0; i < dim; i++) {
                float a0 = weights[c] * v0[i];
                float a1 = weights[c + 1] * v1[i];
                float a2 = weights[c + 2] * v2[i];
                float a3 = weights[c + 3] * v3[i];
                addFour(lower[i], i + 1, v0, v1, v2, v3, a0, a1, a2, a3);
                right[i] += a0 + a1 + a2 + a3;
            }
        }
        for (; c < chosen.length; c++) {
            float[] vector = vectors[chosen[c]];
            for (int i = 0; i < dim; i++) {
                float factor = weights[c] * vector[i];
                addOne(lower[i], i + 1, vector, factor);
                right[i] += factor;
            }
        }
    }

    /** Adds the outer products of all vectors to the matrix, and the vectors to the right side. */
    public void add(float[][] vectors) {
        int[] all = new int[vectors.length];
        Arrays.setAll(all, i -> i);
        float[] ones = new float[vectors.length];
        Arrays.fill(ones, 1);
        add(vectors, all, ones);
    }

    private static void addFour(
            float[] row,
            int length,
            float[] v0,
            float[] v1,
            float[] v2,
            float[] v3,
            float a0,
            float a1,
            float a2,
            float a3) {
        for (int j = 0; j < length; j++) {
            row[j] = Math.fma(a3, v3[j], Math.fma(a2, v2[j], Math.fma(a1, v1[j], Math.fma(a0, v0[j], row[j]))));
        }
    }

    private static void addOne(float[] row, int length, float[] vector, float factor) {
        for (int j = 0; j < length; j++) {
            row[j] = Math.fma(factor, vector[j], row[j]);
        }
    }

    /** The collected matrix times a factor, its lower triangle. */
    public float[][] scaled(float factor) {
        float[][] scaled = new float[dim][dim];
        for (int i = 0; i < dim; i++) {
            for (int j = 0; j <= i; j++) {
                scaled[i][j] = factor * lower[i][j];
            }
        }
        return scaled;
    }

    /** Solves what was collected, which must be positive definite; destroys it. */
    public void solve(float[] solution) {
        factorise();
        whiten(right);
        back(right);
        System.arraycopy(right, 0, solution, 0, dim);
    }

    /** Solves with the transposed factor alone, in place. */
    public void back(float[] vector) {
        for (int i = dim - 1; i >= 0; i--) {
            float[] row = lower[i];
            float value = vector[i] / row[i];
            vector[i] = value;
            for (int j = 0; j < i; j++) {
                vector[j] = Math.fma(-value, row[j], vector[j]);
            }
        }
    }

    /** Solves with the factor alone, in place: vectors whose outer products were summed become orthonormal columns. */
    public void whiten(float[] vector) {
        for (int i = 0; i < dim; i++) {
            float[] row = lower[i];
            vector[i] = (vector[i] - Vectors.dot(row, 0, vector, 0, i)) / row[i];
        }
    }

    /** Four columns at a time, so that the rest of the triangle is walked a quarter as often. */
    public void factorise() {
        int k = 0;
        for (; k + PANEL <= dim; k += PANEL) {
            for (int p = k; p < k + PANEL; p++) {
                float pivot = (float) Math.sqrt(lower[p][p]);
                lower[p][p] = pivot;
                for (int i = p + 1; i < dim; i++) {
                    float value = lower[i][p] / pivot;
                    lower[i][p] = value;
                    columns[p - k][i] = value;
                }
                for (int i = p + 1; i < dim; i++) {
                    for (int j = p + 1; j < Math.min(i + 1, k + PANEL); j++) {
                        lower[i][j] -= columns[p - k][i] * columns[p - k][j];
                    }
                }
            }
            for (int i = k + PANEL; i < dim; i++) {
                float[] row = lower[i];
                subtractFour(row, k + PANEL, i + 1, columns, row[k], row[k + 1], row[k + 2], row[k + 3]);
            }
        }
        for (; k < dim; k++) {
            float pivot = (float) Math.sqrt(lower[k][k]);
            lower[k][k] = pivot;
            for (int i = k + 1; i < dim; i++) {
                lower[i][k] /= pivot;
                for (int j = k + 1; j <= i; j++) {
                    lower[i][j] -= lower[i][k] * lower[j][k];
                }
            }
        }
    }

    private static void subtractFour(
            float[] row, int from, int to, float[][] columns, float a0, float a1, float a2, float a3) {
        float[] c0 = columns[0];
        float[] c1 = columns[1];
        float[] c2 = columns[2];
        float[] c3 = columns[3];
        for (int j = from; j < to; j++) {
            row[j] = Math.fma(-a3, c3[j], Math.fma(-a2, c2[j], Math.fma(-a1, c1[j], Math.fma(-a0, c0[j], row[j]))));
        }
    }
}
