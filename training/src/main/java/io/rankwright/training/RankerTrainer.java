package io.rankwright.training;

import io.rankwright.features.FeatureColumn;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.models.Affinity;
import io.rankwright.models.Artefact;
import io.rankwright.models.Calibration;
import io.rankwright.models.ImportedNetwork;
import io.rankwright.models.Ranker;
import io.rankwright.models.RankerInputs;
import io.rankwright.models.RankerInputs.Layout;
import io.rankwright.models.Vocabulary;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Trains a ranker: what its inputs are, the affinity, trees and network, the weights of their blend, and the calibration,
 * the last two on the validation days. A network that does not better the trees there gets no weight, and is left out.
 * If it is to refit, all but the affinity is learnt once more with the validation days: what comes next is most like them.
 */
public final class RankerTrainer {
    /** Categories and ids that occur less often are unknown. */
    private static final int RAREST_CATEGORY = 20;

    private static final int RAREST_ID = 2;
    /** The weights that are tried: 0 to 1 in so many steps. */
    private static final int WEIGHTS = 20;

    /** How much the word of the teachers counts beside what happened. */
    private static final double TAUGHT = 0.7;

    private static final long TEACHER_SEED = 1_000;

    private final FeedApplication application;
    private final EventLog log;
    private final DataSet data;
    private final DataSet.Range train;
    private final DataSet.Range validate;
    private final Model.Rank settings;
    private final List<Label> heads;
    private final TrainingRun run;
    private final FinishedMembers finished;

    /**
     * @param checkpoints a folder for this training alone, where it goes on after a kill
     */
    public RankerTrainer(
            FeedApplication application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            DataSet.Range validate,
            Model.Rank settings,
            TrainingRun run,
            Path checkpoints) {
        this.application = application;
        this.log = log;
        this.data = data;
        this.train = train;
        this.validate = validate;
        this.settings = settings;
        this.heads = settings.heads().stream()
                .map(name -> application.framing().label(name))
                .toList();
        this.run = run;
        this.finished = new FinishedMembers(checkpoints);
    }

    /**
     * What some training days teach.
     *
     * @param rounds how many trees each head has
     */
    private record Learnt(
            RankerInputs inputs,
            List<Ranker.Kind> kinds,
            List<Map<String, byte[]>> members,
            Map<String, Integer> rounds) {
        /** A ranker of the members that a manifest names, which are the first. */
        Artefact ranker(Ranker.Manifest manifest) {
            return Ranker.artefact(
                    manifest, inputs, members.subList(0, manifest.members().size()));
        }
    }

    /** Trains everything that the settings ask for. */
    public Artefact train(Progress progress) {
        Optional<Affinity> affinity = settings.affinity()
                .map(chosen -> AffinityTrainer.train(application, log, chosen, run.seed(), progress));
        RankerInputs inputs = inputs(train, affinity);
        Examples judged = examples(validate, inputs);
        Learnt learnt = learn(
                "network",
                inputs,
                examples(train, inputs),
                new TreesTrainer.Enough.NoBetter(judged),
                settings.dcn(),
                progress);
        Ranker.Manifest manifest = blended(heads, learnt, judged);
        if (settings.refit()) {
            boolean hasNetwork = manifest.members().contains(Ranker.Kind.NETWORK);
            var both = new DataSet.Range(train.from(), validate.to());
            RankerInputs ofBoth = inputs(both, affinity);
            learnt = learn(
                    "refit",
                    ofBoth,
                    examples(both, ofBoth),
                    new TreesTrainer.Enough.After(learnt.rounds()),
                    settings.dcn().filter(_ -> hasNetwork),
                    progress);
        }
        finished.clear();
        return learnt.ranker(manifest);
    }

    private Examples examples(DataSet.Range range, RankerInputs inputs) {
        return new Examples(data, range, InputRows.of(data, range, inputs, log));
    }

    private RankerInputs inputs(DataSet.Range range, Optional<Affinity> affinity) {
        return new RankerInputs(layout(), vocabularies(range), affinity);
    }

    /**
     * @param name of the network among the finished members
     * @param enough when there are trees enough
     */
    private Learnt learn(
            String name,
            RankerInputs inputs,
            Examples examples,
            TreesTrainer.Enough enough,
            Optional<Model.Dcn> dcn,
            Progress progress) {
        var kinds = new ArrayList<Ranker.Kind>();
        var members = new ArrayList<Map<String, byte[]>>();
        var rounds = new TreeMap<String, Integer>();
        settings.trees().ifPresent(chosen -> {
            var trees = new TreeMap<String, byte[]>();
            new TreesTrainer(chosen, inputs.layout(), examples, run)
                    .train(heads, enough, progress)
                    .forEach((head, ensemble) -> {
                        trees.put(head, ensemble.trees());
                        rounds.put(head, ensemble.rounds());
                    });
            kinds.add(Ranker.Kind.TREES);
            members.add(Ranker.trees(trees));
        });
        dcn.ifPresent(chosen -> {
            kinds.add(Ranker.Kind.NETWORK);
            members.add(network(name, chosen, inputs, examples, progress));
        });
        return new Learnt(inputs, kinds, members, rounds);
    }

    /** The network that serves, after its teachers. */
    private Map<String, byte[]> network(
            String name, Model.Dcn dcn, RankerInputs inputs, Examples examples, Progress progress) {
        var labels = new TreeMap<String, double[]>();
        heads.forEach(head -> labels.put(head.name(), examples.labels(head.name())));
        if (dcn.teachers() == 0) {
            return network(name, run.seed(), dcn, inputs, examples, labels, progress);
        }
        double[][] said = new double[heads.size()][examples.range().size()];
        for (int t = 1; t <= dcn.teachers(); t++) {
            var teacher = network(
                    name + "-teacher-" + t, run.seed() + t * TEACHER_SEED, dcn, inputs, examples, labels, progress);
            double[][] one = raw(heads, List.of(Ranker.Kind.NETWORK), List.of(teacher), inputs, examples)[0];
            for (int h = 0; h < said.length; h++) {
                for (int i = 0; i < said[h].length; i++) {
                    said[h][i] += one[h][i] / dcn.teachers();
                }
            }
        }
        for (int h = 0; h < said.length; h++) {
            if (heads.get(h).isBinary()) {
                labels.put(
                        heads.get(h).name(), taught(examples.labels(heads.get(h).name()), said[h]));
            }
        }
        return network(name, run.seed(), dcn, inputs, examples, labels, progress);
    }

    private Map<String, byte[]> network(
            String name,
            long seed,
            Model.Dcn dcn,
            RankerInputs inputs,
            Examples examples,
            Map<String, double[]> labels,
            Progress progress) {
        var own = new TrainingRun(seed, run.workers(), run.device());
        return finished.member(
                name, folder -> new NetworkTrainer(dcn, inputs, heads, examples, labels, own, folder).train(progress));
    }

    /** What happened, and the probabilities that teachers gave it. */
    private static double[] taught(double[] happened, double[] logOdds) {
        double[] taught = new double[happened.length];
        for (int i = 0; i < taught.length; i++) {
            taught[i] = (1 - TAUGHT) * happened[i] + TAUGHT / (1 + Math.exp(-logOdds[i]));
        }
        return taught;
    }

    /** Trains the trees of the settings alone. */
    public Artefact trees(Progress progress) {
        var alone = new Model.Rank(
                settings.heads(),
                settings.calibrate(),
                settings.affinity(),
                settings.trees(),
                Optional.empty(),
                settings.refit(),
                settings.candidates());
        return new RankerTrainer(application, log, data, train, validate, alone, run, finished.folder())
                .train(progress);
    }

    /** Makes a ranker of a network that was trained elsewhere: only its calibration is learnt here. */
    public Artefact take(ImportedNetwork network) {
        RankerInputs inputs = network.inputs(application);
        List<Label> outputs = network.heads().stream()
                .map(name -> application.framing().label(name))
                .toList();
        var taken = new Learnt(inputs, List.of(Ranker.Kind.NETWORK), List.of(network.parts()), Map.of());
        return taken.ranker(blended(outputs, taken, examples(validate, inputs)));
    }

    private Layout layout() {
        List<FeatureColumn> columns =
                data.columns().stream().filter(this::isWanted).toList();
        List<RankerInputs.Sequence> sequences = settings.dcn()
                .map(dcn -> application.features().stream()
                        .map(feature -> feature.name())
                        .filter(data.sequences()::containsKey)
                        .filter(name ->
                                dcn.sequences().isEmpty() || dcn.sequences().contains(name))
                        .map(name -> new RankerInputs.Sequence(name, dcn.last()))
                        .toList())
                .orElse(List.of());
        return new Layout(
                application.framing().subject(),
                application.framing().item(),
                columns.stream().map(FeatureColumn::name).toList(),
                columns.stream()
                        .map(column -> column.kind() == FeatureColumn.Kind.CATEGORY)
                        .toList(),
                settings.affinity().isPresent(),
                settings.dcn().isPresent(),
                sequences);
    }

    /** Whether any of the rankers looks at a feature. */
    private boolean isWanted(FeatureColumn column) {
        return Stream.concat(
                                settings.trees().map(Model.Trees::features).stream(),
                                settings.dcn().map(Model.Dcn::features).stream())
                        .anyMatch(features -> features.isEmpty() || features.contains(column.name()))
                || settings.dcn().flatMap(Model.Dcn::by).equals(Optional.of(column.name()));
    }

    private Map<String, Vocabulary> vocabularies(DataSet.Range range) {
        var vocabularies = new TreeMap<String, Vocabulary>();
        for (int c = 0; c < data.columns().size(); c++) {
            if (data.columns().get(c).kind() == FeatureColumn.Kind.CATEGORY
                    && isWanted(data.columns().get(c))) {
                int[] counts = new int[data.texts().get(c).size()];
                for (int i = range.from(); i < range.to(); i++) {
                    counts[data.categories()[c][i]]++;
                }
                vocabularies.put(
                        data.columns().get(c).name(), vocabulary(data.texts().get(c), counts, RAREST_CATEGORY));
            }
        }
        settings.dcn().ifPresent(dcn -> {
            var subjects = new Seen(data.subjectTexts().size());
            var items = new Seen(data.itemTexts().size());
            for (int i = range.from(); i < range.to(); i++) {
                long time = data.timesMillis()[i];
                subjects.add(data.subjects()[i], time);
                items.add(data.items()[i], time);
                for (int[][] sequences : data.sequences().values()) {
                    for (int item : sequences[i]) {
                        items.add(item, time);
                    }
                }
            }
            long since = dcn.forget()
                    .map(forget -> data.timesMillis()[range.to() - 1] - forget.toMillis())
                    .orElse(Seen.BEFORE);
            vocabularies.put(
                    application.framing().subject(),
                    vocabulary(data.subjectTexts(), subjects.countsSince(since), RAREST_ID));
            vocabularies.put(
                    application.framing().item(), vocabulary(data.itemTexts(), items.countsSince(since), RAREST_ID));
        });
        return vocabularies;
    }

    /** The texts seen often enough, the most frequent first; ties in the order of the text. */
    private static Vocabulary vocabulary(List<String> texts, int[] counts, int rarest) {
        var known = new HashMap<String, Integer>();
        for (int t = 0; t < counts.length; t++) {
            if (counts[t] >= rarest && !texts.get(t).isEmpty()) {
                known.put(texts.get(t), counts[t]);
            }
        }
        return new Vocabulary(known.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .toList());
    }

    /** The weights and the calibration of each head, by what the members say of the validation days. */
    private Ranker.Manifest blended(List<Label> labels, Learnt learnt, Examples examples) {
        List<Ranker.Kind> kinds = learnt.kinds();
        double[][][] scores = raw(labels, kinds, learnt.members(), learnt.inputs(), examples);
        List<Ranker.Head> begun = begun(labels, kinds);
        var judged = new ArrayList<Ranker.Head>();
        for (int h = 0; h < labels.size(); h++) {
            judged.add(judged(begun.get(h), h, scores, examples));
        }
        boolean isNetworkUseless = kinds.size() == 2
                && judged.stream().allMatch(head -> head.weights().getLast() == 0);
        if (isNetworkUseless) {
            List<Ranker.Head> alone = judged.stream()
                    .map(head -> head.with(List.of(1.0), head.calibration()))
                    .toList();
            return new Ranker.Manifest(kinds.subList(0, 1), alone);
        }
        return new Ranker.Manifest(kinds, judged);
    }

    /** The raw scores of each member, of each head, of each example. */
    private double[][][] raw(
            List<Label> labels,
            List<Ranker.Kind> kinds,
            List<Map<String, byte[]>> members,
            RankerInputs inputs,
            Examples examples) {
        double[][][] scores = new double[kinds.size()][][];
        var manifest = new Ranker.Manifest(kinds, begun(labels, kinds));
        try (Ranker ranker = Ranker.of(Ranker.artefact(manifest, inputs, members))) {
            for (int m = 0; m < scores.length; m++) {
                scores[m] = ranker.raw(examples.rows(), examples.range().size(), kinds.get(m));
            }
        }
        return scores;
    }

    /** Heads before anything is known of their members. */
    private List<Ranker.Head> begun(List<Label> labels, List<Ranker.Kind> kinds) {
        return labels.stream()
                .map(label -> new Ranker.Head(
                        label.name(),
                        label.isBinary(),
                        label.given().orElse(""),
                        otherwise(label),
                        Collections.nCopies(kinds.size(), 0.0),
                        CalibrationFit.none(label.isBinary())))
                .toList();
    }

    private Ranker.Head judged(Ranker.Head head, int place, double[][][] scores, Examples examples) {
        double[] labels = examples.labels(head.name());
        int[] chosen = examples.with(head.name());
        double[] outcomes = at(labels, chosen);
        double[] first = at(scores[0][place], chosen);
        if (scores.length == 1) {
            return head.with(List.of(1.0), CalibrationFit.fit(settings.calibrate(), first, outcomes, head.isBinary()));
        }
        double[] second = at(scores[1][place], chosen);
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int step = 0; step <= WEIGHTS; step++) {
            double weight = (double) step / WEIGHTS;
            double loss = loss(blend(first, second, weight), outcomes, head.isBinary());
            if (loss < least) {
                least = loss;
                best = step;
            }
        }
        Calibration calibration = CalibrationFit.fit(
                settings.calibrate(), blend(first, second, (double) best / WEIGHTS), outcomes, head.isBinary());
        return head.with(List.of((double) (WEIGHTS - best) / WEIGHTS, (double) best / WEIGHTS), calibration);
    }

    private static double[] at(double[] values, int[] places) {
        double[] chosen = new double[places.length];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = values[places[i]];
        }
        return chosen;
    }

    private static double[] blend(double[] first, double[] second, double weight) {
        double[] sums = new double[first.length];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = (1 - weight) * first[i] + weight * second[i];
        }
        return sums;
    }

    /** Log loss of log-odds, squared error of amounts. */
    private static double loss(double[] scores, double[] outcomes, boolean isBinary) {
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            double error = scores[i] - outcomes[i];
            sum += isBinary ? Math.log1p(Math.exp(scores[i])) - outcomes[i] * scores[i] : error * error;
        }
        return sum / scores.length;
    }

    /** The mean amount where the label that this one is given does not hold. */
    private double otherwise(Label label) {
        double[] amounts = data.amounts().get(label.name());
        double[] values = data.labels().get(label.name());
        if (label.given().isEmpty() || amounts == null || values == null) {
            return 0;
        }
        double sum = 0;
        int count = 0;
        for (int i = train.from(); i < train.to(); i++) {
            if (Double.isNaN(values[i]) && !Double.isNaN(amounts[i])) {
                sum += amounts[i];
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }
}
