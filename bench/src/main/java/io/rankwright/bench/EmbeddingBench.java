package io.rankwright.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.rankwright.models.EmbeddingTable;
import io.rankwright.training.Torch;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Whether a training step costs what its batch costs, however large the table: gather the rows of 1,024 pairs, pass
 * forward and backward through two small towers with PyTorch, apply the gradients to the rows. The tables take turns in
 * one run. Beside it the gather of the rows of one request: 500 candidates with 30 ids each.
 */
final class EmbeddingBench {
    private static final int DIM = 64;
    private static final int BATCH = 1024;
    private static final int STEPS = 100;
    private static final int ROUNDS = 7;
    private static final int[] SIZES = {10_000, 200_000, 2_000_000, 10_000_000};

    /** Tables that are parameters of PyTorch are held whole three times: values, gradients, moments twice. */
    private static final int[] PLAIN_SIZES = {200_000, 2_000_000};

    private static final int PLAIN_STEPS = 5;

    private EmbeddingBench() {}

    static void run() {
        var tables = new EmbeddingTable[SIZES.length];
        for (int t = 0; t < SIZES.length; t++) {
            long start = System.nanoTime();
            tables[t] = EmbeddingTable.create(DIM, 64, 7);
            for (int id = 0; id < SIZES[t]; id++) {
                tables[t].add(id);
            }
            System.out.printf("%,11d rows made in %.1f s%n", SIZES[t], (System.nanoTime() - start) / 1e9);
        }
        var weights = weights();
        double[][] steps = new double[SIZES.length][ROUNDS];
        double[][] rowsOnly = new double[SIZES.length][ROUNDS];
        double[][] gathers = new double[SIZES.length][ROUNDS];
        double[][] plain = new double[PLAIN_SIZES.length][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int t = 0; t < SIZES.length; t++) {
                var random = new SplittableRandom(round);
                steps[t][round] = timed(tables[t], SIZES[t], random, weights);
                rowsOnly[t][round] = timed(tables[t], SIZES[t], random, new float[0][]);
                gathers[t][round] = gathered(tables[t], SIZES[t], random);
            }
            for (int t = 0; t < PLAIN_SIZES.length; t++) {
                plain[t][round] = plain(PLAIN_SIZES[t], new SplittableRandom(round), weights);
            }
        }
        System.out.printf(
                "%n%11s %16s %18s %18s %24s%n",
                "rows", "pairs/s", "of 10,000 rows", "rows alone, µs", "gather 500 × 30, µs");
        double base = median(steps[0]);
        for (int t = 0; t < SIZES.length; t++) {
            System.out.printf(
                    "%,11d %,16.0f %17.2f× %18.0f %24.0f%n",
                    SIZES[t],
                    BATCH / median(steps[t]),
                    base / median(steps[t]),
                    1e6 * median(rowsOnly[t]),
                    1e6 * median(gathers[t]));
        }
        for (int t = 0; t < PLAIN_SIZES.length; t++) {
            double ours = BATCH / median(steps[Arrays.binarySearch(SIZES, PLAIN_SIZES[t])]);
            double theirs = BATCH / median(plain[t]);
            System.out.printf(
                    "%,11d rows, embedding in PyTorch through DJL, Adam: %,.0f pairs/s; ours %.1f times that%n",
                    PLAIN_SIZES[t], theirs, ours / theirs);
        }
    }

    private static float[][] weights() {
        var random = new SplittableRandom(1);
        float[][] weights = new float[2][DIM * DIM];
        for (float[] each : weights) {
            for (int i = 0; i < each.length; i++) {
                each[i] = (float) random.nextDouble(-0.1, 0.1);
            }
        }
        return weights;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Seconds a step; without weights the rows are gathered and updated only. */
    private static double timed(EmbeddingTable table, int size, SplittableRandom random, float[][] weights) {
        float[] left = new float[BATCH * DIM];
        float[] right = new float[BATCH * DIM];
        int[] leftRows = new int[BATCH];
        int[] rightRows = new int[BATCH];
        long start = System.nanoTime();
        for (int step = 0; step < STEPS; step++) {
            for (int i = 0; i < BATCH; i++) {
                leftRows[i] = table.row(random.nextInt(size));
                rightRows[i] = table.row(random.nextInt(size));
                table.read(leftRows[i], left, i * DIM);
                table.read(rightRows[i], right, i * DIM);
            }
            float[] leftGradients = left;
            float[] rightGradients = right;
            if (weights.length > 0) {
                Torch.recordGradients();
                try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
                    NDArray leftInput = input(manager, left, BATCH);
                    NDArray rightInput = input(manager, right, BATCH);
                    var dense = new NDList(input(manager, weights[0], DIM), input(manager, weights[1], DIM));
                    NDArray logits = Activation.relu(leftInput.matMul(dense.get(0)))
                            .matMul(Activation.relu(rightInput.matMul(dense.get(1)))
                                    .transpose());
                    Torch.backward(logits.logSoftmax(1).mul(manager.eye(BATCH)).sum());
                    leftGradients = leftInput.getGradient().toFloatArray();
                    rightGradients = rightInput.getGradient().toFloatArray();
                }
            }
            for (int i = 0; i < BATCH; i++) {
                table.update(leftRows[i], leftGradients, i * DIM, 0.01f, step);
                table.update(rightRows[i], rightGradients, i * DIM, 0.01f, step);
            }
        }
        return (System.nanoTime() - start) / 1e9 / STEPS;
    }

    private static NDArray input(NDManager manager, float[] values, int rows) {
        NDArray array = Torch.array(manager, values, new Shape(rows, DIM));
        array.setRequiresGradient(true);
        return array;
    }

    /** Seconds to read the rows of one request. */
    private static double gathered(EmbeddingTable table, int size, SplittableRandom random) {
        int[] rows = new int[500 * 30];
        float[] out = new float[rows.length * DIM];
        // A request's candidates share most of their categories: a tenth of its rows are its own.
        for (int i = 0; i < rows.length; i++) {
            rows[i] = table.row(i % 10 == 0 ? random.nextInt(size) : random.nextInt(Math.min(size, 5_000)));
        }
        long start = System.nanoTime();
        for (int i = 0; i < rows.length; i++) {
            table.read(rows[i], out, i * DIM);
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** Seconds a step of the same towers with the table as a parameter: DJL's embedding operator and its Adam. */
    private static double plain(int size, SplittableRandom random, float[][] weights) {
        Torch.recordGradients();
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
            NDArray table = manager.randomUniform(-0.1f, 0.1f, new Shape(size, DIM));
            table.setRequiresGradient(true);
            Optimizer adam = Optimizer.adam()
                    .optLearningRateTracker(Tracker.fixed(0.01f))
                    .build();
            long start = System.nanoTime();
            for (int step = 0; step < PLAIN_STEPS; step++) {
                try (NDManager inner = manager.newSubManager()) {
                    NDArray leftInput = embedded(inner, table, size, random);
                    NDArray rightInput = embedded(inner, table, size, random);
                    NDArray logits = Activation.relu(leftInput.matMul(input(inner, weights[0], DIM)))
                            .matMul(Activation.relu(rightInput.matMul(input(inner, weights[1], DIM)))
                                    .transpose());
                    Torch.backward(logits.logSoftmax(1).mul(inner.eye(BATCH)).sum());
                    NDArray gradient = table.getGradient();
                    adam.update("table", table, gradient);
                    gradient.subi(gradient);
                    gradient.close();
                }
            }
            return (System.nanoTime() - start) / 1e9 / PLAIN_STEPS;
        }
    }

    private static NDArray embedded(NDManager manager, NDArray table, int size, SplittableRandom random) {
        long[] ids = new long[BATCH];
        for (int i = 0; i < BATCH; i++) {
            ids[i] = random.nextInt(size);
        }
        return table.getNDArrayInternal()
                .embedding(manager.create(ids), table, SparseFormat.DENSE)
                .singletonOrThrow();
    }
}
