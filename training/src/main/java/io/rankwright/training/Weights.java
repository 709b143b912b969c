package io.rankwright.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The dense weights of a network, in the order in which they were added, updated by Adam (Kingma and Ba, 2015). Workers
 * may take copies beside each other; adding and updating is for one thread.
 */
final class Weights {
    private static final double MEAN_DECAY = 0.9;
    private static final double SQUARE_DECAY = 0.999;

    private final SplittableRandom random;
    private final List<float[]> values = new ArrayList<>();
    private final List<Shape> shapes = new ArrayList<>();
    private final List<float[]> means = new ArrayList<>();
    private final List<float[]> squares = new ArrayList<>();
    private int steps;

    Weights(SplittableRandom random) {
        this.random = random;
    }

    /** Adds a matrix that begins with small random values (uniform, as wide as its inputs allow); its place. */
    int matrix(int inputs, int outputs) {
        int place = zeros(inputs, outputs);
        double scale = Math.sqrt(3.0 / inputs);
        float[] matrix = values.get(place);
        for (int i = 0; i < matrix.length; i++) {
            matrix[i] = (float) random.nextDouble(-scale, scale);
        }
        return place;
    }

    /** Adds a matrix of zeros; its place. */
    int zeros(int inputs, int outputs) {
        int size = Math.multiplyExact(inputs, outputs);
        values.add(new float[size]);
        means.add(new float[size]);
        squares.add(new float[size]);
        shapes.add(new Shape(inputs, outputs));
        return values.size() - 1;
    }

    /** The places of a matrix and of what is added to its product. */
    record Dense(int matrix, int bias) {}

    /** Adds a matrix that begins with small random values, and a bias of zeros. */
    Dense dense(int inputs, int outputs) {
        return new Dense(matrix(inputs, outputs), zeros(1, outputs));
    }

    /** Adds layers one upon the other. */
    List<Dense> layers(int inputs, List<Integer> widths) {
        var layers = new ArrayList<Dense>();
        int before = inputs;
        for (int width : widths) {
            layers.add(dense(before, width));
            before = width;
        }
        return layers;
    }

    float[] values(int place) {
        return values.get(place);
    }

    Shape shape(int place) {
        return shapes.get(place);
    }

    /** Copies for one pass forward and backward. */
    NDList arrays(NDManager manager) {
        var arrays = new NDList();
        for (int w = 0; w < values.size(); w++) {
            NDArray array = Torch.array(manager, values.get(w), shapes.get(w));
            array.setRequiresGradient(true);
            arrays.add(array);
        }
        return arrays;
    }

    /** The gradients of the copies after a backward pass. */
    static List<float[]> gradients(NDList arrays) {
        return arrays.stream().map(array -> array.getGradient().toFloatArray()).toList();
    }

    /** Adds gradients of one worker to those of another. */
    static void add(List<float[]> sums, List<float[]> others) {
        for (int w = 0; w < sums.size(); w++) {
            float[] sum = sums.get(w);
            float[] other = others.get(w);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += other[i];
            }
        }
    }

    /** Writes everything that an update depends on. */
    void write(DataOutput out) throws IOException {
        out.writeInt(steps);
        for (List<float[]> all : List.of(values, means, squares)) {
            for (float[] each : all) {
                for (float value : each) {
                    out.writeFloat(value);
                }
            }
        }
    }

    /** Reads what {@link #write} wrote for weights of the same shapes. */
    void read(DataInput in) throws IOException {
        steps = in.readInt();
        for (List<float[]> all : List.of(values, means, squares)) {
            for (float[] each : all) {
                for (int i = 0; i < each.length; i++) {
                    each[i] = in.readFloat();
                }
            }
        }
    }

    /** Moves the weights against their gradients, which are in the order of the weights. */
    void update(List<float[]> gradients, double learningRate) {
        steps++;
        double correction = Math.sqrt(1 - Math.pow(SQUARE_DECAY, steps)) / (1 - Math.pow(MEAN_DECAY, steps));
        float rate = (float) (learningRate * correction);
        for (int w = 0; w < values.size(); w++) {
            step(values.get(w), means.get(w), squares.get(w), gradients.get(w), rate);
        }
    }

    private static void step(float[] values, float[] means, float[] squares, float[] gradients, float rate) {
        for (int i = 0; i < values.length; i++) {
            float gradient = gradients[i];
            means[i] = (float) MEAN_DECAY * means[i] + (float) (1 - MEAN_DECAY) * gradient;
            squares[i] = (float) SQUARE_DECAY * squares[i] + (float) (1 - SQUARE_DECAY) * gradient * gradient;
            values[i] -= rate * means[i] / ((float) Math.sqrt(squares[i]) + 1e-8f);
        }
    }
}
