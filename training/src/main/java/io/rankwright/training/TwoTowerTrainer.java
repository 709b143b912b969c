package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.GradientCollector;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.models.Artefact;
import io.rankwright.models.TowerInput;
import io.rankwright.models.TwoTower;
import io.rankwright.models.Vocabulary;
import io.rankwright.spec.Application;
import io.rankwright.spec.Contract;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Trains two towers on who took what: softmax over the items of the batch, corrected for how often each item is drawn
 * into one (Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", 2019).
 *
 * <p>Examples are the positive exposures of the training days, each with the subject's sequences as they stood before
 * it, and of what was before the log some items with those before them. Embedding rows are gathered, averaged and
 * updated in Java; PyTorch sees dense rows and gives their gradients back. One thread, so that the same data and seed
 * give the same bytes.
 */
public final class TwoTowerTrainer {
    private static final int EMBEDDING = 32;
    private static final int HIDDEN = 128;
    private static final float TEMPERATURE = 0.08f;
    /** How often an id is hidden from its tower, so that the other inputs learn to answer for unknown ones. */
    private static final double FORGET = 0.1;

    private static final int HISTORY_EXAMPLES = 8;

    static {
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
    }

    private final Application application;
    private final EventLog log;
    private final DataSet data;
    private final DataSet.Range train;
    private final Model.TwoTower settings;
    private final SplittableRandom random;
    private final List<TowerInput> subjectInputs;
    private final List<TowerInput> itemInputs;
    private final Map<String, Vocabulary> vocabularies = new LinkedHashMap<>();
    private final Map<String, EmbeddingTable> tables = new LinkedHashMap<>();
    private final Vocabulary itemIds;
    private final List<Example> examples = new ArrayList<>();

    /** One positive pair: codes of the log, and for each sequence input the items before. */
    private record Example(int subject, int item, int[][] sequences) {}

    public TwoTowerTrainer(
            Application application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            Model.TwoTower settings,
            long seed) {
        this.application = application;
        this.log = log;
        this.data = data;
        this.train = train;
        this.settings = settings;
        this.random = new SplittableRandom(seed);
        this.subjectInputs = settings.subjectFeatures().stream()
                .map(name -> input(name, application.framing().subject()))
                .toList();
        this.itemInputs = settings.itemFeatures().stream()
                .map(name -> input(name, application.framing().item()))
                .toList();
        this.itemIds = vocabularyOf(Dictionary.idsOf(application.framing().item()));
    }

    private TowerInput input(String name, String entity) {
        if (name.equals("id")) {
            return new TowerInput(name, TowerInput.Kind.ID, "id-" + entity, "");
        }
        return switch (application.feature(name)) {
            case FeatureDefinition.Sequence _ ->
                new TowerInput(
                        name,
                        TowerInput.Kind.SEQUENCE,
                        "id-" + application.framing().item(),
                        "");
            case FeatureDefinition.Categorical categorical -> {
                String column = categorical.column().column();
                Contract contract = application.data().entity(entity).contract();
                boolean isList = contract.column(column).orElseThrow().isList();
                yield new TowerInput(
                        name,
                        isList ? TowerInput.Kind.CATEGORIES : TowerInput.Kind.CATEGORY,
                        entity + "-" + column,
                        column);
            }
            default -> throw new IllegalArgumentException("a tower over the feature " + name);
        };
    }

    private Vocabulary vocabularyOf(String domainName) {
        Dictionary.Domain domain = log.dictionary().domain(domainName);
        var texts = new ArrayList<String>();
        for (int code = 1; code < domain.size(); code++) {
            texts.add(domain.text(code));
        }
        return new Vocabulary(texts);
    }

    /** Trains the towers. */
    public Artefact train(Progress progress) {
        makeTables();
        makeExamples();
        float[] logQ = logFrequencies();
        var subjectTower = new Tower(subjectInputs, settings.dim());
        var itemTower = new Tower(itemInputs, settings.dim());
        int batches = examples.size() / settings.batch();
        int[] order = new int[examples.size()];
        Arrays.setAll(order, i -> i);
        for (int epoch = 0; epoch < settings.epochs(); epoch++) {
            shuffle(order);
            for (int b = 0; b < batches; b++) {
                List<Example> batch = new ArrayList<>(settings.batch());
                for (int i = 0; i < settings.batch(); i++) {
                    batch.add(examples.get(order[b * settings.batch() + i]));
                }
                double done = (double) (epoch * batches + b) / (settings.epochs() * batches);
                step(batch, logQ, subjectTower, itemTower, (float) (settings.learningRate() * (1 - 0.9 * done)));
                progress.at(
                        (long) (epoch * batches + b + 1) * settings.batch(),
                        (long) settings.epochs() * batches * settings.batch(),
                        "pairs");
            }
        }
        var rows = new LinkedHashMap<String, float[]>();
        tables.forEach((name, table) -> rows.put(name, table.rows()));
        return TwoTower.artefact(
                new TwoTower.Manifest("two_tower", settings.dim(), EMBEDDING, subjectInputs, itemInputs),
                vocabularies,
                rows,
                OnnxWriter.tower(subjectTower.layers()),
                OnnxWriter.tower(itemTower.layers()));
    }

    private void makeTables() {
        for (List<TowerInput> inputs : List.of(subjectInputs, itemInputs)) {
            String entity = inputs == subjectInputs
                    ? application.framing().subject()
                    : application.framing().item();
            for (TowerInput input : inputs) {
                vocabularies.computeIfAbsent(input.table(), _ -> vocabulary(input, entity));
            }
        }
        vocabularies.forEach((name, vocabulary) ->
                tables.put(name, new EmbeddingTable(vocabulary.size(), EMBEDDING, random.split())));
    }

    private Vocabulary vocabulary(TowerInput input, String entity) {
        if (input.kind() == TowerInput.Kind.SEQUENCE) {
            return itemIds;
        }
        if (input.kind() == TowerInput.Kind.ID) {
            return vocabularyOf(Dictionary.idsOf(entity));
        }
        EntityTable table = log.table(entity);
        boolean isDerived =
                table.contract().column(input.column()).orElseThrow().derived().isPresent();
        if (!isDerived) {
            return vocabularyOf(table.domain(input.column()).name());
        }
        int greatest = 0;
        for (int code = 1; code < table.capacity(); code++) {
            greatest = Math.max(greatest, table.code(table.place(input.column()), code));
        }
        var texts = new ArrayList<String>();
        for (int value = 0; value < greatest; value++) {
            texts.add(Integer.toString(value));
        }
        return new Vocabulary(texts);
    }

    private void makeExamples() {
        Dictionary.Domain subjects =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        Dictionary.Domain items =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        List<String> sequenceNames = sequenceNames();
        int[] itemCodes = data.itemTexts().stream().mapToInt(items::code).toArray();
        int[] subjectCodes =
                data.subjectTexts().stream().mapToInt(subjects::code).toArray();
        double[] relevant = requireNonNull(
                data.labels().get(application.framing().relevance().name()));
        for (int i = train.from(); i < train.to(); i++) {
            if (relevant[i] == 1) {
                int row = i;
                int[][] sequences = sequenceNames.stream()
                        .map(name -> translated(requireNonNull(data.sequences().get(name))[row], itemCodes))
                        .toArray(int[][]::new);
                examples.add(new Example(subjectCodes[data.subjects()[i]], itemCodes[data.items()[i]], sequences));
            }
        }
        sequenceNames.stream()
                .map(name -> (FeatureDefinition.Sequence) application.feature(name))
                .filter(sequence -> sequence.start().isPresent())
                .findFirst()
                .ifPresent(sequence -> addHistory(sequence, sequenceNames));
    }

    private List<String> sequenceNames() {
        return subjectInputs.stream()
                .filter(input -> input.kind() == TowerInput.Kind.SEQUENCE)
                .map(TowerInput::name)
                .toList();
    }

    private static int[] translated(int[] codes, int[] translation) {
        int[] translated = new int[codes.length];
        for (int i = 0; i < codes.length; i++) {
            translated[i] = translation[codes[i]];
        }
        return translated;
    }

    /** From what came before the log: some items of each subject, each with the others around it. */
    private void addHistory(FeatureDefinition.Sequence sequence, List<String> sequenceNames) {
        EntityTable table = log.table(application.framing().subject());
        int place = table.place(sequence.start().orElseThrow().column());
        for (int subject = 1; subject < table.capacity(); subject++) {
            int[] items = table.list(place, subject);
            for (int k = 0; k < Math.min(HISTORY_EXAMPLES, items.length - 1); k++) {
                int target = random.nextInt(items.length);
                int[] others = new int[items.length - 1];
                int size = 0;
                for (int item : items) {
                    if (item != items[target] && size < others.length) {
                        others[size++] = item;
                    }
                }
                int[] before = Arrays.copyOf(others, size);
                int[][] sequences = new int[sequenceNames.size()][];
                Arrays.fill(sequences, before);
                examples.add(new Example(subject, items[target], sequences));
            }
        }
    }

    /** The logarithm of each item's share of the examples: how often it is drawn into a batch. */
    private float[] logFrequencies() {
        float[] logQ = new float
                [log.dictionary()
                        .domain(Dictionary.idsOf(application.framing().item()))
                        .size()];
        for (Example example : examples) {
            logQ[example.item()]++;
        }
        for (int i = 0; i < logQ.length; i++) {
            logQ[i] = (float) Math.log(Math.max(logQ[i], 1) / examples.size());
        }
        return logQ;
    }

    private void shuffle(int[] order) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
    }

    private void step(List<Example> batch, float[] logQ, Tower subjectTower, Tower itemTower, float learningRate) {
        int size = batch.size();
        var subjectRows = new Rows(size, subjectInputs.size());
        var itemRows = new Rows(size, itemInputs.size());
        float[] correction = new float[size];
        int[] items = new int[size];
        for (int r = 0; r < size; r++) {
            Example example = batch.get(r);
            fill(
                    subjectRows,
                    r,
                    subjectInputs,
                    application.framing().subject(),
                    example.subject(),
                    example.sequences());
            fill(itemRows, r, itemInputs, application.framing().item(), example.item(), new int[0][]);
            correction[r] = logQ[example.item()];
            items[r] = example.item();
        }
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
                GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray subjectInput = array(manager, subjectRows.values, size, subjectRows.width);
            NDArray itemInput = array(manager, itemRows.values, size, itemRows.width);
            subjectInput.setRequiresGradient(true);
            itemInput.setRequiresGradient(true);
            NDList subjectWeights = subjectTower.weights(manager);
            NDList itemWeights = itemTower.weights(manager);
            NDArray subjectVectors = forward(subjectInput, subjectWeights);
            NDArray itemVectors = forward(itemInput, itemWeights);
            NDArray logits = subjectVectors
                    .matMul(itemVectors.transpose())
                    .div(scalar(manager, TEMPERATURE))
                    .sub(array(manager, correction, 1, size))
                    .sub(array(manager, sameItem(items), size, size));
            NDArray loss = logits.logSoftmax(1).mul(manager.eye(size)).sum().div(scalar(manager, -size));
            collector.backward(loss);
            spread(subjectRows, subjectInput.getGradient().toFloatArray(), learningRate);
            spread(itemRows, itemInput.getGradient().toFloatArray(), learningRate);
            subjectTower.update(subjectWeights, learningRate);
            itemTower.update(itemWeights, learningRate);
        }
    }

    /**
     * A matrix in memory of PyTorch's own. What DJL creates lies in a Java buffer that may be collected once its NDArray
     * is closed, though the backward pass still reads it; so numbers take part as arrays too, never as Java values.
     */
    private static NDArray array(NDManager manager, float[] values, int rows, int columns) {
        try (NDArray wrapped = manager.create(values, new Shape(rows, columns))) {
            return wrapped.duplicate();
        }
    }

    private static NDArray scalar(NDManager manager, float value) {
        return array(manager, new float[] {value}, 1, 1);
    }

    /** A large number off the diagonal where two rows have the same item: it is no negative of itself. */
    private static float[] sameItem(int[] items) {
        float[] mask = new float[items.length * items.length];
        for (int i = 0; i < items.length; i++) {
            for (int j = 0; j < items.length; j++) {
                if (i != j && items[i] == items[j]) {
                    mask[i * items.length + j] = 1e6f;
                }
            }
        }
        return mask;
    }

    private static NDArray forward(NDArray input, NDList weights) {
        NDArray hidden = input.matMul(weights.get(0)).add(weights.get(1));
        NDArray active = Activation.relu(hidden);
        NDArray output = active.matMul(weights.get(2)).add(weights.get(3));
        NDArray length = output.square().sum(new int[] {1}, true).add(1e-12f).sqrt();
        return output.div(length);
    }

    /** The dense rows of a batch, and which embedding rows are in each. */
    private static final class Rows {
        final int inputs;
        final int width;
        final float[] values;
        final int[][] ids;
        final EmbeddingTable[] tables;

        Rows(int size, int inputs) {
            this.inputs = inputs;
            this.width = inputs * EMBEDDING;
            this.values = new float[size * width];
            this.ids = new int[size * inputs][];
            this.tables = new EmbeddingTable[inputs];
        }
    }

    private void fill(Rows rows, int row, List<TowerInput> inputs, String entity, int code, int[][] sequences) {
        EntityTable entities = log.table(entity);
        int sequence = 0;
        for (int i = 0; i < inputs.size(); i++) {
            TowerInput input = inputs.get(i);
            EmbeddingTable table = requireNonNull(tables.get(input.table()));
            rows.tables[i] = table;
            // The vocabularies were made in the order of the codes, so a code is an index. Derived categories too:
            // their code is their value plus one.
            int[] ids = switch (input.kind()) {
                case ID -> new int[] {random.nextDouble() < FORGET ? 0 : code};
                case CATEGORY -> new int[] {entities.code(entities.place(input.column()), code)};
                case CATEGORIES -> entities.list(entities.place(input.column()), code);
                case SEQUENCE -> sequences[sequence++];
            };
            rows.ids[row * inputs.size() + i] = ids;
            for (int id : ids) {
                table.gather(id, 1f / ids.length, rows.values, row * rows.width + i * EMBEDDING);
            }
        }
    }

    private static void spread(Rows rows, float[] gradients, float learningRate) {
        for (int place = 0; place < rows.ids.length; place++) {
            int[] ids = rows.ids[place];
            int input = place % rows.inputs;
            int start = place / rows.inputs * rows.width + input * EMBEDDING;
            for (int id : ids) {
                if (id != 0) {
                    rows.tables[input].update(id, 1f / ids.length, gradients, start, learningRate * 10);
                }
            }
        }
    }

    /** The dense part of a tower, updated by Adam (Kingma and Ba, 2015). */
    private final class Tower {
        private final int[][] shapes;
        private final float[][] weights;
        private final float[][] means;
        private final float[][] squares;
        private int steps;

        Tower(List<TowerInput> inputs, int dim) {
            int width = inputs.size() * EMBEDDING;
            shapes = new int[][] {{width, HIDDEN}, {1, HIDDEN}, {HIDDEN, dim}, {1, dim}};
            weights = new float[4][];
            means = new float[4][];
            squares = new float[4][];
            for (int w = 0; w < 4; w++) {
                int size = shapes[w][0] * shapes[w][1];
                weights[w] = new float[size];
                means[w] = new float[size];
                squares[w] = new float[size];
                double scale = Math.sqrt(3.0 / shapes[w][0]);
                if (w % 2 == 0) {
                    for (int i = 0; i < size; i++) {
                        weights[w][i] = (float) random.nextDouble(-scale, scale);
                    }
                }
            }
        }

        NDList weights(NDManager manager) {
            var list = new NDList();
            for (int w = 0; w < 4; w++) {
                NDArray array = array(manager, weights[w], shapes[w][0], shapes[w][1]);
                array.setRequiresGradient(true);
                list.add(array);
            }
            return list;
        }

        void update(NDList arrays, float learningRate) {
            steps++;
            float correction = (float) (Math.sqrt(1 - Math.pow(0.999, steps)) / (1 - Math.pow(0.9, steps)));
            float rate = learningRate / 10 * correction;
            for (int w = 0; w < 4; w++) {
                float[] gradients = arrays.get(w).getGradient().toFloatArray();
                for (int i = 0; i < gradients.length; i++) {
                    means[w][i] = 0.9f * means[w][i] + 0.1f * gradients[i];
                    squares[w][i] = 0.999f * squares[w][i] + 0.001f * gradients[i] * gradients[i];
                    weights[w][i] -= rate * means[w][i] / ((float) Math.sqrt(squares[w][i]) + 1e-8f);
                }
            }
        }

        List<OnnxWriter.Layer> layers() {
            return List.of(
                    new OnnxWriter.Layer(shapes[0][0], shapes[0][1], weights[0], weights[1]),
                    new OnnxWriter.Layer(shapes[2][0], shapes[2][1], weights[2], weights[3]));
        }
    }
}
