package io.rankwright.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.rankwright.models.NetworkInputs;
import io.rankwright.spec.Model;
import io.rankwright.training.Weights.Dense;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A deep and cross network (DCN-V2, parallel; Wang et al., "DCN V2: Improved Deep & Cross Network", 2021) over dense
 * inputs, and over what the item attends to in the subject's sequences (DIN; Zhou et al., "Deep Interest Network for
 * Click-Through Rate Prediction", 2018). Heads share one deep network or mix several by gates (MMoE; Ma et al., "Modeling
 * Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts", 2018).
 */
final class DeepCross {
    private static final int ATTENTION = 16;

    private final NetworkInputs inputs;
    private final int heads;
    private final double dropout;
    /** Where the embedding of the item lies in {@code x}. */
    private final int itemFrom;

    private final int itemTo;
    private final Weights weights;
    private final List<Attention> attentions = new ArrayList<>();
    private final List<Dense> cross = new ArrayList<>();
    private final List<List<Dense>> deep = new ArrayList<>();
    private final List<Dense> gates = new ArrayList<>();
    private final List<Dense> outputs = new ArrayList<>();

    /** The places of what tells how much an item of a sequence matters: from it, from the target, from their product. */
    private record Attention(int sequence, int target, int product, int bias, int output) {}

    /**
     * @param itemFrom,itemTo where the embedding of the item lies in {@code x}, as long as those of the sequences
     */
    DeepCross(NetworkInputs inputs, Model.Dcn settings, int heads, int itemFrom, int itemTo, SplittableRandom random) {
        this.inputs = inputs;
        this.heads = heads;
        this.dropout = settings.dropout();
        this.itemFrom = itemFrom;
        this.itemTo = itemTo;
        this.weights = new Weights(random);
        int width = inputs.width();
        for (NetworkInputs.Attended sequence : inputs.sequences()) {
            attentions.add(new Attention(
                    weights.matrix(sequence.dim(), ATTENTION),
                    weights.matrix(sequence.dim(), ATTENTION),
                    weights.matrix(sequence.dim(), ATTENTION),
                    weights.zeros(1, ATTENTION),
                    weights.matrix(ATTENTION, 1)));
            width += sequence.dim();
        }
        for (int layer = 0; layer < settings.cross(); layer++) {
            // Zeros: the network begins as a linear one beside the deep part, and crosses grow as they help.
            cross.add(new Dense(weights.zeros(width, width), weights.zeros(1, width)));
        }
        int experts = Math.max(1, settings.experts());
        for (int expert = 0; expert < experts; expert++) {
            deep.add(weights.layers(width, settings.deep()));
        }
        int joined = width + settings.deep().getLast();
        if (settings.experts() == 0) {
            outputs.add(weights.dense(joined, heads));
        } else {
            for (int head = 0; head < heads; head++) {
                gates.add(weights.dense(width, experts));
                outputs.add(weights.dense(joined, 1));
            }
        }
    }

    Weights weights() {
        return weights;
    }

    /** The outputs (n, heads) of one pass while training. */
    NDArray forward(
            NDManager manager,
            NDList arrays,
            NDArray x,
            List<NDArray> sequences,
            List<NDArray> masks,
            SplittableRandom random) {
        return forward(new TorchOperators(manager, arrays, random), this::attend, x, sequences, masks);
    }

    /** The network for serving: inputs {@code x} and for each sequence {@code s0}, {@code m0}; output {@code y}. */
    byte[] onnx() {
        return onnx(this::attend);
    }

    /**
     * The same network, with the same inputs, for candidates that share the history of one subject: what the history has to
     * do with an item is one matrix then, and most of the work a product with it. Empty if the network sees no history.
     */
    Optional<byte[]> onnxOfCandidates() {
        return attentions.isEmpty() ? Optional.empty() : Optional.of(onnx(this::attendToOne));
    }

    /** What items make of a sequence. */
    private interface Attending<O extends Operators<T>, T> {
        T attend(O operators, int place, T sequence, T mask, T items);
    }

    private byte[] onnx(Attending<OnnxWriter, String> attending) {
        var writer = new OnnxWriter("dcn", weights);
        String x = writer.input("x", inputs.width());
        var sequences = new ArrayList<String>();
        var masks = new ArrayList<String>();
        for (int s = 0; s < attentions.size(); s++) {
            NetworkInputs.Attended sequence = inputs.sequences().get(s);
            sequences.add(writer.input("s" + s, sequence.last(), sequence.dim()));
            masks.add(writer.input("m" + s, sequence.last()));
        }
        return writer.finish(forward(writer, attending, x, sequences, masks), heads);
    }

    private <O extends Operators<T>, T> T forward(
            O operators, Attending<O, T> attending, T x, List<T> sequences, List<T> masks) {
        var parts = new ArrayList<T>(List.of(x));
        T items = attentions.isEmpty() ? x : operators.slice(x, itemFrom, itemTo);
        for (int s = 0; s < attentions.size(); s++) {
            parts.add(attending.attend(operators, s, sequences.get(s), masks.get(s), items));
        }
        T start = operators.concat(parts);
        T crossed = start;
        for (Dense layer : cross) {
            T weighed = operators.dense(crossed, layer);
            crossed = operators.add(operators.multiply(start, weighed), crossed);
        }
        var experts = new ArrayList<T>();
        for (List<Dense> layers : deep) {
            experts.add(operators.layers(start, layers, dropout));
        }
        if (gates.isEmpty()) {
            return operators.dense(operators.concat(List.of(crossed, experts.getFirst())), outputs.getFirst());
        }
        var found = new ArrayList<T>();
        for (int head = 0; head < heads; head++) {
            T shares = operators.softmax(operators.dense(start, gates.get(head)), 1);
            T mixed = operators.multiply(experts.getFirst(), operators.slice(shares, 0, 1));
            for (int expert = 1; expert < experts.size(); expert++) {
                mixed = operators.add(
                        mixed, operators.multiply(experts.get(expert), operators.slice(shares, expert, expert + 1)));
            }
            found.add(operators.dense(operators.concat(List.of(crossed, mixed)), outputs.get(head)));
        }
        return operators.concat(found);
    }

    /** The sum over a sequence, each item by how much it matters for the target. */
    private <T> T attend(Operators<T> operators, int place, T sequence, T mask, T items) {
        Attention block = attentions.get(place);
        T target = operators.unsqueeze(items, 1);
        T hidden = operators.relu(operators.add(
                operators.add(
                        operators.matMul(sequence, operators.weight(block.sequence())),
                        operators.matMul(operators.multiply(sequence, target), operators.weight(block.product()))),
                operators.add(
                        operators.matMul(target, operators.weight(block.target())), operators.weight(block.bias()))));
        T shares = operators.multiply(
                operators.sigmoid(operators.matMul(hidden, operators.weight(block.output()))),
                operators.unsqueeze(mask, 2));
        T sum = operators.squeeze(operators.sum(operators.multiply(sequence, shares), 1), 1);
        return operators.multiply(sum, operators.number(scale()));
    }

    /**
     * The same for one sequence that all items share. With {@code h} an item of it and {@code t} the target, what {@link
     * #attend} rectifies is linear in {@code t}: its matrix is {@code diag(h) · product + target}, and what is added to it
     * {@code h · sequence + bias}; those of all {@code h} stand side by side.
     */
    private String attendToOne(OnnxWriter writer, int place, String values, String mask, String items) {
        Attention block = attentions.get(place);
        NetworkInputs.Attended sequence = inputs.sequences().get(place);
        long wide = (long) sequence.last() * ATTENTION;
        String history = writer.reshape(values, sequence.last(), sequence.dim());
        String products = writer.multiply(
                writer.unsqueeze(writer.transpose(history, 1, 0), 2),
                writer.unsqueeze(writer.weight(block.product()), 1));
        String matrix = writer.reshape(
                writer.add(products, writer.unsqueeze(writer.weight(block.target()), 1)), sequence.dim(), wide);
        String added = writer.reshape(
                writer.affine(history, writer.weight(block.sequence()), writer.weight(block.bias())), 1, wide);
        String hidden = writer.reshape(writer.relu(writer.affine(items, matrix, added)), -1, ATTENTION);
        String matters = writer.sigmoid(writer.matMul(hidden, writer.weight(block.output())));
        String shares = writer.multiply(writer.reshape(matters, -1, sequence.last()), mask);
        return writer.multiply(writer.matMul(shares, history), writer.number(scale()));
    }

    private float scale() {
        return (float) (1 / Math.sqrt(inputs.sequences().getFirst().last()));
    }
}
