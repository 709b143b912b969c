package io.rankwright.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rankwright.models.TowerBatch;
import io.rankwright.models.TowerInput;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The dense part of a tower: for each sequence one block of attention in which the newest item asks those before it (Kang
 * and McAuley, 2018), then two dense layers over that and the means of all inputs, the output scaled to length 1. The
 * same network for PyTorch, which trains it, and for ONNX, which serves it.
 */
final class Tower {
    private static final int HIDDEN = 128;
    /** Added to the logit of a place without an item. */
    private static final float NOWHERE = -1e4f;

    private final int embedding;
    private final int last;
    private final int dim;
    private final int width;
    private final Weights weights;
    private final List<Attention> attentions = new ArrayList<>();
    private final int hidden;
    private final int hiddenBias;
    private final int output;
    private final int outputBias;

    /**
     * The places of the weights of one block of attention. One matrix stands for the product of those of query and key,
     * and values are weighed before they are transformed: the same function, and no product over all places.
     */
    private record Attention(int positions, int query, int value, int inner, int innerBias, int outer, int outerBias) {}

    Tower(List<TowerInput> inputs, int embedding, int last, int dim, SplittableRandom random) {
        this.embedding = embedding;
        this.last = last;
        this.dim = dim;
        this.weights = new Weights(random);
        int sequences = 0;
        for (TowerInput input : inputs) {
            if (input.kind() == TowerInput.Kind.SEQUENCE) {
                sequences++;
                attentions.add(new Attention(
                        weights.zeros(last, embedding),
                        weights.matrix(embedding, embedding),
                        weights.matrix(embedding, embedding),
                        weights.matrix(embedding, embedding),
                        weights.zeros(1, embedding),
                        weights.matrix(embedding, embedding),
                        weights.zeros(1, embedding)));
            }
        }
        this.width = TowerInput.width(inputs, embedding);
        this.hidden = weights.matrix(width + sequences * embedding, HIDDEN);
        this.hiddenBias = weights.zeros(1, HIDDEN);
        this.output = weights.matrix(HIDDEN, dim);
        this.outputBias = weights.zeros(1, dim);
    }

    Weights weights() {
        return weights;
    }

    /** The dense inputs of a batch as arrays, ready to give gradients. */
    record Inputs(NDArray means, List<NDArray> sequences, List<NDArray> masks) {}

    Inputs inputs(NDManager manager, TowerBatch batch, int size) {
        NDArray means = Torch.array(manager, batch.means(), new Shape(size, width));
        means.setRequiresGradient(true);
        var sequences = new ArrayList<NDArray>();
        var masks = new ArrayList<NDArray>();
        for (int s = 0; s < batch.sequences(); s++) {
            NDArray sequence = Torch.array(manager, batch.sequence(s), new Shape(size, last, embedding));
            sequence.setRequiresGradient(true);
            sequences.add(sequence);
            masks.add(Torch.array(manager, batch.mask(s), new Shape(size, last)));
        }
        return new Inputs(means, sequences, masks);
    }

    /** The vectors of a batch. */
    NDArray forward(NDManager manager, Inputs inputs, NDList arrays) {
        return forward(
                new TorchOperators(manager, arrays, new SplittableRandom(0)),
                inputs.means(),
                inputs.sequences(),
                inputs.masks());
    }

    /** The network for serving: inputs {@code x} and for each sequence {@code s0}, {@code m0}; output {@code y}. */
    byte[] onnx() {
        var writer = new OnnxWriter("tower", weights);
        String means = writer.input("x", width);
        var sequences = new ArrayList<String>();
        var masks = new ArrayList<String>();
        for (int s = 0; s < attentions.size(); s++) {
            sequences.add(writer.input("s" + s, last, embedding));
            masks.add(writer.input("m" + s, last));
        }
        return writer.finish(forward(writer, means, sequences, masks), dim);
    }

    private <T> T forward(Operators<T> operators, T means, List<T> sequences, List<T> masks) {
        var parts = new ArrayList<T>(List.of(means));
        for (int s = 0; s < attentions.size(); s++) {
            parts.add(attend(operators, attentions.get(s), sequences.get(s), masks.get(s)));
        }
        T active = operators.relu(operators.dense(operators.concat(parts), hidden, hiddenBias));
        return operators.normalise(operators.dense(active, output, outputBias));
    }

    private <T> T attend(Operators<T> operators, Attention block, T sequence, T mask) {
        T placed = operators.add(sequence, operators.weight(block.positions()));
        T newest = operators.slice(placed, last - 1, last);
        T query = operators.matMul(newest, operators.weight(block.query()));
        T logits = operators.multiply(operators.matMul(query, operators.transpose(placed)), operators.number((float)
                (1 / Math.sqrt(embedding))));
        T nowhere = operators.multiply(operators.subtract(mask, operators.number(1)), operators.number(-NOWHERE));
        T attention = operators.softmax(operators.add(logits, operators.unsqueeze(nowhere, 1)), 2);
        T weighed = operators.matMul(operators.matMul(attention, placed), operators.weight(block.value()));
        T attended = operators.squeeze(operators.add(newest, weighed), 1);
        T inner = operators.relu(operators.dense(attended, block.inner(), block.innerBias()));
        T outer = operators.add(attended, operators.dense(inner, block.outer(), block.outerBias()));
        return operators.multiply(outer, operators.slice(mask, last - 1, last));
    }
}
