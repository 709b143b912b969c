package io.rankwright.spec;

import io.rankwright.spec.SearchApplication.Dense;
import io.rankwright.spec.SearchApplication.Fusion;
import io.rankwright.spec.SearchApplication.Language;
import io.rankwright.spec.SearchApplication.Lexical;
import io.rankwright.spec.SearchApplication.OrderLearner;
import io.rankwright.spec.SearchApplication.Pages;
import io.rankwright.spec.SearchApplication.SearchData;
import io.rankwright.spec.SearchApplication.SearchFraming;
import io.rankwright.spec.SearchApplication.SearchModel;
import io.rankwright.spec.SearchApplication.SearchRank;
import io.rankwright.spec.SearchApplication.SearchServing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads and checks the application file of a search. Used once, by one thread. */
final class SearchReader {
    private static final Metrics METRICS = new Metrics(List.of("recall", "ndcg", "map"), List.of("mrr"));

    private final ApplicationFile file;
    private final Section root;

    SearchReader(ApplicationFile file) {
        this.file = file;
        this.root = file.root();
    }

    SearchApplication read() {
        Section framing = root.section("framing");
        String query = framing.text("subject", "query");
        String item = framing.text("item", "item");
        file.checkShape(SearchShape.of(query, item));
        Optional<SearchData> data = data(query, item);
        List<SearchFeature> features = features(query, item, data);
        SearchModel model = model(features);
        Evaluation evaluation = file.evaluation();
        METRICS.check(file, root.section("evaluation"), List.of("search"), List.of("bm25", "dense", "fused"));
        return new SearchApplication(
                root.text("application", ""),
                file.folder(),
                file.hash(),
                file.requirements(),
                new SearchFraming(query, item, language(framing)),
                data.orElseGet(SearchReader::nothing),
                features,
                model,
                evaluation,
                serving(features, data));
    }

    /** Stands for data that could not be read, which is a problem already: the file is refused in the end. */
    private static SearchData nothing() {
        var contract = new Contract("", Path.of(""), List.of(), List.of(), Optional.empty());
        var source = new Data.EntitySource("", List.of(), List.of(), "", contract);
        return new SearchData(source, source, "", List.of(), List.of(), contract, Optional.empty(), 0, 0);
    }

    private static Language language(Section framing) {
        return Language.valueOf(framing.text("language")
                .filter(text -> List.of(Language.values()).stream()
                        .anyMatch(known -> ApplicationShape.lower(known).equals(text)))
                .orElse("english")
                .toUpperCase(Locale.ROOT));
    }

    private Optional<SearchData> data(String query, String item) {
        Section section = root.section("data");
        Section entities = section.section("entities");
        for (String name : List.of(query, item)) {
            if (!entities.has(name)) {
                file.problem(
                        section.location("entities"),
                        "no entity '" + name + "'",
                        "the subject and the item of the framing in data.entities");
            }
        }
        Section judged = section.section("judgements");
        Optional<Data.EntitySource> queries = file.entity(query, entities.section(query));
        Optional<Data.EntitySource> items = file.entity(item, entities.section(item));
        Optional<Contract> judgement = file.contract("judgement", judged);
        if (queries.isEmpty() || items.isEmpty() || judgement.isEmpty()) {
            return Optional.empty();
        }
        checkKey(entities.section(query), queries.get());
        checkKey(entities.section(item), items.get());
        for (String name : List.of(query, item)) {
            if (judgement.get().columnOf(name).isEmpty()) {
                file.problem(
                        judged.location(),
                        "no column of entity " + name + " in the contract of judgements",
                        "a column of type id with 'entity: " + name + "'");
            }
        }
        Optional<String> text = queries.get().contract().columns().stream()
                .filter(column -> column.type() == Contract.Type.TEXT || column.type() == Contract.Type.IMAGE)
                .map(Contract.Column::name)
                .findFirst();
        if (text.isEmpty()) {
            file.problem(
                    entities.section(query).location(),
                    "a " + query + " without a text",
                    "a column of type text or image in its contract");
        }
        Section pages = section.section("simulate");
        Section split = section.section("split");
        return Optional.of(new SearchData(
                items.get(),
                queries.get(),
                text.orElse(""),
                judged.texts("train"),
                judged.texts("test"),
                judgement.get(),
                section.has("simulate")
                        ? Optional.of(new Pages(
                                pages.text("pages", ""), pages.integer("queries", 300), pages.integer("seed", 7)))
                        : Optional.empty(),
                split.share("validate", 0.2),
                split.integer("seed", 7)));
    }

    private void checkKey(Section section, Data.EntitySource source) {
        boolean isId = source.contract()
                .column(source.key())
                .filter(column -> column.type() == Contract.Type.ID)
                .isPresent();
        if (!isId) {
            file.problem(
                    section.location("key"), "the key '" + source.key() + "'", "a column of type id in the contract");
        }
    }

    private List<SearchFeature> features(String query, String item, Optional<SearchData> data) {
        Section section = root.section("features");
        var features = new ArrayList<SearchFeature>();
        each(section, item, (name, definition, location) -> {
            switch (kind(definition)) {
                case "text" ->
                    features.add(new SearchFeature.Text(name, location, columns(definition, "text", item, data)));
                case "embedding" -> features.add(embedding(name, location, definition, item, data));
                case "categorical" ->
                    features.add(new SearchFeature.Category(
                            name,
                            location,
                            columns(definition, "categorical", item, data).getFirst()));
                case "number" ->
                    features.add(new SearchFeature.Amount(
                            name,
                            location,
                            columns(definition, "number", item, data).getFirst()));
                case "words" -> features.add(new SearchFeature.Words(name, location, definition.text("words", "")));
                default -> {}
            }
        });
        each(
                section,
                query,
                (name, definition, location) ->
                        features.add(new SearchFeature.Words(name, location, definition.text("words", ""))));
        each(section, "pair", (name, definition, location) -> {
            switch (kind(definition)) {
                case "bm25" -> features.add(new SearchFeature.Bm25(name, location, definition.text("bm25", "")));
                case "cosine" ->
                    features.add(new SearchFeature.Closeness(name, location, definition.text("cosine", "")));
                case "overlap" ->
                    features.add(new SearchFeature.Overlap(name, location, definition.text("overlap", "")));
                case "phrases" ->
                    features.add(new SearchFeature.Phrases(name, location, definition.text("phrases", "")));
                case "place" -> features.add(new SearchFeature.Place(name, location, definition.text("place", "")));
                case "clicked" -> features.add(new SearchFeature.Clicked(name, location));
                default -> {}
            }
        });
        checkFeatures(features, query);
        return features;
    }

    private SearchFeature.Embedding embedding(
            String name, Location location, Section definition, String item, Optional<SearchData> data) {
        Encoder encoder = file.encoder(definition, "encoder");
        List<String> columns = columns(definition, encoder.isOfImages() ? "image" : "embedding", item, data);
        if (encoder.isOfImages() && columns.size() > 1) {
            file.problem(location, "a vector of several images", "one column for each embedding");
        }
        Optional<Encoder> askedBy =
                definition.has("asked_by") ? Optional.of(file.encoder(definition, "asked_by")) : Optional.empty();
        askedBy.filter(asking -> !encoder.isOfImages() || asking.isOfImages() || asking.dim() != encoder.dim())
                .ifPresent(asking -> file.problem(
                        definition.location("asked_by"),
                        "'" + asking.word() + "', vectors of " + asking.dim() + " of " + asking.contents(),
                        encoder.isOfImages()
                                ? "an encoder of texts with vectors of " + encoder.dim() + ", as those of "
                                        + encoder.word()
                                : "no asked_by, for " + encoder.word() + " encodes what is asked as well"));
        return new SearchFeature.Embedding(name, location, columns, encoder, askedBy);
    }

    private interface Definition {
        void read(String name, Section definition, Location location);
    }

    private static void each(Section features, String group, Definition definition) {
        for (var entry : features.section(group).mapping().entries()) {
            definition.read(
                    entry.key().text(), Section.of(entry.value()), entry.key().location());
        }
    }

    private static String kind(Section definition) {
        var entries = definition.mapping().entries();
        return entries.isEmpty() ? "" : entries.getFirst().key().text();
    }

    /** The item's columns that a definition names, each of a type that its kind can use. */
    private List<String> columns(Section definition, String key, String item, Optional<SearchData> data) {
        List<Contract.Type> types = switch (key) {
            case "text", "embedding" -> List.of(Contract.Type.TEXT, Contract.Type.CATEGORY);
            case "image" -> List.of(Contract.Type.IMAGE);
            case "number" -> List.of(Contract.Type.NUMBER);
            default -> List.of(Contract.Type.CATEGORY);
        };
        var columns = new ArrayList<String>();
        for (Yaml.Scalar scalar : definition.scalars(key.equals("image") ? "embedding" : key)) {
            String column = scalar.text().startsWith(item + ".") ? scalar.text().substring(item.length() + 1) : "";
            boolean isRight = data.isEmpty()
                    || data.get().items().contract().column(column).stream()
                            .anyMatch(found -> types.contains(found.type()));
            if (!isRight) {
                List<String> right = data.get().items().contract().columns().stream()
                        .filter(found -> types.contains(found.type()))
                        .map(found -> item + "." + found.name())
                        .toList();
                file.problem(
                        scalar.location(),
                        "the column '" + scalar.text() + "': no source can fill it",
                        Suggestion.oneOf(right, scalar.text()));
            }
            columns.add(column);
        }
        return columns.isEmpty() ? List.of("") : columns;
    }

    private void checkFeatures(List<SearchFeature> features, String query) {
        List<String> texts = names(features, SearchFeature.Text.class);
        List<String> embeddings = names(features, SearchFeature.Embedding.class);
        var seen = new HashSet<String>();
        for (SearchFeature feature : features) {
            if (!seen.add(feature.name())) {
                file.problem(feature.location(), "a second feature '" + feature.name() + "'", "each name once");
            }
            switch (feature) {
                case SearchFeature.Words words -> {
                    if (!words.text().equals(query)) {
                        require(feature.location(), texts, words.text(), "the text");
                    }
                }
                case SearchFeature.Bm25 bm25 -> require(feature.location(), texts, bm25.text(), "the text");
                case SearchFeature.Overlap overlap -> require(feature.location(), texts, overlap.text(), "the text");
                case SearchFeature.Phrases phrases -> require(feature.location(), texts, phrases.text(), "the text");
                case SearchFeature.Closeness closeness ->
                    require(feature.location(), embeddings, closeness.embedding(), "the embedding");
                case SearchFeature.Place place -> {
                    if (place.source().equals("dense")
                            && !root.section("model").section("retrieve").has("dense")) {
                        file.problem(feature.location(), "the place in 'dense'", "dense in model.retrieve");
                    }
                }
                case SearchFeature.Text _,
                        SearchFeature.Embedding _,
                        SearchFeature.Category _,
                        SearchFeature.Amount _,
                        SearchFeature.Clicked _ -> {}
            }
        }
    }

    private static List<String> names(List<SearchFeature> features, Class<? extends SearchFeature> kind) {
        return features.stream()
                .filter(kind::isInstance)
                .map(SearchFeature::name)
                .toList();
    }

    private void require(Location location, Collection<String> known, String name, String what) {
        if (!known.contains(name)) {
            file.problem(location, what + " '" + name + "'", Suggestion.oneOf(known, name));
        }
    }

    private SearchModel model(List<SearchFeature> features) {
        Section retrieve = root.section("model").section("retrieve");
        Section bm25 = retrieve.section("bm25");
        var fields = new LinkedHashMap<String, Double>();
        for (var entry : bm25.section("fields").mapping().entries()) {
            String name = entry.key().text();
            require(entry.key().location(), names(features, SearchFeature.Text.class), name, "the text");
            fields.put(name, bm25.section("fields").number(name, 1));
        }
        if (fields.isEmpty()) {
            file.problem(bm25.location(), "no field for bm25", "at least one text feature with its weight");
        }
        Optional<Dense> dense = Optional.empty();
        if (retrieve.has("dense")) {
            Section settings = retrieve.section("dense");
            String embedding = settings.text("to", "");
            require(
                    settings.location("to"),
                    names(features, SearchFeature.Embedding.class),
                    embedding,
                    "the embedding");
            dense = Optional.of(new Dense(embedding, candidates(settings, 200)));
        }
        Section fuse = root.section("model").section("fuse");
        return new SearchModel(
                new Lexical(fields, bm25.number("k1", 0.9), bm25.number("b", 0.4), candidates(bm25, 200)),
                dense,
                fuse.text("method", "").equals("learned")
                        ? new Fusion.Learned()
                        : new Fusion.ReciprocalRank(fuse.integer("k", 60)),
                rank(features));
    }

    private Optional<SearchRank> rank(List<SearchFeature> features) {
        Section model = root.section("model");
        if (!model.has("rank")) {
            return Optional.empty();
        }
        Section rank = model.section("rank");
        boolean isNetwork = rank.has("network");
        if (isNetwork == rank.has("lambdamart")) {
            file.problem(
                    rank.location(),
                    isNetwork ? "two rankers" : "no ranker",
                    "either lambdamart or network in model.rank, or no rank at all");
        }
        Section section = rank.section(isNetwork ? "network" : "lambdamart");
        List<String> inputs = features.stream()
                .filter(SearchFeature::isInput)
                .map(SearchFeature::name)
                .toList();
        if (inputs.isEmpty()) {
            file.problem(section.location(), "a ranker without inputs", "a number among the features");
        }
        section.scalars("features").forEach(name -> require(name.location(), inputs, name.text(), "the input"));
        return Optional.of(new SearchRank(
                section.texts("features").isEmpty() ? inputs : section.texts("features"),
                candidates(section, 100),
                Math.max(1, section.integer("models", 1)),
                isNetwork ? network(section) : lambdaMart(section)));
    }

    private static OrderLearner lambdaMart(Section section) {
        return new OrderLearner.LambdaMart(
                section.integer("rounds", 200), section.integer("depth", 4), section.number("learning_rate", 0.05));
    }

    private OrderLearner network(Section section) {
        List<Integer> deep = section.integers("deep", List.of(64, 32));
        if (deep.stream().anyMatch(width -> width < 1 || width > 4096)) {
            file.problem(section.location("deep"), "layers of widths " + deep, "widths from 1 to 4096");
        }
        int epochs = section.integer("epochs", 60);
        if (epochs < 1) {
            file.problem(section.location("epochs"), "'" + epochs + "'", "at least 1");
        }
        return new OrderLearner.Network(deep, epochs, section.number("learning_rate", 0.01));
    }

    private int candidates(Section section, int usual) {
        int candidates = section.integer("candidates", usual);
        if (candidates < 1 || candidates > 10_000) {
            file.problem(section.location("candidates"), "'" + candidates + "'", "1 to 10000");
        }
        return candidates;
    }

    private SearchServing serving(List<SearchFeature> features, Optional<SearchData> data) {
        Section serving = root.section("serving");
        var facets = new LinkedHashMap<String, List<Double>>();
        var countable = features.stream()
                .filter(feature -> feature instanceof SearchFeature.Category
                        || feature instanceof SearchFeature.Amount
                        || feature instanceof SearchFeature.Words)
                .map(SearchFeature::name)
                .toList();
        for (var entry : serving.section("facets").mapping().entries()) {
            String name = entry.key().text();
            require(entry.key().location(), countable, name, "the feature");
            List<Double> bounds = serving.section("facets").texts(name).stream()
                    .flatMap(text -> Section.parsedNumber(text).stream())
                    .sorted()
                    .toList();
            boolean isCategory = names(features, SearchFeature.Category.class).contains(name);
            if (isCategory != bounds.isEmpty()) {
                file.problem(
                        entry.key().location(),
                        "the bounds " + bounds + " of '" + name + "'",
                        isCategory ? "none, for it is a category" : "at least one, for it is a number");
            }
            facets.put(name, bounds);
        }
        serving.text("highlight")
                .ifPresent(name -> require(
                        serving.location("highlight"), names(features, SearchFeature.Text.class), name, "the text"));
        List<String> columns = data.stream()
                .flatMap(known -> known.items().contract().columns().stream())
                .map(Contract.Column::name)
                .toList();
        serving.text("title")
                .filter(_ -> data.isPresent())
                .ifPresent(name -> require(serving.location("title"), columns, name, "the column"));
        var budget = new LinkedHashMap<String, Duration>();
        for (String stage : List.of("understand", "retrieve", "rank")) {
            budget.put(stage, serving.section("budget").duration(stage).orElse(Duration.ofMillis(250)));
        }
        return new SearchServing(
                serving.integer("size", 10),
                facets,
                serving.text("highlight"),
                serving.text("title")
                        .orElseGet(() -> data.map(known -> known.items().key()).orElse("")),
                serving.items("synonyms").stream()
                        .map(group -> group instanceof Yaml.Sequence phrases
                                ? phrases.items().stream()
                                        .filter(Yaml.Scalar.class::isInstance)
                                        .map(phrase -> ((Yaml.Scalar) phrase).text())
                                        .toList()
                                : List.<String>of())
                        .toList(),
                !serving.text("spelling", "tolerant").equals("strict"),
                budget,
                serving.integer("concurrency", 64));
    }
}
