package io.rankwright.training.collaborative;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.training.Torch;

/**
 * A large symmetric matrix, of which the lower triangle is kept in square blocks: 2 n² bytes. Rows may be set by several
 * threads, each its own; everything else needs the setting to be over.
 */
final class SymmetricMatrix {
    private static final int BLOCK = 512;

    private final int size;
    private final int blocks;
    /** Block (i, j), j ≤ i, row by row. */
    private final float[][][] lower;

    SymmetricMatrix(int size) {
        this.size = size;
        this.blocks = (size + BLOCK - 1) / BLOCK;
        this.lower = new float[blocks][][];
        for (int i = 0; i < blocks; i++) {
            lower[i] = new float[i + 1][];
            for (int j = 0; j <= i; j++) {
                lower[i][j] = new float[extent(i) * extent(j)];
            }
        }
    }

    private int extent(int block) {
        return Math.min(BLOCK, size - block * BLOCK);
    }

    int size() {
        return size;
    }

    /** Sets a row up to its diagonal from the start of {@code values}. */
    void set(int row, float[] values) {
        int i = row / BLOCK;
        for (int j = 0; j <= i; j++) {
            int width = extent(j);
            int length = Math.min(width, row + 1 - j * BLOCK);
            System.arraycopy(values, j * BLOCK, lower[i][j], row % BLOCK * width, length);
        }
    }

    float get(int row, int column) {
        int high = Math.max(row, column);
        int low = Math.min(row, column);
        int j = low / BLOCK;
        return lower[high / BLOCK][j][high % BLOCK * extent(j) + low % BLOCK];
    }

    /** Reads a whole row. */
    void row(int row, float[] values) {
        int i = row / BLOCK;
        int within = row % BLOCK;
        for (int j = 0; j < i; j++) {
            System.arraycopy(lower[i][j], within * BLOCK, values, j * BLOCK, BLOCK);
        }
        for (int column = i * BLOCK; column < Math.min(size, (i + 1) * BLOCK); column++) {
            values[column] = get(row, column);
        }
        for (int j = i + 1; j < blocks; j++) {
            float[] block = lower[j][i];
            for (int r = 0, at = within; r < extent(j); r++, at += BLOCK) {
                values[j * BLOCK + r] = block[at];
            }
        }
    }

    /**
     * Replaces a positive definite matrix by its inverse: the symmetric sweep (Goodnight, 1979), block by block, with the
     * products by PyTorch. Cost: n³ multiplications and additions together.
     */
    void invert(Progress progress) {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
            NDArray[][] swept = new NDArray[blocks][];
            for (int i = 0; i < blocks; i++) {
                swept[i] = new NDArray[i + 1];
                for (int j = 0; j <= i; j++) {
                    // The upper half of a block on the diagonal was never set.
                    swept[i][j] = Torch.array(
                            manager,
                            i == j ? mirrored(lower[i][i], extent(i)) : lower[i][j],
                            new Shape(extent(i), extent(j)));
                    lower[i][j] = new float[0];
                }
            }
            for (int k = 0; k < blocks; k++) {
                sweep(swept, k);
                progress.at(k + 1L, blocks, "blocks");
            }
            for (int i = 0; i < blocks; i++) {
                for (int j = 0; j <= i; j++) {
                    lower[i][j] = swept[i][j].neg().toFloatArray();
                    swept[i][j].close();
                }
            }
        }
    }

    private static float[] mirrored(float[] block, int extent) {
        float[] whole = block.clone();
        for (int r = 0; r < extent; r++) {
            for (int c = r + 1; c < extent; c++) {
                whole[r * extent + c] = block[c * extent + r];
            }
        }
        return whole;
    }

    private void sweep(NDArray[][] swept, int k) {
        NDArray pivot = swept[k][k].inverse();
        NDArray[] columns = new NDArray[blocks];
        NDArray[] scaled = new NDArray[blocks];
        Workers.forEach(blocks, Progress.SILENT, "blocks", () -> i -> {
            if (i != k) {
                columns[i] = i > k
                        ? swept[i][k].duplicate()
                        : swept[k][i].transpose().duplicate();
                scaled[i] = columns[i].matMul(pivot);
            }
        });
        int pairs = blocks * (blocks + 1) / 2;
        Workers.forEach(pairs, Progress.SILENT, "blocks", () -> pair -> {
            int i = (int) ((Math.sqrt(8.0 * pair + 1) - 1) / 2);
            int j = pair - i * (i + 1) / 2;
            if (i != k && j != k) {
                try (NDArray turned = columns[j].transpose();
                        NDArray product = scaled[i].matMul(turned)) {
                    swept[i][j].subi(product);
                }
            }
        });
        for (int i = 0; i < blocks; i++) {
            if (i > k) {
                swept[i][k].close();
                swept[i][k] = scaled[i];
                columns[i].close();
            } else if (i < k) {
                swept[k][i].close();
                swept[k][i] = scaled[i].transpose().duplicate();
                scaled[i].close();
                columns[i].close();
            }
        }
        swept[k][k].close();
        swept[k][k] = pivot.neg();
        pivot.close();
    }
}
