package io.rankwright.cli.pipeline;

import static java.util.Objects.requireNonNull;

import io.rankwright.evaluation.Bootstrap;
import io.rankwright.evaluation.Classification;
import io.rankwright.evaluation.RankedList;
import io.rankwright.evaluation.Regression;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Formulas;
import io.rankwright.features.Replay;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.CollaborativeModel;
import io.rankwright.models.Ranker;
import io.rankwright.registry.Gates;
import io.rankwright.retrieval.Fusion;
import io.rankwright.retrieval.Popularity;
import io.rankwright.retrieval.Retriever;
import io.rankwright.retrieval.Source;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.Model;
import io.rankwright.training.DataSet;
import io.rankwright.training.InputRows;
import io.rankwright.training.Snapshot;
import io.rankwright.training.collaborative.Top;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Measures models on one day that they have not learnt from, beside the baselines.
 *
 * <p>Labels are judged over all exposures of the day. The feed is judged over the subjects with a positive exposure that
 * day: what the retrieval lists for them at the start of the day, over the full catalogue, what they have already taken
 * left out, against what they took.
 */
final class Evaluator {
    private static final int RESAMPLES = 200;
    private static final int DEEPEST = 100;
    /** Of fewer exposures a calibration error says more of chance than of the model. */
    private static final int SMALLEST_SLICE = 500;

    private final FeedApplication application;
    private final EventLog log;
    private final DataSet data;
    private final long seed;
    private final Map<String, Double> metrics = new TreeMap<>();
    private final Map<String, List<Double>> intervals = new TreeMap<>();

    Evaluator(FeedApplication application, EventLog log, DataSet data, long seed) {
        this.application = application;
        this.log = log;
        this.data = data;
        this.seed = seed;
    }

    Map<String, Double> metrics() {
        return metrics;
    }

    Map<String, List<Double>> intervals() {
        return intervals;
    }

    /** How well the predictions of one label agree with what came: over all, and slice by slice. */
    record Reliability(List<Classification.Bin> curve, List<Classification.Slice> slices) {}

    /** Judges every head of a ranker on a day, and the baselines of each label. */
    Reliability judgeLabels(Ranker ranker, LocalDate day) {
        DataSet.Range range = data.range(day, day);
        float[] inputs = InputRows.of(data, range, ranker.inputs(), log);
        double[][] scores = ranker.score(inputs, range.size());
        var reliability = new Reliability(List.of(), List.of());
        for (Label label : application.framing().labels()) {
            if (ranker.manifest().heads().stream().noneMatch(head -> head.name().equals(label.name()))) {
                continue;
            }
            int place = ranker.head(label.name());
            if (label.isBinary()) {
                double[] outcomes = range.of(requireNonNull(data.labels().get(label.name())));
                judgeBinary(label.name(), scores[place], outcomes, true);
                judgeBinary("popular." + label.name(), itemMeans(label, day), outcomes, false);
                List<Classification.Slice> slices = slices(scores[place], outcomes, range);
                slices.stream()
                        .mapToDouble(Classification.Slice::ece)
                        .max()
                        .ifPresent(worst -> metrics.put(label.name() + ".slice_ece", worst));
                reliability = new Reliability(Classification.reliability(scores[place], outcomes, 10), slices);
            } else {
                double[] amounts = range.of(requireNonNull(data.amounts().get(label.name())));
                double[] expected = ranker.unconditional(scores, place);
                judgeNumeric(label.name(), expected, amounts, true);
                judgeNumeric("popular." + label.name(), itemMeans(label, day), amounts, false);
            }
        }
        return reliability;
    }

    /** The slices with enough exposures to tell, the worst calibrated first. */
    private List<Classification.Slice> slices(double[] scores, double[] outcomes, DataSet.Range range) {
        var slices = new ArrayList<Classification.Slice>();
        for (int c = 0; c < data.columns().size(); c++) {
            String feature = data.columns().get(c).name();
            if (!application.evaluation().slices().contains(feature)) {
                continue;
            }
            int[] codes = data.categories()[c];
            List<String> texts = data.texts().get(c);
            for (int code = 0; code < texts.size(); code++) {
                int value = code;
                int[] cases = IntStream.range(0, range.size())
                        .filter(i -> codes[range.from() + i] == value)
                        .toArray();
                if (cases.length >= SMALLEST_SLICE) {
                    slices.add(Classification.slice(feature, texts.get(code), scores, outcomes, cases));
                }
            }
        }
        slices.sort(Comparator.comparingDouble(Classification.Slice::ece).reversed());
        return slices;
    }

    /** What the ranker's trees would order alone, uncalibrated: what a network beside them must better. */
    void judgeTrees(Ranker ranker, LocalDate day) {
        DataSet.Range range = data.range(day, day);
        float[] inputs = InputRows.of(data, range, ranker.inputs(), log);
        double[][] raw = ranker.raw(inputs, range.size(), Ranker.Kind.TREES);
        for (Label label : application.framing().labels()) {
            if (label.isBinary() && application.model().rank().heads().contains(label.name())) {
                double[] outcomes = range.of(requireNonNull(data.labels().get(label.name())));
                metrics.put(
                        "trees." + label.name() + ".auc", Classification.auc(raw[ranker.head(label.name())], outcomes));
            }
        }
    }

    /** What the version says that is live: the metrics of its labels behind {@link Gates#LIVE}. */
    void judgeLive(Ranker ranker, LocalDate day) {
        DataSet.Range range = data.range(day, day);
        double[][] scores = ranker.score(InputRows.of(data, range, ranker.inputs(), log), range.size());
        for (Label label : application.framing().labels()) {
            if (ranker.manifest().heads().stream().noneMatch(head -> head.name().equals(label.name()))) {
                continue;
            }
            int place = ranker.head(label.name());
            String name = Gates.LIVE + label.name();
            if (label.isBinary()) {
                judgeBinary(
                        name,
                        scores[place],
                        range.of(requireNonNull(data.labels().get(label.name()))),
                        false);
            } else {
                double[] amounts = range.of(requireNonNull(data.amounts().get(label.name())));
                judgeNumeric(name, ranker.unconditional(scores, place), amounts, false);
            }
        }
    }

    private void judgeBinary(String name, double[] scores, double[] outcomes, boolean withIntervals) {
        metrics.put(name + ".auc", Classification.auc(scores, outcomes));
        metrics.put(name + ".logloss", Classification.logLoss(scores, outcomes));
        metrics.put(name + ".ne", Classification.normalizedEntropy(scores, outcomes));
        metrics.put(name + ".ece", Classification.ece(scores, outcomes));
        if (withIntervals) {
            interval(name + ".auc", Classification.aucInterval(scores, outcomes, RESAMPLES, seed));
        }
    }

    private void judgeNumeric(String name, double[] predictions, double[] truths, boolean withIntervals) {
        metrics.put(name + ".mae", Regression.mae(predictions, truths));
        metrics.put(name + ".xauc", Regression.xauc(predictions, truths));
        if (withIntervals) {
            interval(name + ".xauc", Regression.xaucInterval(predictions, truths, RESAMPLES, seed));
        }
    }

    private void interval(String name, Bootstrap.Interval interval) {
        intervals.put(name, List.of(interval.low(), interval.high()));
    }

    /** The popularity baseline of a label: the item's mean over the days before, smoothed by 20 average exposures. */
    private double[] itemMeans(Label label, LocalDate day) {
        double[] values = requireNonNull(
                label.isBinary()
                        ? data.labels().get(label.name())
                        : data.amounts().get(label.name()));
        DataSet.Range before = new DataSet.Range(0, data.range(day, day).from());
        double[] sums = new double[data.itemTexts().size()];
        double[] counts = new double[sums.length];
        double sum = 0;
        for (int i = before.from(); i < before.to(); i++) {
            sums[data.items()[i]] += values[i];
            counts[data.items()[i]]++;
            sum += values[i];
        }
        double average = before.size() == 0 ? 0 : sum / before.size();
        DataSet.Range range = data.range(day, day);
        double[] means = new double[range.size()];
        for (int i = 0; i < means.length; i++) {
            int item = data.items()[range.from() + i];
            means[i] = (sums[item] + 20 * average) / (counts[item] + 20);
        }
        return means;
    }

    /**
     * Judges what the retrieval lists, beside popularity and the baselines that go by what goes with what.
     *
     * @param collaborative what each such baseline has learnt
     */
    void judgeFeed(
            Retriever retriever, Map<String, CollaborativeModel> collaborative, LocalDate day, Progress progress) {
        long startMillis = Snapshot.startMillis(application, day);
        // Retrieval looks at sequences alone.
        var state = new FeatureState(application.with(List.copyOf(application.sequences())), log.catalog());
        Map<Integer, Set<Integer>> taken = new LinkedHashMap<>();
        var popular = new Popularity(Optional.of(Duration.ofDays(7)));
        fill(state, popular, startMillis);
        positives(day, taken);
        if (taken.isEmpty()) {
            throw new InternalFault("no positive exposure on the test day " + day);
        }
        Dictionary.Domain items =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        var baselines = new LinkedHashMap<String, Source>();
        baselines.put("popular", new PopularBaseline(popular));
        application.sequences().stream()
                .map(FeatureDefinition::name)
                .findFirst()
                .ifPresent(sequence -> collaborative.forEach((name, learnt) -> baselines.put(
                        name, new CollaborativeBaseline(name, sequence, learnt.bind(items), items.size()))));
        List<Integer> subjects = List.copyOf(taken.keySet());
        Map<String, int[][]> lists = lists(state, retriever, baselines, subjects, startMillis, progress);
        lists.forEach((name, ranked) -> measure(name, ranked, subjects, taken));
    }

    private void fill(FeatureState state, Popularity popular, long untilMillis) {
        var formulas =
                new Formulas(application, log.schema(application.framing().exposure()), log.dictionary());
        var relevance = formulas.label(application.framing().relevance());
        int item = log.schema(application.framing().exposure())
                .codeIndex(application.itemColumn())
                .orElseThrow();
        try (EventCursor cursor = log.read(application.framing().exposure(), 0, untilMillis)) {
            Replay.run(cursor, state, (event, _, _) -> {
                if (relevance.applyAsDouble(event) == 1) {
                    popular.add(event.codes()[item], event.timeMillis());
                }
            });
        }
    }

    private void positives(LocalDate day, Map<Integer, Set<Integer>> taken) {
        Dictionary.Domain subjects =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        Dictionary.Domain items =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        double[] relevant = requireNonNull(
                data.labels().get(application.framing().relevance().name()));
        DataSet.Range range = data.range(day, day);
        for (int i = range.from(); i < range.to(); i++) {
            if (relevant[i] == 1) {
                int subject = subjects.code(data.subjectTexts().get(data.subjects()[i]));
                int item = items.code(data.itemTexts().get(data.items()[i]));
                taken.computeIfAbsent(subject, _ -> new HashSet<>()).add(item);
            }
        }
    }

    private Map<String, int[][]> lists(
            FeatureState state,
            Retriever retriever,
            Map<String, Source> baselines,
            List<Integer> subjects,
            long nowMillis,
            Progress progress) {
        var lists = new LinkedHashMap<String, int[][]>();
        lists.put("feed", new int[subjects.size()][]);
        baselines.keySet().forEach(name -> lists.put(name, new int[subjects.size()][]));
        retriever.sources().forEach(source -> lists.put("source." + source.name(), new int[subjects.size()][]));
        EntityTable items = log.table(application.framing().item());
        Workers.forEach(subjects.size(), progress, "users", () -> {
            FeatureState.Reader reader = state.reader();
            return s -> {
                int subject = subjects.get(s);
                Map<String, int[]> sequences = new HashMap<>();
                Set<Integer> seen = new HashSet<>();
                for (String name : state.sequences()) {
                    int[] scratch = new int[state.last(name)];
                    int[] sequence = Arrays.copyOf(scratch, reader.sequence(name, subject, scratch));
                    sequences.put(name, sequence);
                    Arrays.stream(sequence).forEach(seen::add);
                }
                var query = new Source.Query(
                        subject, sequences, nowMillis, code -> items.isShown(code) && !seen.contains(code));
                var ranked = new ArrayList<Fusion.Ranked>();
                for (Source source : retriever.sources()) {
                    int[] found = source.find(query);
                    ranked.add(new Fusion.Ranked(source.name(), source.weight(), found));
                    requireNonNull(lists.get("source." + source.name()))[s] = found;
                }
                int[] fused = Fusion.fuse(ranked, DEEPEST).stream()
                        .mapToInt(Fusion.Candidate::code)
                        .toArray();
                requireNonNull(lists.get("feed"))[s] = fused;
                for (var baseline : baselines.entrySet()) {
                    requireNonNull(lists.get(baseline.getKey()))[s] =
                            baseline.getValue().find(query);
                }
            };
        });
        return lists;
    }

    private void measure(String name, int[][] lists, List<Integer> subjects, Map<Integer, Set<Integer>> taken) {
        EntityTable items = log.table(application.framing().item());
        IntUnaryOperator groups = groups();
        Collection<String> wanted = new ArrayList<>(
                application.evaluation().offline().getOrDefault("feed", List.of("recall@100", "ndcg@20")));
        for (String metric : wanted) {
            int at = metric.indexOf('@');
            String kind = at < 0 ? metric : metric.substring(0, at);
            int k = at < 0 ? (kind.equals("mrr") ? DEEPEST : 20) : Integer.parseInt(metric.substring(at + 1));
            if (kind.equals("coverage")) {
                var coverage = new RankedList.Coverage();
                Arrays.stream(lists).forEach(list -> coverage.add(list, k));
                metrics.put(name + "." + metric, coverage.of(items.count()));
                continue;
            }
            double[] values = new double[lists.length];
            for (int s = 0; s < values.length; s++) {
                Set<Integer> relevant = requireNonNull(taken.get(subjects.get(s)));
                values[s] = switch (kind) {
                    case "recall" -> RankedList.recall(lists[s], relevant, k);
                    case "ndcg" -> RankedList.ndcg(lists[s], relevant, k);
                    case "map" -> RankedList.averagePrecision(lists[s], relevant, k);
                    case "mrr" -> RankedList.reciprocalRank(lists[s], relevant);
                    case "diversity" -> RankedList.diversity(lists[s], groups, k);
                    default -> throw new InternalFault("metric " + metric);
                };
            }
            Bootstrap.Interval interval = Bootstrap.mean(values, RESAMPLES, seed);
            metrics.put(name + "." + metric, interval.value());
            if (name.equals("feed")) {
                interval(name + "." + metric, interval);
            }
        }
    }

    /** What makes two items of a list alike: the attribute that the application caps, else the item itself. */
    private IntUnaryOperator groups() {
        EntityTable items = log.table(application.framing().item());
        return application.model().rerank().stream()
                .filter(Model.RerankRule.AtMost.class::isInstance)
                .map(rule -> ((Model.RerankRule.AtMost) rule).per())
                .findFirst()
                .map(per -> items.place(per.column().isEmpty() ? per.source() : per.column()))
                .<IntUnaryOperator>map(place -> item -> items.code(place, item))
                .orElse(item -> item);
    }

    private record PopularBaseline(Popularity popular) implements Source {
        @Override
        public String name() {
            return "popular";
        }

        @Override
        public double weight() {
            return 1;
        }

        @Override
        public int[] find(Query query) {
            popular.moveTo(query.nowMillis());
            return popular.most(DEEPEST, query.allowed());
        }
    }

    private record CollaborativeBaseline(String name, String sequence, CollaborativeModel.Bound learnt, int size)
            implements Source {
        @Override
        public double weight() {
            return 1;
        }

        @Override
        public int[] find(Query query) {
            float[] scores = new float[size];
            Arrays.fill(scores, Float.NEGATIVE_INFINITY);
            learnt.score(query.sequences().getOrDefault(sequence, new int[0]), Integer.MAX_VALUE / 2, (code, score) -> {
                if (score > 0 && query.allowed().test(code)) {
                    scores[code] = score;
                }
            });
            return Top.of(scores, new int[0], DEEPEST);
        }
    }
}
