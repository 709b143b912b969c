package io.rankwright.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.models.Artefact;
import io.rankwright.models.EmbeddingTable;
import io.rankwright.models.TowerBatch;
import io.rankwright.models.TowerContent;
import io.rankwright.models.TowerInput;
import io.rankwright.models.TowerLookup;
import io.rankwright.models.TowerSource;
import io.rankwright.models.TwoTower;
import io.rankwright.models.Vocabulary;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.spec.Contract;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Trains two towers on who took what: softmax over the other items of the batch and some drawn from all items (Yang et
 * al., "Mixed Negative Sampling for Learning Two-tower Neural Networks in Recommendations", 2020), corrected for how
 * often each is drawn (Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", 2019).
 *
 * <p>Embedding rows are gathered and updated in Java; PyTorch sees dense rows and gives their gradients back. Each worker
 * has one PyTorch thread and its share of the batch; what they found is summed in the order of the workers, so the same
 * data, seed and number of workers give the same bytes.
 */
public final class TwoTowerTrainer {
    private static final int EMBEDDING = 32;
    private static final int COLD_ROWS = 64;
    private static final float TEMPERATURE = 0.08f;
    /** How often an id is hidden from its tower, so that cold rows and the other inputs learn to answer for it. */
    private static final double FORGET = 0.1;
    /** Ids that occur less often share cold rows. */
    private static final int RAREST = 2;
    /** Items drawn from all of them, beside each item of the batch. */
    private static final double DRAWN = 0.5;

    /** Adagrad over rows takes larger steps than Adam over dense weights. */
    private static final double ROW_RATE = 10;

    private static final double DENSE_RATE = 0.1;

    private final FeedApplication application;
    private final EventLog log;
    private final Model.TwoTower settings;
    private final TrainingRun run;
    private final Checkpoint checkpoint;
    private final List<TowerInput> subjectInputs;
    private final List<TowerInput> itemInputs;
    private final TowerExamples examples;
    private final Map<String, Vocabulary> vocabularies = new LinkedHashMap<>();
    private final Map<String, EmbeddingTable> tables = new LinkedHashMap<>();
    private final List<TowerSource> subjectSources;
    private final List<TowerSource> itemSources;
    private final Encoders encoders;
    private final int[] knownItems;
    private final float[] logDrawn;
    private final Tower subjectTower;
    private final Tower itemTower;

    /**
     * @param encoders what makes vectors of texts and images, where towers look at some
     * @param checkpoints a folder for this training alone, where it goes on after a kill; empty in the end
     */
    public TwoTowerTrainer(
            FeedApplication application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            Model.TwoTower settings,
            TrainingRun run,
            Encoders encoders,
            Path checkpoints) {
        this.application = application;
        this.log = log;
        this.settings = settings;
        this.encoders = encoders;
        this.run = run;
        this.checkpoint = new Checkpoint(checkpoints);
        var random = new SplittableRandom(run.seed());
        String subject = application.framing().subject();
        String item = application.framing().item();
        this.subjectInputs = settings.subjectFeatures().stream()
                .map(name -> input(name, subject))
                .toList();
        this.itemInputs =
                settings.itemFeatures().stream().map(name -> input(name, item)).toList();
        this.examples = TowerExamples.of(application, log, data, train, sequenceNames(), random.split());
        makeTables(settings.forget()
                .map(forget -> data.timesMillis()[train.to() - 1] - forget.toMillis())
                .orElse(Seen.BEFORE));
        this.subjectSources = sources(subjectInputs, subject);
        this.itemSources = sources(itemInputs, item);
        EntityTable items = log.table(item);
        int[] counts = counts(examples.items(), items.capacity());
        this.knownItems = items(items, counts);
        this.logDrawn = logDrawn(counts);
        this.subjectTower = new Tower(subjectInputs, EMBEDDING, settings.last(), settings.dim(), random.split());
        this.itemTower = new Tower(itemInputs, EMBEDDING, settings.last(), settings.dim(), random.split());
    }

    private TowerInput input(String name, String entity) {
        String items = "id-" + application.framing().item();
        if (name.equals("id")) {
            return new TowerInput(name, TowerInput.Kind.ID, "id-" + entity, List.of());
        }
        return switch (application.feature(name)) {
            case FeatureDefinition.Sequence _ -> new TowerInput(name, TowerInput.Kind.SEQUENCE, items, List.of());
            case FeatureDefinition.Categorical categorical -> {
                String column = categorical.column().column();
                Contract contract = application.data().entity(entity).contract();
                boolean isList = contract.column(column).orElseThrow().isList();
                yield new TowerInput(
                        name,
                        isList ? TowerInput.Kind.CATEGORIES : TowerInput.Kind.CATEGORY,
                        entity + "-" + column,
                        List.of(column));
            }
            case FeatureDefinition.Embedding embedding ->
                new TowerInput(
                        name,
                        TowerInput.Kind.CONTENT,
                        embedding.encoder().id(),
                        embedding.columns().stream()
                                .map(FeatureDefinition.Reference::column)
                                .toList(),
                        embedding.encoder().dim());
            default -> throw new IllegalArgumentException("a tower over the feature " + name);
        };
    }

    private List<String> sequenceNames() {
        return subjectInputs.stream()
                .filter(input -> input.kind() == TowerInput.Kind.SEQUENCE)
                .map(TowerInput::name)
                .toList();
    }

    private static int[] counts(int[] codes, int capacity) {
        int[] counts = new int[capacity];
        for (int code : codes) {
            counts[code]++;
        }
        return counts;
    }

    /** The items that can be drawn: those that are known or were taken. */
    private static int[] items(EntityTable items, int[] counts) {
        int[] known = new int[counts.length];
        int size = 0;
        for (int code = 1; code < counts.length; code++) {
            if (counts[code] > 0 || items.isKnown(code)) {
                known[size++] = code;
            }
        }
        return Arrays.copyOf(known, size);
    }

    /** The logarithm of how often an item is expected among the candidates of a batch, by code. */
    private float[] logDrawn(int[] counts) {
        float[] logDrawn = new float[counts.length];
        for (int code = 0; code < counts.length; code++) {
            double inBatch = (double) counts[code] / examples.size();
            logDrawn[code] = (float) Math.log(Math.max(inBatch + DRAWN / knownItems.length, 1e-12) / (1 + DRAWN));
        }
        return logDrawn;
    }

    /** @param since ids last seen before it get no row of their own */
    private void makeTables(long since) {
        Map<String, Set<String>> texts = new LinkedHashMap<>();
        for (List<TowerInput> inputs : List.of(subjectInputs, itemInputs)) {
            boolean isSubject = inputs == subjectInputs;
            EntityTable entities = log.table(
                    isSubject
                            ? application.framing().subject()
                            : application.framing().item());
            int[] seen = isSubject
                    ? subjectsSeen(entities.capacity()).countsSince(since)
                    : itemsSeen(entities.capacity()).countsSince(since);
            for (TowerInput input : inputs) {
                if (!input.isLearnt()) {
                    continue;
                }
                texts.computeIfAbsent(input.table(), _ -> switch (input.kind()) {
                    case ID -> ids(seen, Dictionary.idsOf(entities.name()));
                    case SEQUENCE ->
                        ids(
                                itemsSeen(log.table(application.framing().item())
                                                .capacity())
                                        .countsSince(since),
                                Dictionary.idsOf(application.framing().item()));
                    case CATEGORY, CATEGORIES -> values(entities, input, seen);
                    case CONTENT -> throw new IllegalStateException("a content has no rows");
                });
            }
        }
        texts.forEach((name, known) -> {
            var vocabulary = new Vocabulary(List.copyOf(known));
            vocabularies.put(name, vocabulary);
            tables.put(name, checkpoint.table(name).orElseGet(() -> table(name, vocabulary)));
        });
    }

    private EmbeddingTable table(String name, Vocabulary vocabulary) {
        EmbeddingTable table = EmbeddingTable.create(EMBEDDING, COLD_ROWS, run.seed() ^ name.hashCode());
        table.add(TowerLookup.MISSING);
        for (int index = 1; index < vocabulary.size(); index++) {
            table.add(index);
        }
        return table;
    }

    private Seen subjectsSeen(int capacity) {
        var seen = new Seen(capacity);
        for (int i = 0; i < examples.size(); i++) {
            seen.add(examples.subjects()[i], examples.timesMillis()[i]);
        }
        return seen;
    }

    /** How often each item occurs, as what was taken or in what was taken before. */
    private Seen itemsSeen(int capacity) {
        var seen = new Seen(capacity);
        for (int i = 0; i < examples.size(); i++) {
            long time = examples.timesMillis()[i];
            seen.add(examples.items()[i], time);
            for (int[] sequence : examples.sequences()[i]) {
                for (int item : sequence) {
                    seen.add(item, time);
                }
            }
        }
        return seen;
    }

    private Set<String> ids(int[] seen, String domainName) {
        Dictionary.Domain domain = log.dictionary().domain(domainName);
        var ids = new LinkedHashSet<String>();
        for (int code = 1; code < seen.length; code++) {
            if (seen[code] >= RAREST) {
                ids.add(domain.text(code));
            }
        }
        return ids;
    }

    private static Set<String> values(EntityTable entities, TowerInput input, int[] seen) {
        String column = input.columns().getFirst();
        int place = entities.place(column);
        boolean isDerived =
                entities.contract().column(column).orElseThrow().derived().isPresent();
        var values = new LinkedHashSet<String>();
        for (int code = 1; code < seen.length; code++) {
            if (seen[code] > 0) {
                int[] held = input.kind() == TowerInput.Kind.CATEGORIES
                        ? entities.list(place, code)
                        : new int[] {entities.code(place, code)};
                for (int value : held) {
                    if (value > 0) {
                        values.add(
                                isDerived
                                        ? Integer.toString(value - 1)
                                        : entities.domain(column).text(value));
                    }
                }
            }
        }
        return values;
    }

    private List<TowerSource> sources(List<TowerInput> inputs, String entity) {
        return TowerSource.of(
                inputs, log, entity, application.framing().item(), vocabularies, tables, encoders::vectors);
    }

    /** Trains the towers, from the last checkpoint if there is one. */
    public Artefact train(Progress progress) {
        encode(itemSources, progress);
        encode(subjectSources, progress);
        var loop = new TrainingLoop(run, checkpoint, tables, List.of(subjectTower.weights(), itemTower.weights()));
        loop.learn(
                examples.size(),
                settings.epochs(),
                settings.batch(),
                Stream.generate(Worker::new).limit(run.workers()).toList(),
                this::update,
                progress,
                "pairs");
        return TwoTower.artefact(
                new TwoTower.Manifest(
                        "two_tower", settings.dim(), EMBEDDING, settings.last(), subjectInputs, itemInputs),
                vocabularies,
                tables,
                subjectTower.onnx(),
                itemTower.onnx());
    }

    /** Makes the vectors of all texts and images on all cores, so that none is made while towers learn. */
    private void encode(List<TowerSource> sources, Progress progress) {
        for (TowerSource source : sources) {
            if (source instanceof TowerContent contents) {
                encoders.of(contents.input().table())
                        .of(
                                IntStream.range(1, contents.entities().capacity())
                                        .filter(contents.entities()::isKnown)
                                        .mapToObj(contents::text)
                                        .filter(text -> !text.isEmpty())
                                        .toList(),
                                progress);
            }
        }
    }

    private void update(Worker summed, int step, double done) {
        double rate = settings.learningRate() * (1 - 0.9 * done);
        subjectTower.weights().update(summed.subjectGradients, DENSE_RATE * rate);
        itemTower.weights().update(summed.itemGradients, DENSE_RATE * rate);
        summed.rows.apply(tables, (float) (ROW_RATE * rate), step);
    }

    /** What one thread finds for its share of a batch. */
    private final class Worker implements TrainingLoop.Worker<Worker> {
        private final TableGradients rows = new TableGradients(tables);
        private List<float[]> subjectGradients = List.of();
        private List<float[]> itemGradients = List.of();

        @Override
        public void pass(int[] chosen, int batchSize, SplittableRandom random) {
            int[] candidates = candidates(chosen, random);
            TowerBatch subjects = subjects(chosen, random);
            TowerBatch items = items(candidates, random);
            Torch.recordGradients();
            try (NDManager manager = Torch.manager(run.device())) {
                Tower.Inputs subjectInput = subjectTower.inputs(manager, subjects, chosen.length);
                Tower.Inputs itemInput = itemTower.inputs(manager, items, candidates.length);
                NDList subjectWeights = subjectTower.weights().arrays(manager);
                NDList itemWeights = itemTower.weights().arrays(manager);
                NDArray subjectVectors = subjectTower.forward(manager, subjectInput, subjectWeights);
                NDArray itemVectors = itemTower.forward(manager, itemInput, itemWeights);
                NDArray logits = subjectVectors
                        .matMul(itemVectors.transpose())
                        .div(Torch.scalar(manager, TEMPERATURE))
                        .sub(Torch.array(
                                manager,
                                masked(candidates, chosen.length),
                                new Shape(chosen.length, candidates.length)));
                NDArray own = manager.eye(chosen.length, candidates.length, 0, logits.getDataType());
                NDArray loss = logits.logSoftmax(1).mul(own).sum().div(Torch.scalar(manager, -batchSize));
                Torch.backward(loss);
                subjectGradients = Weights.gradients(subjectWeights);
                itemGradients = Weights.gradients(itemWeights);
                spread(subjects, subjectInput, subjectSources);
                spread(items, itemInput, itemSources);
            }
        }

        /** The items of the examples, then some drawn from all. */
        private int[] candidates(int[] chosen, SplittableRandom random) {
            int[] candidates = new int[chosen.length + (int) (DRAWN * chosen.length)];
            for (int i = 0; i < candidates.length; i++) {
                candidates[i] =
                        i < chosen.length ? examples.items()[chosen[i]] : knownItems[random.nextInt(knownItems.length)];
            }
            return candidates;
        }

        private TowerBatch subjects(int[] chosen, SplittableRandom random) {
            var batch = new TowerBatch(subjectInputs, EMBEDDING, settings.last(), chosen.length);
            List<String> names = sequenceNames();
            for (int r = 0; r < chosen.length; r++) {
                var sequences = new HashMap<String, int[]>();
                for (int s = 0; s < names.size(); s++) {
                    sequences.put(names.get(s), examples.sequences()[chosen[r]][s]);
                }
                fill(batch, r, subjectSources, examples.subjects()[chosen[r]], sequences, random);
            }
            return batch;
        }

        private TowerBatch items(int[] codes, SplittableRandom random) {
            var batch = new TowerBatch(itemInputs, EMBEDDING, settings.last(), codes.length);
            for (int r = 0; r < codes.length; r++) {
                fill(batch, r, itemSources, codes[r], Map.of(), random);
            }
            return batch;
        }

        private static void fill(
                TowerBatch batch,
                int row,
                List<TowerSource> sources,
                int code,
                Map<String, int[]> sequences,
                SplittableRandom random) {
            for (int i = 0; i < sources.size(); i++) {
                TowerSource source = sources.get(i);
                if (source instanceof TowerLookup lookup
                        && lookup.input().kind() == TowerInput.Kind.ID
                        && random.nextDouble() < FORGET) {
                    batch.set(row, i, new int[] {lookup.coldRow(code)}, lookup.table());
                } else {
                    source.fill(batch, row, i, code, sequences);
                }
            }
        }

        /** What is taken off each logit: how often its item is drawn; all of it where the item is the example's own. */
        private float[] masked(int[] candidates, int rows) {
            float[] masked = new float[rows * candidates.length];
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < candidates.length; c++) {
                    boolean isSame = c != r && candidates[c] == candidates[r];
                    masked[r * candidates.length + c] = isSame ? 1e6f : logDrawn[candidates[c]];
                }
            }
            return masked;
        }

        private void spread(TowerBatch batch, Tower.Inputs inputs, List<TowerSource> sources) {
            float[][] sequences = inputs.sequences().stream()
                    .map(array -> array.getGradient().toFloatArray())
                    .toArray(float[][]::new);
            batch.spread(
                    inputs.means().getGradient().toFloatArray(),
                    sequences,
                    (input, row, share, gradients, start) ->
                            rows.add(sources.get(input).input().table(), row, share, gradients, start));
        }

        @Override
        public void addAll(Worker other) {
            Weights.add(subjectGradients, other.subjectGradients);
            Weights.add(itemGradients, other.itemGradients);
            rows.addAll(other.rows);
        }
    }
}
