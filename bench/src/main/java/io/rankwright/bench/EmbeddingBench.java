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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Whether a training step costs what its batch costs, however large the table: gather the rows of 1,024 pairs, pass
 * forward and backward through a small network with PyTorch, apply the gradients to the rows. The tables take turns in
 * one run, and beside them the same networks with the table as a parameter of PyTorch. Then the gather of the rows of one
 * request: 500 candidates with 30 ids each, beside a plain copy of as many bytes.
 */
final class EmbeddingBench {
    private static final int DIM = 64;
    private static final int BATCH = 1024;
    private static final int STEPS = 100;
    private static final int ROUNDS = 7;
    private static final int[] SIZES = {10_000, 200_000, 2_000_000, 10_000_000};

    /** Tables that are parameters of PyTorch are held four times: values, gradients, and Adam's two moments. */
    private static final int[] PLAIN_SIZES = {200_000, 2_000_000};

    private static final int PLAIN_STEPS = 5;
    private static final int REQUEST_ROWS = 500 * 30;
    private static final int[] REQUEST_DIMS = {16, DIM};
    /** The first half is for the compiler. */
    private static final int REQUESTS = 2000;

    private EmbeddingBench() {}

    /** A network over the embeddings of pairs. */
    private abstract static class Net {
        /** Two towers of one layer, each pair against all others of the batch. */
        static final Net TWO_TOWER = new Net("two-tower", new int[][] {{DIM, DIM}, {DIM, DIM}}) {
            @Override
            NDArray loss(NDManager manager, NDArray left, NDArray right, NDList weights) {
                NDArray logits = Activation.relu(left.matMul(weights.get(0)))
                        .matMul(Activation.relu(right.matMul(weights.get(1))).transpose());
                return logits.logSoftmax(1).mul(manager.eye(BATCH)).sum();
            }
        };
        /** Three full crosses beside two deep layers (DCN-V2, parallel), log loss against all ones. */
        static final Net DCN =
                new Net("dcn", new int[][] {
                    {2 * DIM, 2 * DIM},
                    {2 * DIM, 2 * DIM},
                    {2 * DIM, 2 * DIM},
                    {2 * DIM, 256},
                    {256, 128},
                    {2 * DIM + 128, 1}
                }) {
                    @Override
                    NDArray loss(NDManager manager, NDArray left, NDArray right, NDList weights) {
                        NDArray start = left.concat(right, 1);
                        NDArray crossed = start;
                        for (int layer = 0; layer < 3; layer++) {
                            crossed = start.mul(crossed.matMul(weights.get(layer)))
                                    .add(crossed);
                        }
                        NDArray deep = Activation.relu(start.matMul(weights.get(3)));
                        deep = Activation.relu(deep.matMul(weights.get(4)));
                        NDArray output = crossed.concat(deep, 1).matMul(weights.get(5));
                        return Activation.softPlus(output).sub(output).sum();
                    }
                };

        private final String name;
        private final int[][] shapes;

        private Net(String name, int[][] shapes) {
            this.name = name;
            this.shapes = shapes;
        }

        abstract NDArray loss(NDManager manager, NDArray left, NDArray right, NDList weights);

        float[][] weights() {
            var random = new SplittableRandom(1);
            float[][] weights = new float[shapes.length][];
            for (int w = 0; w < weights.length; w++) {
                weights[w] = new float[shapes[w][0] * shapes[w][1]];
                for (int i = 0; i < weights[w].length; i++) {
                    weights[w][i] = (float) random.nextDouble(-0.1, 0.1);
                }
            }
            return weights;
        }

        NDList arrays(NDManager manager, float[][] weights) {
            var arrays = new NDList();
            for (int w = 0; w < weights.length; w++) {
                arrays.add(learning(manager, weights[w], shapes[w][0], shapes[w][1]));
            }
            return arrays;
        }
    }

    static void run() {
        for (int dim : REQUEST_DIMS) {
            gathers(dim);
        }
        EmbeddingTable[] tables = tables(DIM);
        for (Net net : List.of(Net.TWO_TOWER, Net.DCN)) {
            steps(net, tables);
        }
    }

    private static EmbeddingTable[] tables(int dim) {
        var tables = new EmbeddingTable[SIZES.length];
        for (int t = 0; t < SIZES.length; t++) {
            tables[t] = EmbeddingTable.create(dim, 64, 7);
            for (int id = 0; id < SIZES[t]; id++) {
                tables[t].add(id);
            }
        }
        return tables;
    }

    private static void gathers(int dim) {
        EmbeddingTable[] tables = tables(dim);
        double[][] seconds = new double[SIZES.length][REQUESTS];
        double[] copies = new double[REQUESTS];
        float[] from = new float[REQUEST_ROWS * dim];
        float[] to = new float[REQUEST_ROWS * dim];
        for (int round = 0; round < copies.length; round++) {
            for (int t = 0; t < SIZES.length; t++) {
                seconds[t][round] = gathered(tables[t], SIZES[t], new SplittableRandom(round), to);
            }
            long start = System.nanoTime();
            System.arraycopy(from, 0, to, 0, to.length);
            copies[round] = (System.nanoTime() - start) / 1e9;
        }
        System.out.printf(
                "%ngather of 500 x 30 rows of %d; a copy of as many bytes: %.0f µs%n",
                dim, 1e6 * medianOfLastHalf(copies));
        for (int t = 0; t < SIZES.length; t++) {
            System.out.printf("%,11d rows %10.0f µs%n", SIZES[t], 1e6 * medianOfLastHalf(seconds[t]));
        }
    }

    private static void steps(Net net, EmbeddingTable[] tables) {
        float[][] weights = net.weights();
        double[][] steps = new double[SIZES.length][ROUNDS];
        double[][] rowsOnly = new double[SIZES.length][ROUNDS];
        double[][] plain = new double[PLAIN_SIZES.length][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int t = 0; t < SIZES.length; t++) {
                var random = new SplittableRandom(round);
                steps[t][round] = timed(Optional.of(net), tables[t], SIZES[t], random, weights);
                rowsOnly[t][round] = timed(Optional.empty(), tables[t], SIZES[t], random, weights);
            }
            for (int t = 0; t < PLAIN_SIZES.length; t++) {
                plain[t][round] = plain(net, PLAIN_SIZES[t], new SplittableRandom(round), weights);
            }
        }
        System.out.printf("%n%s: a step of %,d pairs%n", net.name, BATCH);
        System.out.printf(
                "%11s %16s %18s %18s %18s%n",
                "rows", "pairs/s", "of 10,000 rows", "rows alone, µs", "beside plain DJL");
        double base = median(steps[0]);
        for (int t = 0; t < SIZES.length; t++) {
            double step = median(steps[t]);
            int at = Arrays.binarySearch(PLAIN_SIZES, SIZES[t]);
            System.out.printf(
                    "%,11d %16s %17.2f× %18.0f %18s%n",
                    SIZES[t],
                    String.format(Locale.ROOT, "%,.0f", BATCH / step),
                    base / step,
                    1e6 * median(rowsOnly[t]),
                    at < 0 ? "" : String.format(Locale.ROOT, "%.1f×", median(plain[at]) / step));
        }
    }

    private static double medianOfLastHalf(double[] values) {
        return median(Arrays.copyOfRange(values, values.length / 2, values.length));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Seconds a step; without a network the rows are gathered and updated only. */
    private static double timed(
            Optional<Net> net, EmbeddingTable table, int size, SplittableRandom random, float[][] weights) {
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
            if (net.isPresent()) {
                Torch.recordGradients();
                try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
                    NDArray leftInput = learning(manager, left, BATCH, DIM);
                    NDArray rightInput = learning(manager, right, BATCH, DIM);
                    NDList dense = net.get().arrays(manager, weights);
                    Torch.backward(net.get().loss(manager, leftInput, rightInput, dense));
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

    private static NDArray learning(NDManager manager, float[] values, int rows, int columns) {
        NDArray array = Torch.array(manager, values, new Shape(rows, columns));
        array.setRequiresGradient(true);
        return array;
    }

    /** Seconds to read the rows of one request. */
    private static double gathered(EmbeddingTable table, int size, SplittableRandom random, float[] out) {
        int[] rows = new int[REQUEST_ROWS];
        // A request's candidates share most of their categories: a tenth of its rows are its own.
        for (int i = 0; i < rows.length; i++) {
            rows[i] = table.row(i % 10 == 0 ? random.nextInt(size) : random.nextInt(Math.min(size, 5_000)));
        }
        long start = System.nanoTime();
        for (int i = 0; i < rows.length; i++) {
            table.read(rows[i], out, i * table.dim());
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /** Seconds a step of the same network with the table as a parameter: DJL's embedding operator and its Adam. */
    private static double plain(Net net, int size, SplittableRandom random, float[][] weights) {
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
                    NDArray left = embedded(inner, table, size, random);
                    NDArray right = embedded(inner, table, size, random);
                    Torch.backward(net.loss(inner, left, right, net.arrays(inner, weights)));
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
