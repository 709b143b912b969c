package io.rankwright.cli.pipeline;

import static java.util.Objects.requireNonNull;

import io.rankwright.evaluation.Bootstrap;
import io.rankwright.evaluation.RankedList;
import io.rankwright.log.DataRoot;
import io.rankwright.log.PageCorpus;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.Artefact;
import io.rankwright.models.RowModel;
import io.rankwright.models.encoding.EncodedContents;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.retrieval.text.Asked;
import io.rankwright.retrieval.text.Clicks;
import io.rankwright.retrieval.text.Searches;
import io.rankwright.retrieval.text.Searches.Source;
import io.rankwright.retrieval.text.TextIndex;
import io.rankwright.serving.search.SearchModels;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchApplication.Fusion;
import io.rankwright.spec.SearchApplication.OrderLearner;
import io.rankwright.spec.SearchApplication.SearchRank;
import io.rankwright.spec.SearchFeature;
import io.rankwright.spec.UserFault;
import io.rankwright.training.BoostedTrainer;
import io.rankwright.training.ClickModel;
import io.rankwright.training.CodeVersion;
import io.rankwright.training.OrderTrainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Runs a search up to a registered version: items, queries and judgements, vectors, index, fusion, ranker, metrics, gates.
 * Killed at any moment and started again it ends with the same version; what is valid is used again.
 */
public final class SearchPipeline extends TaskPipeline<SearchApplication, SearchSet> {
    private static final int DEPTH = 100;
    private static final int RESAMPLES = 1000;
    /** Weights of a learned fusion that are tried: 0 to 1 in so many steps. */
    private static final int WEIGHTS = 20;

    private final boolean isBeside;

    private SearchPipeline(
            SearchApplication application,
            Path state,
            boolean isBeside,
            DataRoot root,
            RegistryPlace registry,
            long seed,
            Reporter reporter) {
        super(application, state, root, registry, seed, reporter);
        this.isBeside = isBeside;
    }

    /**
     * Finds the data of a search, or makes some of pages.
     *
     * @param folder the folder that was named for the sources
     * @param registry where versions are kept
     * @param isSimulated whether to make them even where real ones are found
     */
    public static SearchPipeline of(
            SearchApplication application,
            Home home,
            Optional<Path> folder,
            boolean isSimulated,
            RegistryPlace registry,
            long seed,
            Reporter reporter) {
        var globs = new ArrayList<>(application.data().items().globs());
        globs.addAll(application.data().train());
        DataRoot root = Sources.find(application, globs, folder, isSimulated).orElseGet(() -> {
            var pages = application.data().pages().orElseThrow(() -> Sources.nothing(application));
            Path into = home.state(true).resolve("data");
            try (Reporter.Step step = reporter.step("pages")) {
                step.outcome(
                        "%,d sections of %s, %,d queries drawn from them, seed %d",
                        PageCorpus.write(into, application, pages), pages.folder(), pages.queries(), pages.seed());
            }
            return new DataRoot(into, true);
        });
        Sources.tell(root, reporter);
        return new SearchPipeline(
                application, home.state(root.isSimulated()), home.isBeside(), root, registry, seed, reporter);
    }

    @Override
    SearchSet data() {
        try (Reporter.Step step = reporter.step("read")) {
            SearchSet data = SearchSet.read(application, root, state, step);
            Sources.keepQuarantine(state, data.quarantined());
            step.outcome(
                    "%,d %ss, %,d queries (%,d teach, %,d judge): %s",
                    data.items().size(),
                    application.framing().item(),
                    data.queries().size(),
                    data.train().size(),
                    data.test().size(),
                    Sources.words(data.counts()));
            return data;
        }
    }

    /** The data, and what was clicked since. */
    @Override
    String identity(SearchSet data) {
        return hash(data.hash(), data.clicks().hash());
    }

    @Override
    String modelCode() {
        return CodeVersion.of(
                SearchApplication.class,
                Artefact.class,
                RankedList.class,
                BoostedTrainer.class,
                Searches.class,
                SearchPipeline.class);
    }

    @Override
    Trained train(SearchSet data) {
        try (var encoders = new Encoders(state, application.encoders())) {
            encode(data, encoders);
            try (TextIndex index = index(data, encoders)) {
                return learn(data, index, encoders);
            }
        }
    }

    private void encode(SearchSet data, Encoders encoders) {
        for (SearchFeature.Embedding embedding : application.features(SearchFeature.Embedding.class)) {
            try (Reporter.Step step = reporter.step("encode")) {
                EncodedContents contents = encoders.of(embedding.encoder());
                int before = contents.size();
                contents.of(
                        data.items().values().stream()
                                .map(row -> SearchModels.text(embedding, row))
                                .toList(),
                        step);
                step.outcome(
                        "%s by %s: %,d %s, %,d of them new",
                        embedding.name(),
                        embedding.encoder().word(),
                        data.items().size(),
                        embedding.encoder().contents(),
                        contents.size() - before);
            }
        }
    }

    private TextIndex index(SearchSet data, Encoders encoders) {
        try (Reporter.Step step = reporter.step("index")) {
            TextIndex index =
                    SearchModels.index(state, application, isBeside, data.hash(), encoders, filling(data, step));
            step.outcome("%,d %ss", index.size(), application.framing().item());
            return index;
        }
    }

    /** What fills an index with the items of the sources. */
    public static TextIndex.Filling filling(SearchSet data, Progress progress) {
        return index -> {
            long done = 0;
            for (var item : data.items().entrySet()) {
                index.put(item.getKey(), item.getValue());
                progress.at(++done, data.items().size(), "items");
            }
        };
    }

    private Trained learn(SearchSet data, TextIndex index, Encoders encoders) {
        var plain = new Searches(index, SearchModels.ofQueries(encoders), 0, Clicks.NONE);
        Map<String, Asked> asked = understood(data, plain);
        double weight = application.model().fusion() instanceof Fusion.Learned ? fusion(data, plain, asked) : 0;
        var parts = new TreeMap<String, byte[]>();
        Optional<SearchModels.Attractions> attractions = attractions(data.clicks());
        var searches = new Searches(
                index,
                SearchModels.ofQueries(encoders),
                weight,
                attractions.map(Clicks.class::cast).orElse(Clicks.NONE));
        var metrics = new TreeMap<String, Double>();
        application
                .model()
                .rank()
                .ifPresent(settings -> rank(data, attractions, searches, asked, settings, parts, metrics));
        int ensembles = parts.size();
        attractions.ifPresent(learnt -> parts.put(SearchModels.CLICKS, Artefact.json(learnt)));
        parts.put(SearchModels.MANIFEST, Artefact.json(new SearchModels.Manifest(weight, ensembles, index.size())));
        var artefact = new Artefact(parts);
        var intervals = new TreeMap<String, List<Double>>();
        judge(data, searches, asked, artefact, metrics, intervals);
        return new Trained(
                Map.of(SearchModels.ARTEFACT, artefact.bytes()),
                metrics,
                intervals,
                String.join(" ", application.data().train()),
                String.join(" ", application.data().test()));
    }

    /** What the clicks say once the places at which items were shown are taken out of them. */
    private Optional<SearchModels.Attractions> attractions(ClickLog clicks) {
        if (clicks.shown().stream().noneMatch(ClickModel.Shown::isClicked)) {
            return Optional.empty();
        }
        try (Reporter.Step step = reporter.step("clicks")) {
            ClickModel model = ClickModel.learn(clicks.shown());
            var attraction = new TreeMap<String, Map<String, Double>>();
            model.attraction()
                    .forEach((pair, attracts) -> attraction
                            .computeIfAbsent(pair.query(), _ -> new TreeMap<>())
                            .put(pair.item(), logOdds(attracts) - logOdds(model.usual())));
            step.outcome(
                    "%,d items shown in %,d queries; the second place is looked at %.2f times as often as the first",
                    clicks.shown().size(),
                    attraction.size(),
                    model.examination().length < 2 ? 1 : model.examination()[1]);
            return Optional.of(new SearchModels.Attractions(
                    Arrays.stream(model.examination()).boxed().toList(), attraction));
        }
    }

    private static double logOdds(double probability) {
        return Math.log(probability / (1 - probability));
    }

    private Map<String, Asked> understood(SearchSet data, Searches searches) {
        List<String> ids = new ArrayList<>(data.train().keySet());
        ids.addAll(data.test().keySet());
        var asked = new Asked[ids.size()];
        try (Reporter.Step step = reporter.step("queries")) {
            Workers.forEach(
                    asked.length,
                    step,
                    "queries",
                    () -> q -> asked[q] =
                            searches.understand(requireNonNull(data.queries().get(ids.get(q)))));
            step.outcome(
                    "%,d understood, %,d of them corrected",
                    asked.length,
                    Arrays.stream(asked)
                            .filter(query -> query.corrected().isPresent())
                            .count());
        }
        var understood = new LinkedHashMap<String, Asked>();
        for (int q = 0; q < asked.length; q++) {
            understood.put(ids.get(q), asked[q]);
        }
        return understood;
    }

    /** The weight of the list by meaning with the greatest nDCG@10 over the queries that teach. */
    private double fusion(SearchSet data, Searches searches, Map<String, Asked> asked) {
        try (Reporter.Step step = reporter.step("fuse")) {
            List<String> queries = List.copyOf(data.train().keySet());
            var scaled = new Searches.Scaled[queries.size()];
            Workers.forEach(
                    scaled.length,
                    step,
                    "queries",
                    () -> q -> scaled[q] = searches.scaled(requireNonNull(asked.get(queries.get(q)))));
            double best = -1;
            double chosen = 0;
            for (int w = 0; w <= WEIGHTS; w++) {
                double weight = (double) w / WEIGHTS;
                double sum = 0;
                for (int q = 0; q < scaled.length; q++) {
                    double[] scores = new double[scaled[q].ids().size()];
                    for (int i = 0; i < scores.length; i++) {
                        scores[i] = (1 - weight) * scaled[q].words()[i]
                                + weight * scaled[q].meaning()[i];
                    }
                    sum += ndcg(
                            sorted(scaled[q].ids(), scores),
                            requireNonNull(data.train().get(queries.get(q))),
                            10);
                }
                if (sum > best) {
                    best = sum;
                    chosen = weight;
                }
            }
            step.outcome(
                    "meaning counts %.2f, words %.2f: nDCG@10 %.4f on the queries that teach",
                    chosen, 1 - chosen, best / scaled.length);
            return chosen;
        }
    }

    private static List<String> sorted(List<String> ids, double[] scores) {
        Integer[] order = new Integer[scores.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(scores[b], scores[a]));
        return Arrays.stream(order).map(ids::get).toList();
    }

    /**
     * The rows of one query, with how well each item answers it.
     *
     * @param grades by item, 1 for one that was judged right; what is not there is 0
     */
    private record Group(String query, Searches.Described described, Map<String, Float> grades) {
        static Group judged(String query, Searches.Described described, Set<String> right) {
            var grades = new HashMap<String, Float>();
            right.forEach(id -> grades.put(id, 1f));
            return new Group(query, described, grades);
        }

        boolean holdsOne() {
            return described.ids().stream().anyMatch(grades::containsKey);
        }

        int size() {
            return described.ids().size();
        }
    }

    /**
     * Queries that were clicked on: what attracts more often than usual answers them, the more the surer. They teach beside
     * the judged ones, never choose and never judge.
     */
    private List<Group> clicked(
            Optional<SearchModels.Attractions> attractions, Searches searches, SearchRank settings) {
        var groups = new ArrayList<Group>();
        attractions.ifPresent(learnt -> learnt.attraction().forEach((query, items) -> {
            var grades = new HashMap<String, Float>();
            items.forEach((item, odds) -> {
                if (odds > 0) {
                    grades.put(item, (float) Math.tanh(odds));
                }
            });
            if (!grades.isEmpty()) {
                groups.add(new Group(
                        query,
                        searches.described(searches.understand(query), settings.features(), settings.candidates()),
                        grades));
            }
        }));
        return groups;
    }

    /**
     * Learns the order of the first candidates, twice: once from some of the queries that teach, to see on the others
     * whether it betters the fused list, and if so from all of them.
     */
    private void rank(
            SearchSet data,
            Optional<SearchModels.Attractions> attractions,
            Searches searches,
            Map<String, Asked> asked,
            SearchRank settings,
            Map<String, byte[]> parts,
            Map<String, Double> metrics) {
        try (Reporter.Step step = reporter.step("rank")) {
            List<String> queries = List.copyOf(data.train().keySet());
            var groups = new Group[queries.size()];
            Workers.forEach(groups.length, step, "queries", () -> q -> {
                String query = queries.get(q);
                groups[q] = Group.judged(
                        query,
                        searches.described(
                                requireNonNull(asked.get(query)), settings.features(), settings.candidates()),
                        requireNonNull(data.train().get(query)));
            });
            var fit = new ArrayList<Group>();
            var validate = new ArrayList<Group>();
            for (Group group : groups) {
                double draw = new SplittableRandom(
                                application.data().seed() + 31L * group.query().hashCode())
                        .nextDouble();
                (draw < application.data().validateShare() ? validate : fit).add(group);
            }
            if (fit.isEmpty() || validate.isEmpty()) {
                throw new UserFault("too few queries teach: " + queries.size()
                        + "; expected enough for data.split.validate to leave some on both sides");
            }
            List<Group> clicked = clicked(attractions, searches, settings);
            double before = validate.stream()
                    .mapToDouble(group -> ndcg(group.described().ids(), right(data, group), 10))
                    .average()
                    .orElseThrow();
            var kind = SearchModels.Kind.of(settings.learner());
            double after;
            try (RowModel ranker = kind.read(
                    learnt(with(fit, clicked), settings), settings.features().size())) {
                after = validate.stream()
                        .mapToDouble(group -> ndcg(
                                sorted(
                                        group.described().ids(),
                                        ranker.margins(group.described().rows(), group.size())),
                                right(data, group),
                                10))
                        .average()
                        .orElseThrow();
            }
            metrics.put("validate.fused.ndcg@10", before);
            metrics.put("validate.search.ndcg@10", after);
            if (after > before) {
                List<byte[]> all = learnt(with(List.of(groups), clicked), settings);
                for (int m = 0; m < all.size(); m++) {
                    parts.put(kind.part(m), all.get(m));
                }
            }
            step.outcome(
                    "%s over %d features: nDCG@10 %.4f, fused %.4f on %,d queries it had not seen%s",
                    settings.learner().title(),
                    settings.features().size(),
                    after,
                    before,
                    validate.size(),
                    after > before ? "" : "; it is left out");
        }
    }

    private static Set<String> right(SearchSet data, Group group) {
        return requireNonNull(data.train().get(group.query()));
    }

    private static List<Group> with(List<Group> judged, List<Group> clicked) {
        return Stream.concat(judged.stream(), clicked.stream()).toList();
    }

    /** Several rankers, each from queries drawn with repetition but for the first, which sees each once. */
    private List<byte[]> learnt(List<Group> groups, SearchRank settings) {
        List<Group> useful = groups.stream().filter(Group::holdsOne).toList();
        var models = new byte[settings.models()][];
        Workers.forEach(models.length, Progress.SILENT, "models", () -> m -> {
            var random = new SplittableRandom(seed + 7_919L * m);
            var drawn = new ArrayList<Group>();
            for (int g = 0; g < useful.size(); g++) {
                drawn.add(m == 0 ? useful.get(g) : useful.get(random.nextInt(useful.size())));
            }
            BoostedTrainer.Rows rows = rows(drawn, settings);
            int[] sizes = drawn.stream().mapToInt(Group::size).toArray();
            models[m] = switch (settings.learner()) {
                case OrderLearner.LambdaMart(int rounds, int depth, double rate) ->
                    new BoostedTrainer(rounds, depth, rate, seed + m).order(rows, sizes);
                case OrderLearner.Network(List<Integer> deep, int epochs, double rate) ->
                    new OrderTrainer(deep, epochs, rate, seed + m).order(rows, sizes);
            };
        });
        return List.of(models);
    }

    private static BoostedTrainer.Rows rows(List<Group> groups, SearchRank settings) {
        int columns = settings.features().size();
        int count = groups.stream().mapToInt(Group::size).sum();
        float[] rows = new float[count * columns];
        float[] grades = new float[count];
        int at = 0;
        for (Group group : groups) {
            System.arraycopy(group.described().rows(), 0, rows, at * columns, group.size() * columns);
            for (String id : group.described().ids()) {
                grades[at++] = group.grades().getOrDefault(id, 0f);
            }
        }
        return new BoostedTrainer.Rows(rows, columns, grades);
    }

    /** Judges the whole search and each of its lists on the queries that nothing was chosen on. */
    private void judge(
            SearchSet data,
            Searches searches,
            Map<String, Asked> asked,
            Artefact artefact,
            Map<String, Double> metrics,
            Map<String, List<Double>> intervals) {
        try (Reporter.Step step = reporter.step("evaluate");
                SearchModels.Ranking ranking = SearchModels.Ranking.of(artefact, application)) {
            List<String> queries = List.copyOf(data.test().keySet());
            var lists = new LinkedHashMap<String, List<List<String>>>();
            for (String name : List.of("search", "bm25", "dense", "fused")) {
                var answers = new ArrayList<List<String>>(queries.size());
                for (int q = 0; q < queries.size(); q++) {
                    Asked query = requireNonNull(asked.get(queries.get(q)));
                    answers.add(
                            switch (name) {
                                // A baseline gets no help with its spelling.
                                case "bm25" -> searches.ids(searches.literally(query.text()), Source.WORDS, DEPTH);
                                case "dense" -> searches.ids(searches.literally(query.text()), Source.MEANING, DEPTH);
                                case "fused" -> searches.ids(query, Source.FUSED, DEPTH);
                                default ->
                                    searches.answer(query, List.of(), 0, DEPTH, ranking.order()).results().stream()
                                            .map(Searches.Result::id)
                                            .toList();
                            });
                    step.at(q + 1, queries.size(), "queries by " + name);
                }
                lists.put(name, answers);
            }
            List<String> wanted = application.evaluation().offline().getOrDefault("search", List.of());
            lists.forEach((name, answers) -> {
                if (name.equals("search")
                        || application.evaluation().baselines().contains(name)) {
                    for (String metric : wanted) {
                        double[] values = new double[queries.size()];
                        for (int q = 0; q < values.length; q++) {
                            values[q] = value(
                                    metric,
                                    answers.get(q),
                                    requireNonNull(data.test().get(queries.get(q))));
                        }
                        Bootstrap.Interval interval = Bootstrap.mean(values, RESAMPLES, seed);
                        metrics.put(name + "." + metric, interval.value());
                        intervals.put(name + "." + metric, List.of(interval.low(), interval.high()));
                    }
                }
            });
            step.outcome("%,d queries that nothing was chosen on", queries.size());
        }
    }

    private static double value(String metric, List<String> list, Set<String> right) {
        int at = metric.indexOf('@');
        int depth = at < 0 ? DEPTH : Integer.parseInt(metric.substring(at + 1));
        var codes = new HashMap<String, Integer>();
        int[] coded = list.stream()
                .mapToInt(id -> codes.computeIfAbsent(id, _ -> codes.size()))
                .toArray();
        Set<Integer> relevant = RankedList.setOf(right.stream()
                .mapToInt(id -> codes.computeIfAbsent(id, _ -> codes.size()))
                .toArray());
        return switch (at < 0 ? metric : metric.substring(0, at)) {
            case "ndcg" -> RankedList.ndcg(coded, relevant, depth);
            case "recall" -> RankedList.recall(coded, relevant, depth);
            case "map" -> RankedList.averagePrecision(coded, relevant, depth);
            case "mrr" -> RankedList.reciprocalRank(coded, relevant);
            default -> throw new IllegalArgumentException(metric.toLowerCase(Locale.ROOT));
        };
    }

    private static double ndcg(List<String> list, Set<String> right, int depth) {
        return value("ndcg@" + depth, list, right);
    }
}
