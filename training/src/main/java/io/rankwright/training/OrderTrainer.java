package io.rankwright.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rankwright.models.NetworkInputs;
import io.rankwright.models.RowNetworks;
import io.rankwright.training.BoostedTrainer.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Trains a network that orders the rows of a query: deep layers beside a linear one over the quantiles of its numbers, by
 * the cross entropy between the grades of all rows of a query and the softmax of their scores (ListNet; Cao et al.,
 * "Learning to Rank: From Pairwise Approach to Listwise Approach", 2007), on the calling thread. The same rows and seed give
 * the same bytes.
 *
 * @param deep the widths of the layers, at least one
 * @param epochs passes over the queries
 * @param learningRate the step, which falls to zero
 * @param seed of the weights and of the order of the queries
 */
public record OrderTrainer(List<Integer> deep, int epochs, double learningRate, long seed) {
    private static final int QUERIES_A_STEP = 16;
    /** What a row that only fills up a query has for a score: no share of the softmax. */
    private static final float NEVER = -1e9f;

    private static final double DROPOUT = 0.1;

    public OrderTrainer {
        deep = List.copyOf(deep);
    }

    /**
     * Learns an order from grades.
     *
     * @param groups how many rows of each query follow each other; queries without a grade above 0 teach nothing
     */
    public byte[] order(Rows rows, int[] groups) {
        var inputs = new NetworkInputs(
                IntStream.range(0, rows.columns())
                        .mapToObj(column -> Quantiles.of(rows.rows(), rows.columns(), column))
                        .toList(),
                List.of(),
                List.of());
        var network = new Layers(inputs.width(), deep, new SplittableRandom(seed));
        List<Query> queries = queries(rows, groups);
        int steps = epochs * Math.ceilDiv(queries.size(), QUERIES_A_STEP);
        int step = 0;
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[] order = Shuffle.order(queries.size(), seed + 1_000_003L * epoch);
            for (int from = 0; from < order.length; from += QUERIES_A_STEP) {
                List<Query> together = Arrays.stream(order, from, Math.min(order.length, from + QUERIES_A_STEP))
                        .mapToObj(queries::get)
                        .toList();
                network.weights.update(
                        gradients(network, inputs, rows, together, new SplittableRandom(seed ^ (31L * step))),
                        learningRate * (1 - (double) step / steps));
                step++;
            }
        }
        return RowNetworks.bytes(inputs, network.onnx(inputs.width()));
    }

    /** The rows of one query, some of them graded. */
    private record Query(int from, int size, float grades) {}

    private static List<Query> queries(Rows rows, int[] groups) {
        var queries = new ArrayList<Query>();
        int from = 0;
        for (int size : groups) {
            float grades = 0;
            for (int i = from; i < from + size; i++) {
                grades += rows.labels()[i];
            }
            if (grades > 0) {
                queries.add(new Query(from, size, grades));
            }
            from += size;
        }
        return queries;
    }

    /** One pass forward and backward over some queries, each filled up to the length of the longest. */
    private static List<float[]> gradients(
            Layers network, NetworkInputs inputs, Rows rows, List<Query> queries, SplittableRandom random) {
        int longest = queries.stream().mapToInt(Query::size).max().orElseThrow();
        NetworkInputs.Batch batch = inputs.batch(queries.size() * longest, List.of());
        float[] grades = new float[batch.size()];
        float[] fill = new float[batch.size()];
        float[] nothing = new float[rows.columns()];
        Arrays.fill(nothing, Float.NaN);
        for (int q = 0; q < queries.size(); q++) {
            Query query = queries.get(q);
            for (int i = 0; i < longest; i++) {
                int place = q * longest + i;
                if (i < query.size()) {
                    int row = query.from() + i;
                    batch.set(place, rows.rows(), row * rows.columns());
                    grades[place] = rows.labels()[row] / query.grades() / queries.size();
                } else {
                    batch.set(place, nothing, 0);
                    fill[place] = NEVER;
                }
            }
        }
        Torch.recordGradients();
        try (NDManager manager = Torch.manager(TrainingRun.Device.CPU)) {
            NDArray x = Torch.array(manager, batch.x(), new Shape(batch.size(), inputs.width()));
            NDList arrays = network.weights.arrays(manager);
            NDArray scores = network.forward(new TorchOperators(manager, arrays, random), x);
            var shape = new Shape(queries.size(), longest);
            NDArray shares =
                    scores.reshape(shape).add(Torch.array(manager, fill, shape)).logSoftmax(1);
            Torch.backward(shares.mul(Torch.array(manager, grades, shape)).sum().neg());
            return Weights.gradients(arrays);
        }
    }

    /** The network: its layers, and the row itself beside what comes of them. */
    private static final class Layers {
        private final Weights weights;
        private final List<Weights.Dense> layers;
        private final Weights.Dense output;

        Layers(int width, List<Integer> deep, SplittableRandom random) {
            this.weights = new Weights(random);
            this.layers = weights.layers(width, deep);
            this.output = weights.dense(width + deep.getLast(), 1);
        }

        private <T> T forward(Operators<T> operators, T x) {
            T value = operators.layers(x, layers, DROPOUT);
            return operators.dense(operators.concat(List.of(x, value)), output);
        }

        byte[] onnx(int width) {
            var writer = new OnnxWriter("order", weights);
            return writer.finish(forward(writer, writer.input("x", width)), 1);
        }
    }
}
