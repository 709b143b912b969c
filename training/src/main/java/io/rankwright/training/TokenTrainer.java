package io.rankwright.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rankwright.log.Progress;
import io.rankwright.models.EmbeddingTable;
import io.rankwright.models.TokenBatch;
import io.rankwright.models.TokenNetwork;
import io.rankwright.models.Tokens;
import io.rankwright.spec.ScoreApplication.TokenReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Trains a {@link TokenNetwork}: a token is what the encoder says of it and a vector of its own, which is learnt; a text is
 * the mean of its tokens, their greatest values, and for each label what that label attends to (attention over words as in
 * Yang et al., "Hierarchical Attention Networks for Document Classification", 2016). The encoder stays as it is. By the cross
 * entropy of each label, on one worker; the same texts and seed give the same bytes.
 */
public final class TokenTrainer {
    private static final String TABLE = "tokens";
    private static final int BATCH = 32;
    /** Tokens begin nearly without a vector of their own. */
    private static final float BEGIN = 0.02f;

    private static final double ROW_RATE = 0.02;
    /** What is taken from the attention of a place without a token. */
    private static final float NOWHERE = 1e4f;

    private final TokenReader settings;
    private final List<Tokens> tokens;
    private final double[][] targets;
    private final TrainingRun run;
    private final int dim;
    private final Layers layers;

    /**
     * @param tokens of each text
     * @param targets for each label what is learnt of each text, from 0 to 1
     */
    public TokenTrainer(TokenReader settings, List<Tokens> tokens, double[][] targets, long seed) {
        this.settings = settings;
        this.tokens = tokens;
        this.targets = targets;
        this.run = new TrainingRun(seed, 1, TrainingRun.Device.CPU);
        this.dim = tokens.getFirst().dim();
        this.layers = new Layers(dim, settings, targets.length, new SplittableRandom(seed));
    }

    /**
     * Learns, from the last checkpoint if there is one.
     *
     * @param chosen the texts to learn from
     * @param checkpoints a folder for this training alone; empty in the end
     */
    public TokenNetwork.Parts train(int[] chosen, Path checkpoints, Progress progress) {
        var checkpoint = new Checkpoint(checkpoints);
        EmbeddingTable table =
                checkpoint.table(TABLE).orElseGet(() -> EmbeddingTable.create(settings.dim(), 1, run.seed(), BEGIN));
        for (int text : chosen) {
            Arrays.stream(tokens.get(text).ids()).limit(TokenNetwork.LONGEST).forEach(table::add);
        }
        new TrainingLoop(run, checkpoint, Map.of(TABLE, table), List.of(layers.weights))
                .learn(
                        chosen.length,
                        settings.epochs(),
                        BATCH,
                        List.of(new Worker(chosen, table)),
                        (worker, step, done) -> {
                            double rate = 1 - done;
                            layers.weights.update(worker.gradients, settings.learningRate() * rate);
                            worker.rows.apply(table, (float) (ROW_RATE * rate), step);
                        },
                        progress,
                        "texts");
        return TokenNetwork.Parts.of(layers.onnx(TokenNetwork.LONGEST), table);
    }

    private final class Worker implements TrainingLoop.Worker<Worker> {
        private final int[] texts;
        private final EmbeddingTable table;
        private final RowGradients rows;
        private List<float[]> gradients = List.of();

        Worker(int[] texts, EmbeddingTable table) {
            this.texts = texts;
            this.table = table;
            this.rows = new RowGradients(table);
        }

        @Override
        public void pass(int[] chosen, int batchSize, SplittableRandom random) {
            int longest = 1;
            for (int example : chosen) {
                longest = Math.max(longest, tokens.get(texts[example]).size());
            }
            longest = Math.min(longest, TokenNetwork.LONGEST);
            var batch = new TokenBatch(chosen.length, longest, dim, settings.dim());
            float[] wanted = new float[chosen.length * targets.length];
            for (int i = 0; i < chosen.length; i++) {
                batch.set(i, tokens.get(texts[chosen[i]]), table);
                for (int l = 0; l < targets.length; l++) {
                    wanted[i * targets.length + l] = (float) targets[l][texts[chosen[i]]];
                }
            }
            Torch.recordGradients();
            try (NDManager manager = Torch.manager(run.device())) {
                NDArray states = Torch.array(manager, batch.states(), new Shape(chosen.length, longest, dim));
                NDArray vectors = Torch.array(manager, batch.own(), new Shape(chosen.length, longest, settings.dim()));
                vectors.setRequiresGradient(true);
                NDArray mask = Torch.array(manager, batch.mask(), new Shape(chosen.length, longest, 1));
                NDList weights = layers.weights.arrays(manager);
                NDArray logits = layers.forward(new TorchOperators(manager, weights, random), states, vectors, mask);
                NDArray targetArray = Torch.array(manager, wanted, new Shape(chosen.length, targets.length));
                // log(1 + exp(z)) - t z, so that no great z overflows.
                NDArray soft =
                        logits.abs().neg().exp().add(Torch.scalar(manager, 1)).log();
                NDArray loss = logits.maximum(Torch.scalar(manager, 0))
                        .add(soft)
                        .sub(logits.mul(targetArray))
                        .sum()
                        .div(Torch.scalar(manager, batchSize));
                Torch.backward(loss);
                gradients = Weights.gradients(weights);
                spread(chosen, longest, vectors.getGradient().toFloatArray());
            }
        }

        private void spread(int[] chosen, int longest, float[] ofVectors) {
            for (int i = 0; i < chosen.length; i++) {
                long[] ids = tokens.get(texts[chosen[i]]).ids();
                for (int t = 0; t < Math.min(longest, ids.length); t++) {
                    rows.add(table.row(ids[t]), 1, ofVectors, (i * longest + t) * settings.dim());
                }
            }
        }

        @Override
        public void addAll(Worker other) {
            throw new IllegalStateException("one worker alone");
        }
    }

    /** The network: written once, for PyTorch and for ONNX. */
    private static final class Layers {
        private final Weights weights;
        private final Weights.Dense token;
        private final Weights.Dense attention;
        private final Weights.Dense hidden;
        private final Weights.Dense output;
        private final int dim;
        private final int own;
        private final int labels;
        private final double dropout;

        Layers(int dim, TokenReader settings, int labels, SplittableRandom random) {
            this.dim = dim;
            this.own = settings.dim();
            this.labels = labels;
            this.dropout = settings.dropout();
            this.weights = new Weights(random);
            this.token = weights.dense(dim, own);
            this.attention = weights.dense(own, labels);
            this.hidden = weights.dense((2 + labels) * own, own);
            this.output = weights.dense(own, labels);
        }

        <T> T forward(Operators<T> operators, T states, T vectors, T mask) {
            T seen = layer(operators, operators.dropout(states, dropout), token);
            T each = operators.multiply(operators.relu(operators.add(seen, vectors)), mask);
            T nowhere = operators.multiply(operators.subtract(mask, operators.number(1)), operators.number(NOWHERE));
            // Without a wish of their own all tokens share alike: the mean.
            T mean = operators.sum(operators.multiply(each, operators.softmax(nowhere, 1)), 1);
            var parts =
                    new ArrayList<T>(List.of(operators.squeeze(mean, 1), operators.squeeze(operators.max(each, 1), 1)));
            T shares = operators.softmax(operators.add(layer(operators, each, attention), nowhere), 1);
            T attended = operators.matMul(operators.transpose(shares), each);
            for (int l = 0; l < labels; l++) {
                parts.add(operators.squeeze(operators.slice(attended, l, l + 1), 1));
            }
            T whole = operators.dropout(operators.concat(parts), dropout);
            T inner = operators.dropout(operators.relu(operators.dense(whole, hidden)), dropout);
            return operators.dense(inner, output);
        }

        /** A dense layer over each token. */
        private static <T> T layer(Operators<T> operators, T tokens, Weights.Dense of) {
            return operators.add(operators.matMul(tokens, operators.weight(of.matrix())), operators.weight(of.bias()));
        }

        byte[] onnx(int longest) {
            var writer = new OnnxWriter("tokens", weights);
            return writer.finish(
                    forward(
                            writer,
                            writer.input(TokenNetwork.STATES, longest, dim),
                            writer.input(TokenNetwork.OWN, longest, own),
                            writer.input(TokenNetwork.MASK, longest, 1)),
                    labels);
        }
    }
}
