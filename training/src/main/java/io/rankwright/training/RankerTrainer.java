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
 */
public final class RankerTrainer {
    /** Categories and ids that occur less often are unknown. */
    private static final int RAREST_CATEGORY = 20;

    private static final int RAREST_ID = 2;
    /** The weights that are tried: 0 to 1 in so many steps. */
    private static final int WEIGHTS = 20;

    private final FeedApplication application;
    private final EventLog log;
    private final DataSet data;
    private final DataSet.Range train;
    private final DataSet.Range validate;
    private final Model.Rank settings;
    private final List<Label> heads;
    private final TrainingRun run;
    private final Path checkpoints;

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
        this.checkpoints = checkpoints;
    }

    /** Trains everything that the settings ask for. */
    public Artefact train(Progress progress) {
        Optional<Affinity> affinity = settings.affinity()
                .map(chosen -> AffinityTrainer.train(application, log, chosen, run.seed(), progress));
        var inputs = new RankerInputs(layout(), vocabularies(), affinity);
        var trainExamples = new Examples(data, train, InputRows.of(data, train, inputs, log));
        var validateExamples = new Examples(data, validate, InputRows.of(data, validate, inputs, log));
        var kinds = new ArrayList<Ranker.Kind>();
        var members = new ArrayList<Map<String, byte[]>>();
        settings.trees().ifPresent(chosen -> {
            kinds.add(Ranker.Kind.TREES);
            members.add(Ranker.trees(new TreesTrainer(chosen, inputs.layout(), trainExamples, validateExamples, run)
                    .train(heads, progress)));
        });
        settings.dcn().ifPresent(chosen -> {
            kinds.add(Ranker.Kind.NETWORK);
            members.add(new NetworkTrainer(chosen, inputs, heads, trainExamples, run, checkpoints).train(progress));
        });
        return blended(heads, kinds, members, inputs, validateExamples);
    }

    /** Trains the trees of the settings alone. */
    public Artefact trees(Progress progress) {
        var alone = new Model.Rank(
                settings.heads(),
                settings.calibrate(),
                settings.affinity(),
                settings.trees(),
                Optional.empty(),
                settings.candidates());
        return new RankerTrainer(application, log, data, train, validate, alone, run, checkpoints).train(progress);
    }

    /** Makes a ranker of a network that was trained elsewhere: only its calibration is learnt here. */
    public Artefact take(ImportedNetwork network) {
        RankerInputs inputs = network.inputs(application);
        var examples = new Examples(data, validate, InputRows.of(data, validate, inputs, log));
        List<Label> outputs = network.heads().stream()
                .map(name -> application.framing().label(name))
                .toList();
        return blended(outputs, List.of(Ranker.Kind.NETWORK), List.of(network.parts()), inputs, examples);
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

    private Map<String, Vocabulary> vocabularies() {
        var vocabularies = new TreeMap<String, Vocabulary>();
        for (int c = 0; c < data.columns().size(); c++) {
            if (data.columns().get(c).kind() == FeatureColumn.Kind.CATEGORY
                    && isWanted(data.columns().get(c))) {
                int[] counts = new int[data.texts().get(c).size()];
                for (int i = train.from(); i < train.to(); i++) {
                    counts[data.categories()[c][i]]++;
                }
                vocabularies.put(
                        data.columns().get(c).name(), vocabulary(data.texts().get(c), counts, RAREST_CATEGORY));
            }
        }
        settings.dcn().ifPresent(dcn -> {
            var subjects = new Seen(data.subjectTexts().size());
            var items = new Seen(data.itemTexts().size());
            for (int i = train.from(); i < train.to(); i++) {
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
                    .map(forget -> data.timesMillis()[train.to() - 1] - forget.toMillis())
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
    private Artefact blended(
            List<Label> labels,
            List<Ranker.Kind> kinds,
            List<Map<String, byte[]>> members,
            RankerInputs inputs,
            Examples examples) {
        var begun = new ArrayList<Ranker.Head>();
        for (Label label : labels) {
            begun.add(new Ranker.Head(
                    label.name(),
                    label.isBinary(),
                    label.given().orElse(""),
                    otherwise(label),
                    Collections.nCopies(kinds.size(), 0.0),
                    CalibrationFit.none(label.isBinary())));
        }
        double[][][] scores = new double[kinds.size()][][];
        try (Ranker ranker = Ranker.of(Ranker.artefact(new Ranker.Manifest(kinds, begun), inputs, members))) {
            for (int m = 0; m < scores.length; m++) {
                scores[m] = ranker.raw(examples.rows(), examples.range().size(), kinds.get(m));
            }
        }
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
            return Ranker.artefact(new Ranker.Manifest(kinds.subList(0, 1), alone), inputs, members.subList(0, 1));
        }
        return Ranker.artefact(new Ranker.Manifest(kinds, judged), inputs, members);
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
