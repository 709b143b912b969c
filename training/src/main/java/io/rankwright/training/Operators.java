package io.rankwright.training;

import java.util.List;

/**
 * What networks are made of, so that each is written once: as PyTorch, which trains it ({@link TorchOperators}), and as
 * ONNX, which serves it ({@link OnnxWriter}). The first axis is that of the examples. One thread at a time.
 *
 * @param <T> what stands for a tensor
 */
interface Operators<T> {
    /** Weights, by their place. */
    T weight(int place);

    /** One number, which any tensor can be combined with. */
    T number(float value);

    T add(T left, T right);

    T subtract(T left, T right);

    /** Value by value. */
    T multiply(T left, T right);

    T matMul(T left, T right);

    T relu(T input);

    T sigmoid(T input);

    T softmax(T input, int axis);

    /** Joined along axis 1. */
    T concat(List<T> inputs);

    /** The part of axis 1 from {@code from} to {@code to}. */
    T slice(T input, int from, int to);

    /** The sum along an axis, which stays with length 1. */
    T sum(T input, int axis);

    /** The greatest value along an axis, which stays with length 1. */
    T max(T input, int axis);

    /** Swaps the last two axes of three. */
    T transpose(T input);

    T squeeze(T input, int axis);

    T unsqueeze(T input, int axis);

    /** Rows scaled to length 1. */
    T normalise(T input);

    /** Leaves a share of the values out and scales the others up, while training; nothing while serving. */
    T dropout(T input, double share);

    default T dense(T input, Weights.Dense layer) {
        return dense(input, layer.matrix(), layer.bias());
    }

    /** Layers one upon the other, of each what is positive. */
    default T layers(T input, List<Weights.Dense> layers, double dropout) {
        T value = input;
        for (Weights.Dense layer : layers) {
            value = dropout(relu(dense(value, layer)), dropout);
        }
        return value;
    }

    /** {@code input · weights + bias}. */
    default T dense(T input, int weights, int bias) {
        return add(matMul(input, weight(weights)), weight(bias));
    }
}
