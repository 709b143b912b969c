package io.rankwright.cli.pipeline;

import io.rankwright.evaluation.Bootstrap;
import io.rankwright.evaluation.Classification;
import io.rankwright.evaluation.Decision;
import io.rankwright.evaluation.uplift.UpliftCurve;
import io.rankwright.log.CaseSimulator;
import io.rankwright.log.DataRoot;
import io.rankwright.log.Progress;
import io.rankwright.models.Artefact;
import io.rankwright.models.Calibration;
import io.rankwright.models.TokenNetwork;
import io.rankwright.models.Tokens;
import io.rankwright.models.encoding.EncodedContents;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.models.encoding.TextEncoder;
import io.rankwright.models.text.CaseModel;
import io.rankwright.serving.score.ScoreModels;
import io.rankwright.spec.Model;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.CaseFeature;
import io.rankwright.spec.ScoreApplication.Criterion;
import io.rankwright.spec.ScoreApplication.Rule;
import io.rankwright.spec.ScoreApplication.Uplift;
import io.rankwright.training.CalibrationFit;
import io.rankwright.training.CaseTrainer;
import io.rankwright.training.CodeVersion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Runs a score up to a registered version: cases, vectors, models by folds, calibration, policy, metrics, gates. Every case
 * is judged by a model that did not learn from it, with a calibration, a choice and thresholds that were found without it.
 * Killed at any moment and started again it ends with the same version; what is valid is used again.
 */
public final class ScorePipeline extends TaskPipeline<ScoreApplication, ScoreSet> {
    private static final int RESAMPLES = 400;
    /** Each sorts all cases anew. */
    private static final int UPLIFT_RESAMPLES = 100;

    private static final int BINS = 15;
    /** What a network counts is a multiple of one over this. */
    private static final int SHARES = 10;
    /** A slice with fewer cases says nothing. */
    private static final int FEWEST_IN_SLICE = 100;

    private final List<String> labels;

    private ScorePipeline(
            ScoreApplication application,
            Path state,
            DataRoot root,
            RegistryPlace registry,
            long seed,
            Reporter reporter) {
        super(application, state, root, registry, seed, reporter);
        this.labels = application.framing().names();
    }

    /**
     * Finds the data of a score, or makes some.
     *
     * @param folder the folder that was named for the sources
     * @param registry where versions are kept
     * @param isSimulated whether to make them even where real ones are found
     */
    public static ScorePipeline of(
            ScoreApplication application,
            Home home,
            Optional<Path> folder,
            boolean isSimulated,
            RegistryPlace registry,
            long seed,
            Reporter reporter) {
        DataRoot root = Sources.find(application, application.data().cases().globs(), folder, isSimulated)
                .orElseGet(() -> {
                    var settings = application.data().simulated().orElseThrow(() -> Sources.nothing(application));
                    Path into = home.state(true).resolve("data");
                    CaseSimulator.write(into, application, settings);
                    return new DataRoot(into, true);
                });
        Sources.tell(root, reporter);
        return new ScorePipeline(application, home.state(root.isSimulated()), root, registry, seed, reporter);
    }

    @Override
    ScoreSet data() {
        try (Reporter.Step step = reporter.step("read")) {
            ScoreSet data = ScoreSet.read(application, root, state, step);
            Sources.keepQuarantine(state, data.quarantined());
            step.outcome(
                    "%s; %,d more that reviewers have judged",
                    Sources.words(data.counts()), data.ids().size() - data.sourced());
            return data;
        }
    }

    @Override
    String identity(ScoreSet data) {
        return data.hash();
    }

    @Override
    String modelCode() {
        return CodeVersion.of(
                ScoreApplication.class, Artefact.class, Classification.class, CaseTrainer.class, ScorePipeline.class);
    }

    @Override
    Trained train(ScoreSet data) {
        List<CaseModel.Seen> seen = seen(data);
        var trainer = new CaseTrainer(application, data.cases(), seen, data.targets(), seed);
        int folds = application.data().folds();
        var choices = new ArrayList<int[]>();
        for (int fold = 0; fold < folds; fold++) {
            int out = fold;
            choices.add(chosen(data.ids().size(), i -> i >= data.sourced() || fold(i) != out));
        }
        choices.add(chosen(data.ids().size(), _ -> true));
        Path checkpoints = state.resolve("checkpoints")
                .resolve(hash(identity(data), application.hash(), modelCode(), Long.toString(seed)));
        List<Optional<TokenNetwork.Parts>> networks = networks(trainer, choices, checkpoints);
        var said = new Said(new double[labels.size()][data.sourced()], new ArrayList<>());
        double[][] linear = new double[labels.size()][data.sourced()];
        double[] effects = new double[data.sourced()];
        application
                .model()
                .network()
                .ifPresent(_ -> labels.forEach(_ -> said.network().add(new double[data.sourced()])));
        for (int fold = 0; fold < folds; fold++) {
            try (Reporter.Step step = reporter.step("fold " + (fold + 1))) {
                int out = fold;
                CaseModel.Fitted fitted = trainer.fit(choices.get(fold), networks.get(fold), step);
                try (var model = new CaseModel(application, fitted, uncalibrated(fitted))) {
                    for (int i : chosen(data.sourced(), i -> fold(i) == out)) {
                        CaseModel.Scored scored = model.score(data.cases().get(i), seen.get(i));
                        for (int l = 0; l < labels.size(); l++) {
                            said.others()[l][i] = scored.raw()[l];
                            linear[l][i] = scored.margins()[l];
                        }
                        for (int l = 0; l < said.network().size(); l++) {
                            said.network().get(l)[i] = scored.network()[l];
                        }
                        effects[i] = scored.effect().orElse(Double.NaN);
                    }
                }
                step.outcome(
                        "%,d cases scored by a model that did not learn from them",
                        chosen(data.sourced(), i -> fold(i) == out).length);
            }
        }
        CaseModel.Fitted fitted;
        try (Reporter.Step step = reporter.step("all")) {
            fitted = trainer.fit(choices.getLast(), networks.getLast(), step);
            step.outcome(
                    "%,d columns, regressions%s%s",
                    fitted.inputs().columns(),
                    fitted.trees().isEmpty() ? "" : " and trees",
                    fitted.network().isEmpty() ? "" : " and a network");
        }
        var metrics = new TreeMap<String, Double>();
        var intervals = new TreeMap<String, List<Double>>();
        Judged judged = judge(data, said, "", metrics, intervals);
        if (application.evaluation().baselines().contains("linear")) {
            judge(data, Said.of(linear), "linear.", metrics, intervals);
        }
        application.framing().uplift().ifPresent(uplift -> judge(uplift, data, effects, metrics, intervals));
        CaseModel.Manifest manifest = manifest(
                data,
                said,
                linear,
                chosen(data.sourced(), _ -> true),
                !fitted.trees().isEmpty());
        var artefacts = new HashMap<String, byte[]>();
        artefacts.put(ScoreModels.ARTEFACT, CaseModel.artefact(fitted, manifest).bytes());
        artefacts.put("reliability", Artefact.json(judged.reliability()));
        artefacts.put("fairness", Artefact.json(judged.slices()));
        artefacts.put("policy", Artefact.json(judged.rules()));
        CaseTrainer.clear(checkpoints);
        return new Trained(artefacts, metrics, intervals, data.sourced() + " cases", folds + " folds");
    }

    private List<Optional<TokenNetwork.Parts>> networks(CaseTrainer trainer, List<int[]> choices, Path checkpoints) {
        if (application.model().network().isEmpty()) {
            return trainer.networks(choices, checkpoints, Progress.SILENT);
        }
        try (Reporter.Step step = reporter.step("network")) {
            List<Optional<TokenNetwork.Parts>> networks = trainer.networks(choices, checkpoints, step);
            step.outcome("%,d networks over tokens, one without each fold and one of all", networks.size());
            return networks;
        }
    }

    private List<CaseModel.Seen> seen(ScoreSet data) {
        var vectors = new ArrayList<Map<String, float[]>>();
        data.cases().forEach(_ -> vectors.add(new HashMap<>()));
        List<Tokens> tokens = Collections.nCopies(data.cases().size(), Tokens.NONE);
        Optional<CaseFeature.Embedding> byToken = ScoreModels.readByToken(application);
        var embeddings = new LinkedHashSet<>(byToken.stream().toList());
        embeddings.addAll(ScoreModels.embeddings(application));
        try (var encoders = new Encoders(state, application.encoders())) {
            for (CaseFeature.Embedding embedding : embeddings) {
                try (Reporter.Step step = reporter.step("encode")) {
                    EncodedContents contents = encoders.of(embedding.encoder());
                    int before = contents.size();
                    List<String> asked = data.cases().stream()
                            .map(fields -> fields.getOrDefault(embedding.column(), ""))
                            .toList();
                    List<float[]> found;
                    if (byToken.equals(Optional.of(embedding))) {
                        List<TextEncoder.Reading> readings = contents.read(asked, step);
                        found = readings.stream()
                                .map(TextEncoder.Reading::vector)
                                .toList();
                        tokens = readings.stream()
                                .map(TextEncoder.Reading::tokens)
                                .toList();
                    } else {
                        found = contents.of(asked, step);
                    }
                    for (int i = 0; i < found.size(); i++) {
                        vectors.get(i).put(embedding.name(), found.get(i));
                    }
                    step.outcome(
                            "%s by %s: %,d %s, %,d of them new%s",
                            embedding.name(),
                            embedding.encoder().word(),
                            found.size(),
                            embedding.encoder().contents(),
                            contents.size() - before,
                            byToken.equals(Optional.of(embedding)) ? ", token by token" : "");
                }
            }
        }
        var seen = new ArrayList<CaseModel.Seen>();
        for (int i = 0; i < vectors.size(); i++) {
            seen.add(new CaseModel.Seen(vectors.get(i), tokens.get(i)));
        }
        return seen;
    }

    /**
     * What models said of cases that they had not learnt from, by label.
     *
     * @param others trees, or regressions where there are none
     * @param network over tokens; empty if there is none
     */
    private record Said(double[][] others, List<double[]> network) {
        static Said of(double[][] scores) {
            return new Said(scores, List.of());
        }

        /** Both together. */
        double[][] blended(double share) {
            double[][] blended = others.clone();
            for (int l = 0; l < network.size(); l++) {
                blended[l] = CaseModel.blended(others[l], network.get(l), share);
            }
            return blended;
        }
    }

    /** How much the network counts: so that the calibrated scores of some cases have the least cross entropy. */
    private double networkShare(ScoreSet data, Said said, int[] cases) {
        double best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int s = 0; s <= SHARES && !said.network().isEmpty(); s++) {
            double[][] raw = said.blended((double) s / SHARES);
            double loss = 0;
            for (int l = 0; l < labels.size(); l++) {
                double[] scores = at(raw[l], cases);
                double[] holds = at(data.holds()[l], cases);
                Calibration calibration = CalibrationFit.fit(Model.Calibrate.PLATT, scores, holds, true);
                loss += Classification.logLoss(
                        Arrays.stream(scores).map(calibration::apply).toArray(), holds);
            }
            if (loss < least) {
                least = loss;
                best = (double) s / SHARES;
            }
        }
        return best;
    }

    /** The fold of a case: by its place, spread by the seed of the split. */
    private int fold(int place) {
        long mixed = (place + 1) * 0x9E3779B97F4A7C15L ^ application.data().seed() * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 31)) * 0x94D049BB133111EBL;
        return (int) Long.remainderUnsigned(
                mixed ^ (mixed >>> 29), application.data().folds());
    }

    private static int[] chosen(int count, IntPredicate which) {
        return IntStream.range(0, count).filter(which).toArray();
    }

    private CaseModel.Manifest uncalibrated(CaseModel.Fitted fitted) {
        return new CaseModel.Manifest(
                labels,
                none(),
                none(),
                Collections.nCopies(labels.size(), 1.0),
                Collections.nCopies(application.serving().policy().size(), 1.0),
                !fitted.trees().isEmpty(),
                0);
    }

    private List<Calibration> none() {
        return labels.stream()
                .map(_ -> (Calibration) new Calibration.Logistic(1, 0))
                .toList();
    }

    private List<Calibration> calibrations(ScoreSet data, double[][] raw, int[] cases) {
        var calibrations = new ArrayList<Calibration>();
        for (int l = 0; l < labels.size(); l++) {
            calibrations.add(CalibrationFit.fit(
                    application.model().calibrate(), at(raw[l], cases), at(data.holds()[l], cases), true));
        }
        return calibrations;
    }

    /** Calibration, choice and thresholds by what models said of cases that they had not learnt from. */
    private CaseModel.Manifest manifest(ScoreSet data, Said said, double[][] linear, int[] cases, boolean hasTrees) {
        double networkShare = networkShare(data, said, cases);
        double[][] raw = said.blended(networkShare);
        List<Calibration> calibrations = calibrations(data, raw, cases);
        List<Calibration> light = calibrations(data, linear, cases);
        var begun = new CaseModel.Manifest(
                labels,
                calibrations,
                light,
                Collections.nCopies(labels.size(), 1.0),
                Collections.nCopies(application.serving().policy().size(), 1.0),
                hasTrees,
                networkShare);
        double[][] probabilities = probabilities(raw, cases, begun);
        double[][] holds = new double[labels.size()][];
        for (int l = 0; l < labels.size(); l++) {
            holds[l] = at(data.holds()[l], cases);
        }
        return new CaseModel.Manifest(
                labels,
                calibrations,
                light,
                favours(probabilities, holds),
                thresholds(probabilities, holds),
                hasTrees,
                networkShare);
    }

    private double[][] probabilities(double[][] raw, int[] cases, CaseModel.Manifest manifest) {
        double[][] probabilities = new double[labels.size()][cases.length];
        for (int i = 0; i < cases.length; i++) {
            double[] one = new double[labels.size()];
            for (int l = 0; l < one.length; l++) {
                one[l] = raw[l][cases[i]];
            }
            double[] found = CaseModel.probabilities(
                    one, manifest.calibrations(), application.framing().isExclusive());
            for (int l = 0; l < one.length; l++) {
                probabilities[l][i] = found[l];
            }
        }
        return probabilities;
    }

    private List<Double> favours(double[][] probabilities, double[][] holds) {
        if (!application.framing().isExclusive()) {
            return Collections.nCopies(labels.size(), 1.0);
        }
        return Decision.favours(
                probabilities,
                Decision.classes(holds),
                switch (application.model().objective()) {
                    case ACCURACY -> Decision::accuracy;
                    case WEIGHTED_F1 -> Decision::weightedF1;
                    case MACRO_F1 -> Decision::macroF1;
                });
    }

    private List<Double> thresholds(double[][] probabilities, double[][] holds) {
        return application.serving().policy().stream()
                .map(rule -> {
                    int label = labels.indexOf(rule.label());
                    return switch (rule.criterion()) {
                        case Criterion.Threshold(double at) -> at;
                        case Criterion.Precision(double share) ->
                            Decision.atPrecision(probabilities[label], holds[label], share);
                        case Criterion.Recall(double share) ->
                            Decision.atRecall(probabilities[label], holds[label], share);
                        case Criterion.Costs(double wrong, double missed) -> wrong / (wrong + missed);
                    };
                })
                .toList();
    }

    /** What a rule does to cases that it was not chosen on. */
    public record RuleFigures(
            String action, String label, String criterion, double share, double precision, double recall) {}

    /** How a label fares in a part of the cases. */
    public record SliceFigures(
            String feature,
            String value,
            String label,
            int count,
            double observed,
            double predicted,
            double ece,
            double falselyChosen,
            double missed) {}

    private record Judged(
            Map<String, List<Classification.Bin>> reliability, List<SliceFigures> slices, List<RuleFigures> rules) {}

    /**
     * Judges raw scores that were made by folds: each fold with the calibration, choice and thresholds that the others gave.
     *
     * @param prefix of the names of the metrics
     */
    private Judged judge(
            ScoreSet data,
            Said scores,
            String prefix,
            Map<String, Double> metrics,
            Map<String, List<Double>> intervals) {
        int count = data.sourced();
        double[][] probabilities = new double[labels.size()][count];
        int[] chosen = new int[count];
        List<Rule> policy = application.serving().policy();
        boolean[][] acts = new boolean[policy.size()][count];
        for (int fold = 0; fold < application.data().folds(); fold++) {
            int out = fold;
            CaseModel.Manifest manifest =
                    manifest(data, scores, scores.others(), chosen(count, i -> fold(i) != out), false);
            int[] judged = chosen(count, i -> fold(i) == out);
            double[][] found = probabilities(scores.blended(manifest.networkShare()), judged, manifest);
            for (int i = 0; i < judged.length; i++) {
                double[] one = new double[labels.size()];
                for (int l = 0; l < one.length; l++) {
                    one[l] = found[l][i];
                    probabilities[l][judged[i]] = found[l][i];
                }
                chosen[judged[i]] = CaseModel.chosen(one, manifest.favours());
                for (int r = 0; r < acts.length; r++) {
                    acts[r][judged[i]] = one[labels.indexOf(policy.get(r).label())]
                            >= manifest.thresholds().get(r);
                }
            }
        }
        double[][] holds = new double[labels.size()][];
        for (int l = 0; l < labels.size(); l++) {
            holds[l] = Arrays.copyOf(data.holds()[l], count);
        }
        boolean[][] said = said(probabilities, chosen);
        for (int l = 0; l < labels.size(); l++) {
            String name = labels.get(l);
            for (String metric : application.evaluation().offline().getOrDefault(name, List.of())) {
                metrics.put(prefix + name + "." + metric, ofLabel(metric, probabilities[l], holds[l], said[l]));
                if (metric.equals("auc")) {
                    Bootstrap.Interval interval =
                            Classification.aucInterval(probabilities[l], holds[l], RESAMPLES, seed);
                    intervals.put(prefix + name + ".auc", List.of(interval.low(), interval.high()));
                }
            }
        }
        if (application.framing().isExclusive()) {
            int[] right = Decision.classes(holds);
            for (String metric : application.evaluation().offline().getOrDefault("case", List.of())) {
                Bootstrap.Interval interval =
                        Bootstrap.interval(count, counts -> ofCase(metric, chosen, right, counts), RESAMPLES, seed);
                metrics.put(prefix + "case." + metric, interval.value());
                intervals.put(prefix + "case." + metric, List.of(interval.low(), interval.high()));
            }
        }
        var reliability = new TreeMap<String, List<Classification.Bin>>();
        for (int l = 0; l < labels.size(); l++) {
            reliability.put(labels.get(l), Classification.reliability(probabilities[l], holds[l], BINS));
        }
        return new Judged(reliability, slices(data, probabilities, holds, said), rules(policy, acts, holds));
    }

    /** Judges effects that were predicted by folds. */
    private void judge(
            Uplift uplift,
            ScoreSet data,
            double[] effects,
            Map<String, Double> metrics,
            Map<String, List<Double>> intervals) {
        var isTreated = new boolean[effects.length];
        for (int i = 0; i < effects.length; i++) {
            isTreated[i] = CaseTrainer.isTreated(uplift, data.cases().get(i));
        }
        double[] outcomes = Arrays.copyOf(data.holds()[labels.indexOf(uplift.label())], effects.length);
        for (String metric : application.evaluation().offline().getOrDefault("uplift", List.of())) {
            Bootstrap.Interval interval = UpliftCurve.interval(
                    effects,
                    isTreated,
                    outcomes,
                    curve -> switch (metric) {
                        case "qini" -> curve.qiniCoefficient();
                        case "auuc" -> curve.auuc();
                        default -> curve.upliftAt(Double.parseDouble(metric.replaceFirst(".*@", "")) / 100);
                    },
                    UPLIFT_RESAMPLES,
                    seed);
            metrics.put("uplift." + metric, interval.value());
            intervals.put("uplift." + metric, List.of(interval.low(), interval.high()));
        }
    }

    /** Which labels are said to hold: the chosen one of exclusive ones, else those more likely than not. */
    private boolean[][] said(double[][] probabilities, int[] chosen) {
        boolean[][] said = new boolean[labels.size()][chosen.length];
        for (int l = 0; l < said.length; l++) {
            for (int i = 0; i < chosen.length; i++) {
                said[l][i] = application.framing().isExclusive() ? chosen[i] == l : probabilities[l][i] >= 0.5;
            }
        }
        return said;
    }

    private static double ofLabel(String metric, double[] probabilities, double[] holds, boolean[] said) {
        Decision.Counts counts = Decision.counts(said, holds);
        return switch (metric) {
            case "auc" -> Classification.auc(probabilities, holds);
            case "logloss" -> Classification.logLoss(probabilities, holds);
            case "ece" -> Classification.ece(probabilities, holds);
            case "precision" -> counts.precision();
            case "recall" -> counts.recall();
            case "f1" -> counts.f1();
            case "accuracy" -> counts.accuracy();
            default -> throw new IllegalArgumentException(metric + " of a label");
        };
    }

    private double ofCase(String metric, int[] chosen, int[] right, int[] counts) {
        return switch (metric) {
            case "accuracy" -> Decision.accuracy(chosen, right, counts, labels.size());
            case "weighted_f1" -> Decision.weightedF1(chosen, right, counts, labels.size());
            case "macro_f1" -> Decision.macroF1(chosen, right, counts, labels.size());
            default -> throw new IllegalArgumentException(metric + " of a case");
        };
    }

    private List<SliceFigures> slices(ScoreSet data, double[][] probabilities, double[][] holds, boolean[][] said) {
        var figures = new ArrayList<SliceFigures>();
        for (String feature : application.evaluation().slices()) {
            var byValue = new TreeMap<String, List<Integer>>();
            for (int i = 0; i < data.sourced(); i++) {
                byValue.computeIfAbsent(value(feature, data.cases().get(i)), _ -> new ArrayList<>())
                        .add(i);
            }
            byValue.forEach((value, members) -> {
                int[] cases = members.stream().mapToInt(Integer::intValue).toArray();
                for (int l = 0; l < labels.size() && cases.length >= FEWEST_IN_SLICE; l++) {
                    double[] held = at(holds[l], cases);
                    double[] predicted = at(probabilities[l], cases);
                    boolean[] saidOf = new boolean[cases.length];
                    for (int i = 0; i < cases.length; i++) {
                        saidOf[i] = said[l][cases[i]];
                    }
                    Decision.Counts counts = Decision.counts(saidOf, held);
                    figures.add(new SliceFigures(
                            feature,
                            value,
                            labels.get(l),
                            cases.length,
                            Arrays.stream(held).average().orElse(0),
                            Arrays.stream(predicted).average().orElse(0),
                            Classification.ece(predicted, held),
                            counts.falselyChosen(),
                            1 - counts.recall()));
                }
            });
        }
        return figures;
    }

    private String value(String feature, Map<String, String> fields) {
        return switch (application.feature(feature)) {
            case CaseFeature.Category category -> fields.getOrDefault(category.column(), "(missing)");
            case CaseFeature.Matches matches ->
                matches.pattern()
                                .matcher(fields.getOrDefault(matches.column(), ""))
                                .find()
                        ? "some"
                        : "none";
            case CaseFeature.Runs _, CaseFeature.Embedding _, CaseFeature.Amount _ ->
                throw new IllegalArgumentException(feature + " makes no slices");
        };
    }

    private List<RuleFigures> rules(List<Rule> policy, boolean[][] acts, double[][] holds) {
        var figures = new ArrayList<RuleFigures>();
        for (int r = 0; r < policy.size(); r++) {
            Rule rule = policy.get(r);
            Decision.Counts counts = Decision.counts(acts[r], holds[labels.indexOf(rule.label())]);
            figures.add(new RuleFigures(
                    rule.action().name().toLowerCase(Locale.ROOT),
                    rule.label(),
                    words(rule.criterion()),
                    counts.share(),
                    counts.precision(),
                    counts.recall()));
        }
        return figures;
    }

    private static String words(Criterion criterion) {
        return switch (criterion) {
            case Criterion.Threshold(double at) -> String.format(Locale.ROOT, "from %.2f on", at);
            case Criterion.Precision(double share) -> String.format(Locale.ROOT, "precision %.0f%%", 100 * share);
            case Criterion.Recall(double share) -> String.format(Locale.ROOT, "recall %.0f%%", 100 * share);
            case Criterion.Costs(double wrong, double missed) ->
                String.format(Locale.ROOT, "costs %s wrong, %s missed", wrong, missed);
        };
    }

    private static double[] at(double[] values, int[] places) {
        return Arrays.stream(places).mapToDouble(i -> values[i]).toArray();
    }
}
