package io.rankwright.spec;

import io.rankwright.spec.ScoreApplication.Action;
import io.rankwright.spec.ScoreApplication.Boosted;
import io.rankwright.spec.ScoreApplication.CaseFeature;
import io.rankwright.spec.ScoreApplication.CaseLabel;
import io.rankwright.spec.ScoreApplication.Cases;
import io.rankwright.spec.ScoreApplication.Criterion;
import io.rankwright.spec.ScoreApplication.Learner;
import io.rankwright.spec.ScoreApplication.Linear;
import io.rankwright.spec.ScoreApplication.Objective;
import io.rankwright.spec.ScoreApplication.Rule;
import io.rankwright.spec.ScoreApplication.ScoreData;
import io.rankwright.spec.ScoreApplication.ScoreFraming;
import io.rankwright.spec.ScoreApplication.ScoreModel;
import io.rankwright.spec.ScoreApplication.ScoreServing;
import io.rankwright.spec.ScoreApplication.TokenReader;
import io.rankwright.spec.ScoreApplication.Uplift;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads and checks the application file of a score. Used once, by one thread. */
final class ScoreReader {
    private static final Expression ZERO = Section.parsed("0").orElseThrow();
    private static final Metrics METRICS = new Metrics(
            List.of("uplift"),
            List.of(
                    "auc",
                    "logloss",
                    "ece",
                    "precision",
                    "recall",
                    "f1",
                    "accuracy",
                    "weighted_f1",
                    "macro_f1",
                    "qini",
                    "auuc"));

    private final ApplicationFile file;
    private final Section root;

    ScoreReader(ApplicationFile file) {
        this.file = file;
        this.root = file.root();
    }

    ScoreApplication read() {
        String item = root.section("framing").text("item", "case");
        file.checkShape(ScoreShape.of(item));
        Data.EntitySource cases = cases(item);
        List<Contract.Column> columns = cases.contract().columns();
        ScoreFraming framing = framing(item, columns);
        List<CaseFeature> features = features(item, columns);
        Section section = root.section("data");
        Section split = section.section("split");
        int folds = split.integer("folds", 5);
        if (folds < 2 || folds > 100) {
            file.problem(split.location("folds"), "'" + folds + "'", "2 to 100");
        }
        var owners = new ArrayList<>(framing.names());
        owners.add("case");
        framing.uplift().ifPresent(_ -> owners.add("uplift"));
        var baselines = new ArrayList<String>();
        owners.forEach(owner -> baselines.add("linear." + owner));
        List<String> slices = features.stream()
                .filter(feature -> feature instanceof CaseFeature.Category || feature instanceof CaseFeature.Matches)
                .map(CaseFeature::name)
                .toList();
        root.section("evaluation")
                .scalars("slices")
                .forEach(slice -> require(slice.location(), slices, slice.text(), "the slice"));
        METRICS.check(file, root.section("evaluation"), owners, baselines);
        Section serving = root.section("serving");
        List<String> names = columns.stream().map(Contract.Column::name).toList();
        serving.text("title").ifPresent(title -> require(serving.location("title"), names, title, "the column"));
        return new ScoreApplication(
                root.text("application", ""),
                file.folder(),
                file.hash(),
                file.requirements(),
                framing,
                new ScoreData(
                        cases,
                        section.has("simulate")
                                ? Optional.of(new Cases(
                                        section.section("simulate").integer("cases", 2000),
                                        section.section("simulate").integer("seed", 7)))
                                : Optional.empty(),
                        folds,
                        split.integer("seed", 7)),
                features,
                model(features),
                file.evaluation(),
                new ScoreServing(
                        policy(framing),
                        serving.text("title").orElse(names.isEmpty() ? "" : names.getFirst()),
                        serving.integer("concurrency", 64)));
    }

    private Data.EntitySource cases(String item) {
        Section section = root.section("data");
        Section source = section.section("entities").section(item);
        if (!section.section("entities").has(item)) {
            file.problem(section.location("entities"), "no entity '" + item + "'", "the item of the framing");
        }
        return file.entity(item, source)
                .orElseGet(() -> new Data.EntitySource(
                        item,
                        List.of(),
                        List.of(),
                        "",
                        new Contract(item, Path.of(""), List.of(), List.of(), Optional.empty())));
    }

    private ScoreFraming framing(String item, List<Contract.Column> columns) {
        Section section = root.section("framing");
        List<String> numbers = names(columns, Contract.Type.NUMBER);
        var labels = new ArrayList<CaseLabel>();
        section.sections("labels").forEach((name, label) -> {
            for (String key : List.of("where", "learn")) {
                label.formula(key).stream()
                        .flatMap(formula -> formula.names().stream())
                        .forEach(column -> require(label.location(key), numbers, column, "the number"));
            }
            labels.add(new CaseLabel(name, label.formula("where").orElse(ZERO), label.formula("learn")));
        });
        if (labels.isEmpty()) {
            file.problem(section.location("labels"), "no label", "at least one");
        }
        boolean isExclusive = section.isSet("exclusive");
        if (isExclusive && labels.size() < 2) {
            file.problem(section.location("exclusive"), "one label that excludes others", "at least two labels");
        }
        return new ScoreFraming(item, labels, isExclusive, uplift(section, labels, numbers));
    }

    private Optional<Uplift> uplift(Section framing, List<CaseLabel> labels, List<String> numbers) {
        if (!framing.has("uplift")) {
            return Optional.empty();
        }
        Section section = framing.section("uplift");
        String treatment = section.text("treatment", "");
        require(section.location("treatment"), numbers, treatment, "the number");
        List<String> names = labels.stream().map(CaseLabel::name).toList();
        String label = section.text("label").orElse(names.isEmpty() ? "" : names.getFirst());
        require(section.location("label"), names, label, "the label");
        if (!root.section("model").has("trees")) {
            file.problem(section.location(), "an uplift without trees that learn it", "trees in model");
        }
        root.section("features")
                .section(framing.text("item", "case"))
                .mapping()
                .entries()
                .forEach(feature -> Section.of(feature.value())
                        .formula("number")
                        .filter(formula -> formula.names().stream()
                                .anyMatch(name -> name.replaceFirst(".*\\.", "").equals(treatment)))
                        .ifPresent(_ -> file.problem(
                                feature.key().location(),
                                "a feature that looks at the treatment",
                                "what is known of a case before it")));
        return Optional.of(
                new Uplift(treatment, label, choice(Learner.class, section.text("learner", "x"), Learner.X)));
    }

    private static List<String> names(List<Contract.Column> columns, Contract.Type type) {
        return columns.stream()
                .filter(column -> column.type() == type)
                .map(Contract.Column::name)
                .toList();
    }

    private void require(Location location, Collection<String> known, String name, String what) {
        if (!known.contains(name)) {
            file.problem(location, what + " '" + name + "'", Suggestion.oneOf(known, name));
        }
    }

    private List<CaseFeature> features(String item, List<Contract.Column> columns) {
        List<String> texts = names(columns, Contract.Type.TEXT);
        var features = new ArrayList<CaseFeature>();
        var seen = new HashSet<String>();
        for (var entry : root.section("features").section(item).mapping().entries()) {
            String name = entry.key().text();
            Location location = entry.key().location();
            Section definition = Section.of(entry.value());
            if (!seen.add(name)) {
                file.problem(location, "a second feature '" + name + "'", "each name once");
            }
            if (definition.has("runs")) {
                int from = definition.integer("from", 1);
                int to = definition.integer("to", 2);
                if (from < 1 || to < from || to > 8) {
                    file.problem(location, "runs of " + from + " to " + to, "1 to 8, the shorter first");
                }
                features.add(new CaseFeature.Runs(
                        name,
                        location,
                        column(definition, "runs", item, texts),
                        definition.text("of", "words").equals("words"),
                        from,
                        to,
                        definition.integer("at_least", 2)));
            } else if (definition.has("embedding")) {
                Encoder encoder = file.encoder(definition, "encoder");
                List<String> known = encoder.isOfImages() ? names(columns, Contract.Type.IMAGE) : texts;
                features.add(new CaseFeature.Embedding(
                        name, location, column(definition, "embedding", item, known), encoder));
            } else if (definition.has("matches")) {
                features.add(new CaseFeature.Matches(
                        name, location, column(definition, "matches", item, texts), pattern(definition)));
            } else if (definition.has("categorical")) {
                features.add(new CaseFeature.Category(
                        name,
                        location,
                        column(definition, "categorical", item, names(columns, Contract.Type.CATEGORY))));
            } else if (definition.has("number")) {
                Expression formula = definition.formula("number").orElse(ZERO);
                List<String> numbers = names(columns, Contract.Type.NUMBER);
                formula.names()
                        .forEach(used ->
                                require(definition.location("number"), numbers, plain(used, item), "the number"));
                features.add(new CaseFeature.Amount(name, location, formula));
            }
        }
        return features;
    }

    private String column(Section definition, String key, String item, List<String> known) {
        String column = plain(definition.text(key, ""), item);
        require(definition.location(key), known, column, "the column");
        return column;
    }

    private Pattern pattern(Section definition) {
        try {
            return Pattern.compile(definition.text("pattern", ""));
        } catch (PatternSyntaxException e) {
            file.problem(
                    definition.location("pattern"),
                    "the pattern '" + definition.text("pattern", "") + "': " + e.getDescription(),
                    "a regular expression");
            return Pattern.compile("");
        }
    }

    private static String plain(String reference, String item) {
        return reference.startsWith(item + ".") ? reference.substring(item.length() + 1) : reference;
    }

    private ScoreModel model(List<CaseFeature> features) {
        Section section = root.section("model");
        List<String> all = features.stream().map(CaseFeature::name).toList();
        List<String> ofLinear = inputs(section.section("linear"), features, false);
        if (ofLinear.isEmpty()) {
            file.problem(section.location("linear"), "a regression without inputs", Suggestion.oneOf(all, ""));
        }
        Section linear = section.section("linear");
        Section trees = section.section("trees");
        return new ScoreModel(
                new Linear(ofLinear, linear.number("hold", 1), linear.integer("epochs", 20)),
                section.has("trees")
                        ? Optional.of(new Boosted(
                                inputs(trees, features, true),
                                trees.integer("rounds", 200),
                                trees.integer("depth", 4),
                                trees.number("learning_rate", 0.05)))
                        : Optional.empty(),
                section.has("network") ? Optional.of(network(section.section("network"), features)) : Optional.empty(),
                choice(Model.Calibrate.class, section.text("calibrate", "isotonic"), Model.Calibrate.ISOTONIC),
                choice(Objective.class, section.text("choose", "accuracy"), Objective.ACCURACY));
    }

    private TokenReader network(Section section, List<CaseFeature> features) {
        List<String> usable = features.stream()
                .filter(feature -> feature instanceof CaseFeature.Embedding embedding
                        && embedding.encoder().reading() instanceof Encoder.Texts
                        && embedding.encoder().pooling() != Encoder.Pooling.NONE)
                .map(CaseFeature::name)
                .toList();
        String of = section.text("of", "");
        require(section.location("of"), usable, of, "the embedding of a text, by its tokens,");
        int dim = section.integer("dim", 128);
        int epochs = section.integer("epochs", 4);
        double dropout = section.share("dropout", 0.2);
        if (dim < 1 || dim > 1024 || epochs < 1 || dropout >= 1) {
            file.problem(
                    section.location(),
                    "dim " + dim + ", epochs " + epochs + ", dropout " + dropout,
                    "dim 1 to 1024, epochs at least 1, dropout below 1");
        }
        return new TokenReader(of, dim, epochs, section.number("learning_rate", 0.001), dropout);
    }

    /** What a model looks at: runs are for regressions, vectors for trees, categories and numbers for both. */
    private List<String> inputs(Section section, List<CaseFeature> features, boolean isOfTrees) {
        List<String> usable = features.stream()
                .filter(feature ->
                        !(isOfTrees ? feature instanceof CaseFeature.Runs : feature instanceof CaseFeature.Embedding))
                .map(CaseFeature::name)
                .toList();
        section.scalars("features").forEach(name -> require(name.location(), usable, name.text(), "the input"));
        return section.has("features") ? section.texts("features") : usable;
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String text, E otherwise) {
        for (E constant : type.getEnumConstants()) {
            if (ApplicationShape.lower(constant).equals(text)) {
                return constant;
            }
        }
        return otherwise;
    }

    private List<Rule> policy(ScoreFraming framing) {
        var rules = new ArrayList<Rule>();
        for (Yaml yaml : root.section("serving").items("policy")) {
            Section rule = Section.of(yaml);
            String label = rule.text("label", "");
            require(rule.location("label"), framing.names(), label, "the label");
            List<String> given = List.of("threshold", "precision", "recall", "costs").stream()
                    .filter(rule::has)
                    .toList();
            if (given.size() != 1) {
                file.problem(
                        rule.location(),
                        "a rule with " + (given.isEmpty() ? "no criterion" : String.join(" and ", given)),
                        "one of threshold, precision, recall and costs");
            }
            rules.add(new Rule(
                    rule.location(),
                    Action.valueOf(rule.text("action")
                            .filter(List.of("demote", "review", "block")::contains)
                            .orElse("review")
                            .toUpperCase(Locale.ROOT)),
                    label,
                    criterion(rule)));
        }
        return rules;
    }

    private static Criterion criterion(Section rule) {
        if (rule.has("precision")) {
            return new Criterion.Precision(rule.share("precision", 1));
        }
        if (rule.has("recall")) {
            return new Criterion.Recall(rule.share("recall", 1));
        }
        if (rule.has("costs")) {
            return new Criterion.Costs(
                    rule.section("costs").number("wrong", 1),
                    rule.section("costs").number("missed", 1));
        }
        return new Criterion.Threshold(rule.share("threshold", 1));
    }
}
