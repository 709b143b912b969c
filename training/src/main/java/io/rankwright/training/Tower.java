package io.rankwright.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
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
        this.width = inputs.size() * embedding;
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
        var parts = new NDList(inputs.means());
        for (int s = 0; s < attentions.size(); s++) {
            parts.add(attend(
                    manager,
                    attentions.get(s),
                    inputs.sequences().get(s),
                    inputs.masks().get(s),
                    arrays));
        }
        NDArray joined = parts.size() == 1 ? inputs.means() : NDArrays.concat(parts, 1);
        NDArray active = Activation.relu(joined.matMul(arrays.get(hidden)).add(arrays.get(hiddenBias)));
        NDArray vectors = active.matMul(arrays.get(output)).add(arrays.get(outputBias));
        NDArray lengths = vectors.square()
                .sum(new int[] {1}, true)
                .add(Torch.scalar(manager, 1e-12f))
                .sqrt();
        return vectors.div(lengths);
    }

    private NDArray attend(NDManager manager, Attention block, NDArray sequence, NDArray mask, NDList arrays) {
        NDArray placed = sequence.add(arrays.get(block.positions()).expandDims(0));
        NDArray newest = placed.get(new NDIndex(":, " + (last - 1) + ":" + last + ", :"));
        NDArray query = newest.matMul(arrays.get(block.query()));
        NDArray keys = placed.transpose(0, 2, 1);
        NDArray nowhere = mask.sub(Torch.scalar(manager, 1))
                .mul(Torch.scalar(manager, -NOWHERE))
                .expandDims(1);
        NDArray weighed = query.matMul(keys)
                .mul(Torch.scalar(manager, scale()).expandDims(0))
                .add(nowhere)
                .softmax(2)
                .matMul(placed)
                .matMul(arrays.get(block.value()));
        NDArray attended = newest.add(weighed).squeeze(1);
        NDArray inner =
                Activation.relu(attended.matMul(arrays.get(block.inner())).add(arrays.get(block.innerBias())));
        NDArray outer = attended.add(inner.matMul(arrays.get(block.outer())).add(arrays.get(block.outerBias())));
        return outer.mul(mask.get(new NDIndex(":, " + (last - 1) + ":" + last)));
    }

    private float scale() {
        return (float) (1 / Math.sqrt(embedding));
    }

    /** The network for serving: inputs {@code x} and for each sequence {@code s0}, {@code m0}; output {@code y}. */
    byte[] onnx() {
        var writer = new OnnxWriter("tower");
        var parts = new ArrayList<String>();
        parts.add(writer.input("x", width));
        for (int s = 0; s < attentions.size(); s++) {
            String sequence = writer.input("s" + s, last, embedding);
            String mask = writer.input("m" + s, last);
            parts.add(attend(writer, attentions.get(s), sequence, mask));
        }
        String joined = parts.size() == 1 ? parts.getFirst() : writer.concat(1, parts);
        String active =
                writer.node("Relu", writer.node("Gemm", joined, constant(writer, hidden), bias(writer, hiddenBias)));
        String vectors = writer.node("Gemm", active, constant(writer, output), bias(writer, outputBias));
        return writer.finish(writer.normalised(vectors), dim);
    }

    private String attend(OnnxWriter writer, Attention block, String sequence, String mask) {
        String placed = writer.node("Add", sequence, constant(writer, block.positions()));
        String newest = writer.slice(placed, last - 1, last);
        String query = writer.node("MatMul", newest, constant(writer, block.query()));
        String keys = writer.transposed(placed);
        String nowhere = writer.unsqueezed(
                writer.node(
                        "Mul",
                        writer.node("Sub", mask, writer.constant(new float[] {1}, 1)),
                        writer.constant(new float[] {-NOWHERE}, 1)),
                1);
        String logits =
                writer.node("Mul", writer.node("MatMul", query, keys), writer.constant(new float[] {scale()}, 1));
        String weighed = writer.node(
                "MatMul",
                writer.node("MatMul", writer.softmax(2, writer.node("Add", logits, nowhere)), placed),
                constant(writer, block.value()));
        String attended = writer.squeezed(writer.node("Add", newest, weighed), 1);
        String inner = writer.node(
                "Relu",
                writer.node("Gemm", attended, constant(writer, block.inner()), bias(writer, block.innerBias())));
        String outer = writer.node("Gemm", inner, constant(writer, block.outer()), bias(writer, block.outerBias()));
        return writer.node("Mul", writer.node("Add", attended, outer), writer.slice(mask, last - 1, last));
    }

    private String constant(OnnxWriter writer, int place) {
        return writer.constant(weights.values(place), weights.shape(place).getShape());
    }

    private String bias(OnnxWriter writer, int place) {
        return writer.constant(weights.values(place), weights.values(place).length);
    }
}
