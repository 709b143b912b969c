package io.rankwright.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Activation;
import java.util.List;
import java.util.SplittableRandom;

/** Networks for PyTorch, one pass. One thread at a time. */
final class TorchOperators implements Operators<NDArray> {
    private final NDManager manager;
    private final NDList weights;
    private final SplittableRandom random;

    /**
     * @param weights copies for this pass
     * @param random for what is left out
     */
    TorchOperators(NDManager manager, NDList weights, SplittableRandom random) {
        this.manager = manager;
        this.weights = weights;
        this.random = random;
    }

    @Override
    public NDArray weight(int place) {
        return weights.get(place);
    }

    @Override
    public NDArray number(float value) {
        return Torch.scalar(manager, value);
    }

    @Override
    public NDArray add(NDArray left, NDArray right) {
        return left.add(right);
    }

    @Override
    public NDArray subtract(NDArray left, NDArray right) {
        return left.sub(right);
    }

    @Override
    public NDArray multiply(NDArray left, NDArray right) {
        return left.mul(right);
    }

    @Override
    public NDArray matMul(NDArray left, NDArray right) {
        return left.matMul(right);
    }

    @Override
    public NDArray relu(NDArray input) {
        return Activation.relu(input);
    }

    @Override
    public NDArray sigmoid(NDArray input) {
        return Activation.sigmoid(input);
    }

    @Override
    public NDArray softmax(NDArray input, int axis) {
        return input.softmax(axis);
    }

    @Override
    public NDArray concat(List<NDArray> inputs) {
        return inputs.size() == 1 ? inputs.getFirst() : NDArrays.concat(new NDList(inputs), 1);
    }

    @Override
    public NDArray slice(NDArray input, int from, int to) {
        return input.get(new NDIndex(":, " + from + ":" + to));
    }

    @Override
    public NDArray sum(NDArray input, int axis) {
        return input.sum(new int[] {axis}, true);
    }

    @Override
    public NDArray max(NDArray input, int axis) {
        return input.max(new int[] {axis}, true);
    }

    @Override
    public NDArray transpose(NDArray input) {
        return input.transpose(0, 2, 1);
    }

    @Override
    public NDArray squeeze(NDArray input, int axis) {
        return input.squeeze(axis);
    }

    @Override
    public NDArray unsqueeze(NDArray input, int axis) {
        return input.expandDims(axis);
    }

    @Override
    public NDArray normalise(NDArray input) {
        return input.div(sum(input.square(), 1).add(number(1e-12f)).sqrt());
    }

    @Override
    public NDArray dropout(NDArray input, double share) {
        if (share == 0) {
            return input;
        }
        float[] kept = new float[Math.toIntExact(input.size())];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = random.nextDouble() < share ? 0 : (float) (1 / (1 - share));
        }
        return input.mul(Torch.array(manager, kept, input.getShape()));
    }
}
