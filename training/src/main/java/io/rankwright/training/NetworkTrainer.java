package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import io.rankwright.log.Progress;
import io.rankwright.models.EmbeddingTable;
import io.rankwright.models.NetworkInputs;
import io.rankwright.models.NetworkOutput;
import io.rankwright.models.Ranker;
import io.rankwright.models.RankerInputs;
import io.rankwright.models.RankerInputs.Layout;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Trains the network of a ranker, {@link DeepCross}: binary heads by log loss, amounts as the settings say, their losses
 * added. Embedding rows are gathered and updated in Java; PyTorch sees dense rows and gives their gradients back. Each
 * worker has one PyTorch thread and its share of the batch; what they found is summed in the order of the workers, so the
 * same data, seed and number of workers give the same bytes.
 */
final class NetworkTrainer {
    /** How often an id is hidden, so that the others learn to answer for ids that are unknown. */
    private static final double FORGET = 0.1;
    /** What a squared error of an amount, scaled to variance 1, counts beside a log loss. */
    private static final float AMOUNT_SHARE = 0.2f;

    /** How far from zero embeddings begin. */
    private static final float BEGIN = 0.05f;

    private final Model.Dcn settings;
    private final Layout layout;
    private final RankerInputs inputs;
    private final Examples train;
    private final Map<String, double[]> labels;
    private final TrainingRun run;
    private final Checkpoint checkpoint;
    private final NetworkInputs networkInputs;
    private final Map<String, EmbeddingTable> tables = new LinkedHashMap<>();
    private final List<EmbeddingTable> tablesInOrder = new ArrayList<>();
    private final List<Target> targets;
    private final DeepCross network;

    /**
     * @param labels what each head learns of {@code train}, NaN where it is not there; of a binary one what happened, or a
     *     probability
     * @param checkpoints a folder for this training alone, where it goes on after a kill; empty in the end
     */
    NetworkTrainer(
            Model.Dcn settings,
            RankerInputs inputs,
            List<Label> heads,
            Examples train,
            Map<String, double[]> labels,
            TrainingRun run,
            Path checkpoints) {
        this.settings = settings;
        this.inputs = inputs;
        this.layout = inputs.layout();
        this.train = train;
        this.labels = labels;
        this.run = run;
        this.checkpoint = new Checkpoint(checkpoints);
        this.networkInputs = networkInputs();
        makeTables();
        this.targets = heads.stream().map(this::target).toList();
        int itemFrom = networkInputs.width() - settings.idDim();
        this.network = new DeepCross(
                networkInputs,
                settings,
                heads.size(),
                itemFrom,
                networkInputs.width(),
                new SplittableRandom(run.seed()));
    }

    /** Numbers first, then categories, then the ids, the item's last. */
    private NetworkInputs networkInputs() {
        var numbers = new ArrayList<NetworkInputs.Numeric>();
        var embeddings = new ArrayList<NetworkInputs.Embedded>();
        for (int c = 0; c < layout.columns(); c++) {
            boolean isFeature = c < layout.features().size();
            String name = isFeature ? layout.features().get(c) : RankerInputs.AFFINITY;
            if (isFeature
                    && !settings.features().isEmpty()
                    && !settings.features().contains(name)) {
                continue;
            }
            if (isFeature && layout.categories().get(c)) {
                embeddings.add(new NetworkInputs.Embedded(c, name, settings.dim()));
            } else {
                numbers.add(Quantiles.of(train.rows(), layout.width(), c));
            }
        }
        embeddings.add(new NetworkInputs.Embedded(layout.subjectPlace(), layout.subject(), settings.idDim()));
        embeddings.add(new NetworkInputs.Embedded(layout.subjectPlace() + 1, layout.item(), settings.idDim()));
        var sequences = new ArrayList<NetworkInputs.Attended>();
        for (int s = 0; s < layout.sequences().size(); s++) {
            sequences.add(new NetworkInputs.Attended(
                    layout.sequencePlace(s), layout.sequences().get(s).last(), layout.item(), settings.idDim()));
        }
        return new NetworkInputs(numbers, embeddings, sequences);
    }

    private void makeTables() {
        networkInputs.embeddings().forEach(embedded -> addTable(embedded.table(), embedded.dim()));
        networkInputs.sequences().forEach(sequence -> addTable(sequence.table(), sequence.dim()));
    }

    private void addTable(String name, int dim) {
        EmbeddingTable table = tables.get(name);
        if (table == null) {
            table = checkpoint.table(name).orElseGet(() -> {
                // The one cold row, row 0, stands for what is missing or unknown; then index and row are the same.
                EmbeddingTable made = EmbeddingTable.create(dim, 1, run.seed() ^ name.hashCode(), BEGIN);
                for (int index = 1; index < inputs.vocabulary(name).size(); index++) {
                    made.add(index);
                }
                return made;
            });
            tables.put(name, table);
        }
        tablesInOrder.add(table);
    }

    /**
     * What a head learns.
     *
     * @param values of each example: 0 to 1, or an amount as it is learnt; NaN where it is not there
     * @param weights of the loss of each example
     */
    private record Target(Loss loss, float[] values, float[] weights, NetworkOutput output) {}

    private enum Loss {
        /** Of a log-odds against 0, 1, or a probability. */
        LOG,
        SQUARED,
        /** Of a log-odds, against 1 as often as the value says and against 0 once. */
        WEIGHTED
    }

    private Target target(Label label) {
        double[] values = requireNonNull(labels.get(label.name()));
        if (label.isBinary()) {
            return new Target(Loss.LOG, floats(values), ones(values.length, 1), new NetworkOutput.Scaled(1, 0));
        }
        return switch (settings.amounts()) {
            case LOG -> scaled(values);
            case WEIGHTED -> weighted(values);
            case QUANTILES -> quantiles(values);
        };
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    private static float[] ones(int size, double value) {
        float[] ones = new float[size];
        Arrays.fill(ones, (float) value);
        return ones;
    }

    private static Target scaled(double[] labels) {
        double[] known =
                Arrays.stream(labels).filter(label -> !Double.isNaN(label)).toArray();
        double mean = Arrays.stream(known).average().orElse(0);
        double variance = Arrays.stream(known)
                .map(label -> (label - mean) * (label - mean))
                .average()
                .orElse(1);
        double deviation = Math.sqrt(Math.max(variance, 1e-12));
        double[] scaled =
                Arrays.stream(labels).map(label -> (label - mean) / deviation).toArray();
        return new Target(
                Loss.SQUARED,
                floats(scaled),
                ones(labels.length, AMOUNT_SHARE),
                new NetworkOutput.Scaled(deviation, mean));
    }

    /** Labels are logarithms of one plus what is counted, such as seconds. */
    private static Target weighted(double[] labels) {
        double[] counted = Arrays.stream(labels).map(Math::expm1).toArray();
        double mean = Arrays.stream(counted)
                .filter(label -> !Double.isNaN(label))
                .average()
                .orElse(0);
        return new Target(
                Loss.WEIGHTED,
                floats(counted),
                ones(labels.length, AMOUNT_SHARE / (1 + mean)),
                new NetworkOutput.Odds());
    }

    private Target quantiles(double[] labels) {
        String by = settings.by().orElseThrow();
        int place = layout.features().indexOf(by);
        int groups = inputs.vocabulary(by).size();
        double[][] curves = new double[groups][];
        double[] ranks = new double[labels.length];
        Arrays.fill(ranks, Double.NaN);
        int[] groupOf = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            float group = train.rows()[i * layout.width() + place];
            groupOf[i] = Float.isNaN(group) ? 0 : (int) group;
        }
        double[] all = Arrays.stream(labels)
                .filter(label -> !Double.isNaN(label))
                .sorted()
                .toArray();
        for (int g = 0; g < groups; g++) {
            int group = g;
            double[] sorted = IntStream.range(0, labels.length)
                    .filter(i -> groupOf[i] == group && !Double.isNaN(labels[i]))
                    .mapToDouble(i -> labels[i])
                    .sorted()
                    .toArray();
            double[] of = sorted.length < Quantiles.COUNT ? all : sorted;
            curves[g] = new double[Quantiles.COUNT];
            for (int q = 0; q < Quantiles.COUNT; q++) {
                curves[g][q] = of[(int) ((long) q * (of.length - 1) / (Quantiles.COUNT - 1))];
            }
            for (int i = 0; i < labels.length; i++) {
                if (groupOf[i] == group && !Double.isNaN(labels[i])) {
                    int found = Arrays.binarySearch(of, labels[i]);
                    ranks[i] = (double) (found >= 0 ? found : -found - 1) / of.length;
                }
            }
        }
        // Ranks are even between 0 and 1: their variance is 1/12.
        return new Target(
                Loss.SQUARED,
                floats(ranks),
                ones(labels.length, 12 * AMOUNT_SHARE),
                new NetworkOutput.Quantile(place, curves));
    }

    /** Trains the network, from the last checkpoint if there is one; the parts of its file. */
    Map<String, byte[]> train(Progress progress) {
        var loop = new TrainingLoop(run, checkpoint, tables, List.of(network.weights()));
        loop.learn(
                train.range().size(),
                settings.epochs(),
                Math.min(settings.batch(), train.range().size()),
                Stream.generate(Worker::new).limit(run.workers()).toList(),
                this::update,
                progress,
                "examples");
        return Ranker.network(
                networkInputs,
                targets.stream().map(Target::output).toList(),
                tables,
                network.onnx(),
                network.onnxOfCandidates());
    }

    private void update(Worker summed, int step, double done) {
        double left = 1 - done;
        network.weights().update(summed.dense, settings.learningRate() * left);
        summed.rows.apply(tables, (float) (settings.rowRate() * left), step);
    }

    /** What one thread finds for its share of a batch. */
    private final class Worker implements TrainingLoop.Worker<Worker> {
        private final TableGradients rows = new TableGradients(tables);
        private List<float[]> dense = List.of();

        @Override
        public void pass(int[] chosen, int batchSize, SplittableRandom random) {
            NetworkInputs.Batch batch = batch(chosen, random);
            Torch.recordGradients();
            try (NDManager manager = Torch.manager(run.device())) {
                NDArray x = learning(manager, batch.x(), new Shape(chosen.length, networkInputs.width()));
                var sequences = new ArrayList<NDArray>();
                var masks = new ArrayList<NDArray>();
                for (int s = 0; s < networkInputs.sequences().size(); s++) {
                    NetworkInputs.Attended sequence = networkInputs.sequences().get(s);
                    sequences.add(learning(
                            manager, batch.sequence(s), new Shape(chosen.length, sequence.last(), sequence.dim())));
                    masks.add(Torch.array(manager, batch.mask(s), new Shape(chosen.length, sequence.last())));
                }
                NDList arrays = network.weights().arrays(manager);
                NDArray outputs = network.forward(manager, arrays, x, sequences, masks, random);
                Torch.backward(loss(manager, outputs, chosen, batchSize));
                dense = Weights.gradients(arrays);
                batch.spread(
                        x.getGradient().toFloatArray(),
                        sequences.stream()
                                .map(array -> array.getGradient().toFloatArray())
                                .toArray(float[][]::new),
                        (table, row, gradients, start) -> rows.add(table, row, 1, gradients, start));
            }
        }

        @Override
        public void addAll(Worker other) {
            Weights.add(dense, other.dense);
            rows.addAll(other.rows);
        }

        private static NDArray learning(NDManager manager, float[] values, Shape shape) {
            NDArray array = Torch.array(manager, values, shape);
            array.setRequiresGradient(true);
            return array;
        }

        private NetworkInputs.Batch batch(int[] chosen, SplittableRandom random) {
            NetworkInputs.Batch batch = networkInputs.batch(chosen.length, tablesInOrder);
            float[] row = new float[layout.width()];
            for (int i = 0; i < chosen.length; i++) {
                System.arraycopy(train.rows(), chosen[i] * row.length, row, 0, row.length);
                for (int id = layout.subjectPlace(); id < layout.subjectPlace() + 2; id++) {
                    if (random.nextDouble() < FORGET) {
                        row[id] = Float.NaN;
                    }
                }
                batch.set(i, row, 0);
            }
            return batch;
        }

        private NDArray loss(NDManager manager, NDArray outputs, int[] chosen, int batchSize) {
            NDArray sum = Torch.scalar(manager, 0);
            for (int h = 0; h < targets.size(); h++) {
                Target target = targets.get(h);
                float[] values = new float[chosen.length];
                float[] weights = new float[chosen.length];
                for (int i = 0; i < chosen.length; i++) {
                    float value = target.values()[chosen[i]];
                    values[i] = Float.isNaN(value) ? 0 : value;
                    weights[i] = Float.isNaN(value) ? 0 : target.weights()[chosen[i]] / batchSize;
                }
                Shape shape = new Shape(chosen.length, 1);
                NDArray value = Torch.array(manager, values, shape);
                NDArray output = outputs.get(":, " + h + ":" + (h + 1));
                NDArray losses = switch (target.loss()) {
                    case LOG -> Activation.softPlus(output).sub(output.mul(value));
                    case SQUARED -> output.sub(value).square();
                    case WEIGHTED ->
                        Activation.softPlus(output)
                                .mul(value.add(Torch.scalar(manager, 1)))
                                .sub(output.mul(value));
                };
                sum = sum.add(losses.mul(Torch.array(manager, weights, shape)).sum());
            }
            return sum.sum();
        }
    }
}
