package io.rankwright.spec;

import io.rankwright.spec.FeatureDefinition.Kind;
import io.rankwright.spec.FeatureDefinition.Reference;
import io.rankwright.spec.FeatureDefinition.Scope;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.Model.CandidateSource;
import io.rankwright.spec.Model.RerankRule;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads the application file of a feed into records. Used once, by one thread. */
final class FeedReader {
    private static final Expression ZERO = Section.parsed("0").orElseThrow();
    private static final Duration LATENESS = Duration.ofHours(1);
    private static final Day LAST = new Day.BeforeLast(0);

    private final ApplicationFile file;
    private final Section root;

    FeedReader(ApplicationFile file) {
        this.file = file;
        this.root = file.root();
    }

    FeedApplication read() {
        Section framing = root.section("framing");
        String subject = framing.text("subject", "user");
        String item = framing.text("item", "video");
        file.checkShape(ApplicationShape.feed(subject, item));
        FeedApplication application = bind(subject, item);
        new FeedCheck(application, root, file.problems()).check();
        return application;
    }

    private FeedApplication bind(String subject, String item) {
        Requirements requirements = file.requirements();
        Framing framing = framing(root.section("framing"), subject, item);
        Data data = data(subject, item);
        List<FeatureDefinition> features = features(root.section("features"), framing);
        Model model = model(root.section("model"), framing, data);
        Section serving = root.section("serving");
        Section monitor = serving.section("monitor");
        var budget = new LinkedHashMap<String, Duration>();
        for (String stage : List.of("retrieve", "rank", "rerank")) {
            budget.put(stage, serving.section("budget").duration(stage).orElse(Duration.ofMillis(50)));
        }
        return new FeedApplication(
                root.text("application", ""),
                file.folder(),
                file.hash(),
                requirements,
                framing,
                data,
                features,
                owners(root.section("features").section("owners")),
                model,
                file.evaluation(),
                new Serving(
                        serving.integer("slots", 20),
                        budget,
                        serving.texts("fallback"),
                        serving.texts("editorial"),
                        serving.integer("concurrency", 64),
                        serving.texts("needs").stream()
                                .flatMap(text -> Arrays.stream(Serving.Need.values())
                                        .filter(need -> need.name().equalsIgnoreCase(text)))
                                .collect(Collectors.toUnmodifiableSet()),
                        canary(serving.section("canary")),
                        serving.section("retrain")
                                .duration("every")
                                .map(every -> new Serving.Retrain(
                                        every,
                                        serving.section("retrain")
                                                .text("on_alarm")
                                                .map("true"::equals)
                                                .orElse(true))),
                        new Serving.Monitor(
                                monitor.duration("window").orElse(Duration.ofDays(1)),
                                monitor.number("drift_psi", 0.2),
                                monitor.number("ece", 0.03),
                                monitor.duration("latency_p99")
                                        .orElse(requirements.latencyP99().orElse(Duration.ofMillis(200))),
                                monitor.share("availability", 0.999),
                                monitor.number("core_hour", 0)),
                        serving.texts("card"),
                        actions(serving)));
    }

    private static Serving.Canary canary(Section section) {
        List<Double> steps = section.texts("steps").stream()
                .flatMap(text -> Units.share(text).stream())
                .toList();
        try {
            return new Serving.Canary(
                    steps.isEmpty() ? Serving.Canary.USUAL.steps() : steps,
                    section.duration("hold").orElse(Serving.Canary.USUAL.hold()));
        } catch (IllegalArgumentException _) {
            // The check names what is wrong with them.
            return Serving.Canary.USUAL;
        }
    }

    private static Map<String, Map<String, Expression>> actions(Section serving) {
        var actions = new LinkedHashMap<String, Map<String, Expression>>();
        serving.sections("actions").forEach((name, columns) -> {
            var formulas = new LinkedHashMap<String, Expression>();
            columns.mapping()
                    .entries()
                    .forEach(entry -> columns.formula(entry.key().text())
                            .ifPresent(formula -> formulas.put(entry.key().text(), formula)));
            actions.put(name, formulas);
        });
        return actions;
    }

    private static Framing framing(Section section, String subject, String item) {
        var labels = new ArrayList<Label>();
        section.sections("labels")
                .forEach((name, label) -> labels.add(new Label(
                        name,
                        label.formula("where"),
                        label.formula("where").isPresent()
                                ? Optional.empty()
                                : label.formula("value").or(() -> Optional.of(ZERO)),
                        label.text("given"))));
        String exposure = section.sections("labels").values().stream()
                .flatMap(label -> label.text("event").stream())
                .findFirst()
                .orElse("");
        Framing.Task task = switch (section.text("task", "feed")) {
            case "search" -> Framing.Task.SEARCH;
            case "score" -> Framing.Task.SCORE;
            default -> Framing.Task.FEED;
        };
        return new Framing(
                task,
                subject,
                item,
                exposure,
                labels,
                section.formula("utility").orElse(ZERO),
                section.text("utility_means", "utility"));
    }

    private Data data(String subject, String item) {
        Section section = root.section("data");
        var events = new LinkedHashMap<String, Data.EventSource>();
        section.sections("events")
                .forEach((name, source) -> file.contract(name, source)
                        .ifPresent(contract -> events.put(
                                name,
                                new Data.EventSource(
                                        name,
                                        source.texts("source"),
                                        contract,
                                        source.text("topic", root.text("application", "") + "." + name),
                                        source.text("avro").flatMap(path -> file.ownFile(source, "avro", path))))));
        var entities = new LinkedHashMap<String, Data.EntitySource>();
        section.sections("entities")
                .forEach((name, source) -> file.entity(name, source).ifPresent(entity -> entities.put(name, entity)));
        Section simulate = section.section("simulate");
        Optional<Data.Simulation> simulation = section.has("simulate")
                ? Optional.of(new Data.Simulation(
                        simulate.count(subject + "s", 1000),
                        simulate.count(item + "s", 1000),
                        simulate.integer("days", 5),
                        simulate.integer("seed", 1)))
                : Optional.empty();
        return new Data(
                events,
                entities,
                simulation,
                split(section.section("split")),
                section.duration("lateness").orElse(LATENESS));
    }

    private Data.Split split(Section split) {
        List<Day> train = split.texts("train").stream()
                .flatMap(text -> Day.parse(text).stream())
                .toList();
        ZoneId zone = ZoneOffset.UTC;
        try {
            zone = ZoneId.of(split.text("zone", "UTC"));
        } catch (DateTimeException e) {
            file.problems()
                    .add(new Problem(
                            split.location("zone"),
                            "the time zone '" + split.text("zone", "") + "'",
                            "an IANA zone such as Asia/Shanghai"));
        }
        return new Data.Split(
                train.isEmpty() ? LAST : train.getFirst(),
                train.isEmpty() ? LAST : train.getLast(),
                split.day("validate").orElse(LAST),
                split.day("test").orElse(LAST),
                zone,
                split.day("last_day").filter(Day.Date.class::isInstance).map(Day.Date.class::cast));
    }

    private List<FeatureDefinition> features(Section section, Framing framing) {
        var features = new ArrayList<FeatureDefinition>();
        var scopes = Map.of(framing.subject(), Scope.SUBJECT, framing.item(), Scope.ITEM, "pair", Scope.PAIR);
        for (var entry : section.mapping().entries()) {
            Scope scope = scopes.get(entry.key().text());
            if (scope != null) {
                for (var definition : Section.of(entry.value()).mapping().entries()) {
                    feature(
                                    definition.key().text(),
                                    scope,
                                    Section.of(definition.value()),
                                    definition.key().location(),
                                    framing)
                            .ifPresent(features::add);
                }
            }
        }
        for (var scalar : section.scalars("context")) {
            features.add(context(scalar, framing));
        }
        return features;
    }

    private static Map<String, String> owners(Section section) {
        var owners = new LinkedHashMap<String, String>();
        for (var entry : section.mapping().entries()) {
            owners.put(entry.key().text(), section.text(entry.key().text(), ""));
        }
        return owners;
    }

    private static FeatureDefinition context(Yaml.Scalar scalar, Framing framing) {
        String name = scalar.text();
        return switch (name) {
            case "hour_of_day" -> new FeatureDefinition.Calendar(name, Scope.CONTEXT, scalar.location(), true);
            case "day_of_week" -> new FeatureDefinition.Calendar(name, Scope.CONTEXT, scalar.location(), false);
            default ->
                new FeatureDefinition.Categorical(
                        name, Scope.CONTEXT, scalar.location(), new Reference(framing.exposure(), name));
        };
    }

    private Optional<FeatureDefinition> feature(
            String name, Scope scope, Section section, Location location, Framing framing) {
        if (section.has("categorical")) {
            return Optional.of(
                    new FeatureDefinition.Categorical(name, scope, location, reference(section, "categorical")));
        }
        if (section.has("number")) {
            return Optional.of(new FeatureDefinition.Numeric(
                    name, scope, location, section.formula("number").orElse(ZERO)));
        }
        if (section.has("age")) {
            return Optional.of(new FeatureDefinition.Age(name, scope, location, reference(section, "age")));
        }
        if (section.has("sequence")) {
            return Optional.of(new FeatureDefinition.Sequence(
                    name,
                    scope,
                    location,
                    reference(section, "sequence"),
                    section.integer("last", 50),
                    section.formula("where"),
                    section.text("start").map(FeedReader::reference)));
        }
        if (section.has("embedding")) {
            return Optional.of(new FeatureDefinition.Embedding(
                    name,
                    scope,
                    location,
                    section.texts("embedding").stream()
                            .map(FeedReader::reference)
                            .toList(),
                    file.encoder(section, "encoder")));
        }
        if (section.has("match")) {
            return Optional.of(new FeatureDefinition.Match(
                    name, scope, location, section.text("match", ""), reference(section, "on")));
        }
        List<Reference> by = section.has("by")
                ? section.texts("by").stream().map(FeedReader::reference).toList()
                : defaultKey(scope, framing);
        if (section.has("share")) {
            return Optional.of(new FeatureDefinition.Share(
                    name,
                    scope,
                    location,
                    reference(section, "share"),
                    reference(section, "of"),
                    by,
                    section.number("prior", 0)));
        }
        if (section.has("recency")) {
            return Optional.of(new FeatureDefinition.Recency(
                    name, scope, location, section.text("recency", ""), section.formula("where"), by));
        }
        for (Kind kind : Kind.values()) {
            String key = kind.name().toLowerCase(Locale.ROOT);
            if (section.has(key)) {
                String event = kind == Kind.COUNT ? section.text(key, "") : framing.exposure();
                Optional<Expression> value = kind == Kind.COUNT
                        ? Optional.empty()
                        : section.formula(key).or(() -> Optional.of(ZERO));
                return Optional.of(new FeatureDefinition.Aggregate(
                        name,
                        scope,
                        location,
                        kind,
                        event,
                        value,
                        section.formula("where"),
                        by,
                        section.duration("window"),
                        section.number("prior", 0)));
            }
        }
        return Optional.empty();
    }

    private static List<Reference> defaultKey(Scope scope, Framing framing) {
        var subject = new Reference(framing.subject(), "");
        var item = new Reference(framing.item(), "");
        return switch (scope) {
            case SUBJECT -> List.of(subject);
            case ITEM -> List.of(item);
            case PAIR -> List.of(subject, item);
            case CONTEXT -> List.of();
        };
    }

    private static Reference reference(Section section, String key) {
        return reference(section.text(key, ""));
    }

    private static Reference reference(String text) {
        int dot = text.indexOf('.');
        return dot < 0 ? new Reference(text, "") : new Reference(text.substring(0, dot), text.substring(dot + 1));
    }

    private static Model.Rank rank(Section section) {
        Section trees = section.section("trees");
        Section dcn = section.section("dcn");
        Section affinity = section.section("affinity");
        Section first = section.has("trees") ? trees : dcn;
        return new Model.Rank(
                first.texts("heads"),
                choice(Model.Calibrate.class, first, "calibrate", Model.Calibrate.ISOTONIC),
                !section.has("affinity")
                        ? Optional.empty()
                        : Optional.of(new Model.Affinity(
                                reference(affinity, "taken"),
                                reference(affinity, "of"),
                                affinity.integer("dim", 16),
                                affinity.integer("epochs", 2),
                                affinity.integer("models", 1))),
                !section.has("trees")
                        ? Optional.empty()
                        : Optional.of(new Model.Trees(
                                trees.texts("features"),
                                trees.text("objective", "").equals("lambdamart"),
                                trees.integer("rounds", 400),
                                trees.integer("depth", 6),
                                trees.number("learning_rate", 0.05),
                                trees.number("regularisation", 5),
                                trees.integer("patience", 30))),
                section.has("dcn") ? Optional.of(dcn(dcn)) : Optional.empty(),
                section.isSet("refit"),
                section.integer("candidates", 300));
    }

    private static Model.Dcn dcn(Section section) {
        return new Model.Dcn(
                section.texts("features"),
                section.texts("sequences"),
                section.integer("last", 50),
                section.integer("cross", 3),
                section.integers("deep", List.of(256, 128)),
                section.integer("experts", 0),
                section.integer("dim", 8),
                section.integer("id_dim", 16),
                choice(Model.Amounts.class, section, "amounts", Model.Amounts.LOG),
                section.text("by"),
                section.integer("epochs", 1),
                section.integer("batch", 512),
                section.number("learning_rate", 0.002),
                section.number("row_rate", 0.02),
                section.share("dropout", 0.2),
                section.integer("teachers", 0),
                section.duration("forget"));
    }

    /** The constant that a text names in small letters. */
    private static <E extends Enum<E>> E choice(Class<E> type, Section section, String key, E missing) {
        return section.text(key)
                .flatMap(text -> Arrays.stream(type.getEnumConstants())
                        .filter(constant ->
                                constant.name().toLowerCase(Locale.ROOT).equals(text))
                        .findFirst())
                .orElse(missing);
    }

    private static Model model(Section section, Framing framing, Data data) {
        var sources = new ArrayList<CandidateSource>();
        section.sections("retrieve").forEach((name, source) -> {
            int candidates = source.integer("candidates", 100);
            double weight = source.number("weight", 1);
            switch (name) {
                case "two_tower" ->
                    sources.add(new Model.TwoTower(
                            source.integer("dim", 32),
                            source.texts(framing.subject()),
                            source.texts(framing.item()),
                            candidates,
                            weight,
                            source.number("popularity", 0),
                            source.integer("last", 50),
                            source.integer("epochs", 5),
                            source.integer("batch", 512),
                            source.number("learning_rate", 0.01),
                            source.duration("forget"),
                            source.text("vectors", "float").equals("int8")
                                    ? Model.Precision.INT8
                                    : Model.Precision.FLOAT));
                case "trending" -> sources.add(new Model.Trending(name, source.duration("window"), candidates, weight));
                case "popular" -> sources.add(new Model.Trending(name, Optional.empty(), candidates, weight));
                case "fresh" ->
                    sources.add(new Model.Fresh(
                            source.text("born").map(FeedReader::reference).orElseGet(() -> firstDate(framing, data)),
                            source.duration("younger_than").orElse(Duration.ofDays(2)),
                            candidates,
                            weight));
                case "similar" ->
                    sources.add(similar(new Model.Similar.Knn(source.integer("neighbours", 100)), source));
                case "ease" ->
                    sources.add(similar(
                            new Model.Similar.Ease(
                                    source.integer("neighbours", 100), source.number("regularisation", 100)),
                            source));
                case "ials" ->
                    sources.add(similar(
                            new Model.Similar.Ials(
                                    source.integer("dim", 64),
                                    source.integer("epochs", 5),
                                    source.number("unobserved", 0.01),
                                    source.number("regularisation", 2)),
                            source));
                default -> {}
            }
        });
        return new Model(
                sources,
                rank(section.section("rank")),
                section.items("rerank").stream()
                        .flatMap(yaml -> rule(Section.of(yaml)).stream())
                        .toList());
    }

    private static Model.Similar similar(Model.Similar.Method method, Section source) {
        return new Model.Similar(
                method,
                source.text("to", ""),
                source.integer("last", 20),
                source.number("popularity", 0),
                source.integer("candidates", 100),
                source.number("weight", 1));
    }

    private static Reference firstDate(Framing framing, Data data) {
        return Optional.ofNullable(data.entities().get(framing.item())).stream()
                .flatMap(source -> source.contract().columns().stream())
                .filter(column -> column.type() == Contract.Type.DATE || column.type() == Contract.Type.TIME)
                .map(column -> new Reference(framing.item(), column.name()))
                .findFirst()
                .orElse(new Reference(framing.item(), ""));
    }

    private static Optional<RerankRule> rule(Section section) {
        if (section.mapping().entries().isEmpty()) {
            return Optional.empty();
        }
        String kind = section.mapping().entries().getFirst().key().text();
        Section settings = section.section(kind);
        Expression where = settings.formula("where").orElse(ZERO);
        return Optional.ofNullable(
                switch (kind) {
                    case "deduplicate" -> new RerankRule.Deduplicate();
                    case "at_most" ->
                        new RerankRule.AtMost(
                                reference(settings, "per"),
                                settings.integer("in_top", 10),
                                settings.integer("count", 2));
                    case "diversify" -> new RerankRule.Diversify(settings.share("lambda", 0.7));
                    case "explore" -> new RerankRule.Explore(settings.share("share", 0));
                    case "boost" -> new RerankRule.Boost(where, settings.number("factor", 1));
                    case "bury" -> new RerankRule.Bury(where);
                    case "pin" -> new RerankRule.Pin(settings.text("item", ""), settings.integer("slot", 0));
                    case "filter" -> new RerankRule.Filter(where);
                    default -> null;
                });
    }
}
