package io.rankwright.spec;

import io.rankwright.spec.Contract.Type;
import io.rankwright.spec.FeatureDefinition.Reference;
import io.rankwright.spec.FeatureDefinition.Scope;
import io.rankwright.spec.Framing.Label;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The checks of meaning: every name in the file must stand for something, and for something of the right kind. */
final class FeedCheck {
    private static final String SLICE_ECE = "slice_ece";
    private static final List<String> BINARY_METRICS = List.of("auc", "logloss", "ne", "ece", SLICE_ECE);
    private static final List<String> NUMERIC_METRICS = List.of("mae", "xauc");
    private static final List<String> LIST_METRICS = List.of("recall", "ndcg", "map", "mrr", "coverage", "diversity");

    private final FeedApplication application;
    private final Section root;
    private final List<Problem> problems;

    FeedCheck(FeedApplication application, Section root, List<Problem> problems) {
        this.application = application;
        this.root = root;
        this.problems = problems;
    }

    void check() {
        checkFraming();
        checkSplit();
        if (application.data().events().containsKey(application.framing().exposure())) {
            checkFeatures();
        }
        checkModel();
        checkEvaluation();
        checkServing();
    }

    private void checkServing() {
        Section serving = root.section("serving");
        serving.scalars("card").forEach(column -> checkItemNames(column.location(), List.of(column.text())));
        double before = 0;
        for (var step : serving.section("canary").scalars("steps")) {
            double share = Units.share(step.text()).orElse(Double.NaN);
            if (share <= before || share >= 1) {
                problem(step.location(), "the step " + step.text(), "shares that rise, such as [1%, 5%, 25%]");
            }
            before = share;
        }
        List<String> columns = columnNames(application.framing().exposure());
        serving.sections("actions").forEach((_, action) -> {
            for (var entry : action.mapping().entries()) {
                String column = entry.key().text();
                if (!columns.contains(column)) {
                    problem(entry.key().location(), "the column '" + column + "'", Suggestion.oneOf(columns, column));
                }
                action.formula(column)
                        .ifPresent(formula -> checkItemNames(entry.value().location(), formula.names()));
            }
        });
    }

    private void checkFraming() {
        Framing framing = application.framing();
        Section section = root.section("framing");
        Set<String> entities = application.data().entities().keySet();
        for (String key : List.of("subject", "item")) {
            String name = section.text(key, "");
            if (!name.isEmpty() && !entities.contains(name)) {
                problem(
                        section.location(key),
                        "the entity '" + name + "'",
                        Suggestion.oneOf(entities, name) + " from data.entities");
            }
        }
        if (framing.labels().stream().noneMatch(Label::isBinary)) {
            problem(section.location("labels"), "no label with 'where'", "at least one yes-or-no label");
        }
        section.sections("labels").forEach((name, label) -> checkLabel(framing, name, label));
        checkNames(
                section.location("utility"),
                framing.utility(),
                framing.labels().stream().map(Label::name).toList(),
                "the label");
        application.data().entities().forEach((name, source) -> {
            Section entity = root.section("data").section("entities").section(name);
            if (!source.key().isEmpty()
                    && source.contract()
                            .column(source.key())
                            .filter(column -> column.type() == Type.ID)
                            .isEmpty()) {
                problem(
                        entity.location("key"),
                        "the key '" + source.key() + "'",
                        "a column of type id in the contract");
            }
        });
        application.data().events().forEach((name, source) -> {
            Section event = root.section("data").section("events").section(name);
            Contract contract = source.contract();
            if (contract.time().isEmpty() || contract.id().isEmpty()) {
                problem(event.location(), "a contract without 'time' or 'id'", "both in the contract of an event");
            }
            for (String entity : List.of(framing.subject(), framing.item())) {
                if (contract.columnOf(entity).isEmpty()) {
                    problem(
                            event.location(),
                            "no column of entity " + entity + " in the contract of " + name,
                            "a column of type id with 'entity: " + entity + "'");
                }
            }
        });
    }

    private void checkLabel(Framing framing, String name, Section label) {
        String event = label.text("event", "");
        Set<String> events = application.data().events().keySet();
        if (!events.contains(event)) {
            problem(
                    label.location("event"),
                    "the event '" + event + "'",
                    Suggestion.oneOf(events, event) + " from data.events");
            return;
        }
        if (!event.equals(framing.exposure())) {
            problem(
                    label.location("event"),
                    "a second event '" + event + "' with labels",
                    "all labels of the same event, " + framing.exposure());
        }
        if (label.has("where") == label.has("value")) {
            problem(
                    label.location(),
                    "the label '" + name + "' with both or neither of where and value",
                    "one of them");
        }
        Optional<Expression> formula = label.formula("where").or(() -> label.formula("value"));
        formula.ifPresent(expression -> checkNames(
                label.location(label.has("where") ? "where" : "value"), expression, columnNames(event), "the column"));
        label.text("given").ifPresent(given -> {
            List<String> binary = framing.labels().stream()
                    .filter(Label::isBinary)
                    .map(Label::name)
                    .toList();
            if (!binary.contains(given)) {
                problem(
                        label.location("given"),
                        "the label '" + given + "'",
                        Suggestion.oneOf(binary, given) + " with 'where'");
            }
        });
    }

    private void checkSplit() {
        Section section = root.section("data").section("split");
        Data.Split split = application.data().split();
        var days = List.of(split.trainFrom(), split.trainTo(), split.validate(), split.test());
        for (int i = 1; i < days.size(); i++) {
            boolean mayBeEqual = i == 1;
            if (days.get(i - 1) instanceof Day.BeforeLast(int earlier)
                    && days.get(i) instanceof Day.BeforeLast(int later)) {
                if (mayBeEqual ? earlier < later : earlier <= later) {
                    problem(
                            section.location(i == 1 ? "train" : i == 2 ? "validate" : "test"),
                            "the day " + days.get(i) + " after " + days.get(i - 1),
                            "train before validate before test: learning on later days leaks");
                }
            } else if (days.get(i - 1) instanceof Day.Date(var earlier) && days.get(i) instanceof Day.Date(var later)) {
                if (later.isBefore(earlier) || (!mayBeEqual && later.equals(earlier))) {
                    problem(
                            section.location(i == 1 ? "train" : i == 2 ? "validate" : "test"),
                            "the day " + days.get(i) + " after " + days.get(i - 1),
                            "train before validate before test: learning on later days leaks");
                }
            }
        }
        section.text("last_day")
                .filter(text -> text.startsWith("D"))
                .ifPresent(text -> problem(section.location("last_day"), "'" + text + "'", "a date"));
    }

    private void checkFeatures() {
        Framing framing = application.framing();
        var owned = new ArrayList<>(
                application.features().stream().map(FeatureDefinition::name).toList());
        owned.addAll(List.of(framing.subject(), framing.item(), "pair", "context"));
        for (var owner : root.section("features").section("owners").mapping().entries()) {
            String name = owner.key().text();
            if (!owned.contains(name)) {
                problem(owner.key().location(), "an owner of '" + name + "'", Suggestion.oneOf(owned, name));
            }
        }
        var seen = new HashSet<String>();
        for (FeatureDefinition feature : application.features()) {
            if (Set.of(framing.subject(), framing.item(), "affinity").contains(feature.name())) {
                problem(
                        feature.location(),
                        "a feature of the name '" + feature.name()
                                + "', under which rankers know an input of their own",
                        "another name");
            }
            if (!seen.add(feature.name())) {
                problem(
                        feature.location(),
                        "a second feature '" + feature.name() + "'",
                        "each name once over all sections");
            }
            switch (feature) {
                case FeatureDefinition.Categorical categorical ->
                    checkColumn(
                            feature,
                            categorical.column(),
                            Set.of(Type.CATEGORY, Type.ID, Type.CATEGORIES, Type.NUMBER),
                            true);
                case FeatureDefinition.Numeric numeric -> checkNumeric(numeric);
                case FeatureDefinition.Age age ->
                    checkColumn(feature, age.column(), Set.of(Type.DATE, Type.TIME), false);
                case FeatureDefinition.Calendar _ -> {}
                case FeatureDefinition.Sequence sequence -> checkSequence(sequence);
                case FeatureDefinition.Match match -> checkMatch(match);
                case FeatureDefinition.Embedding embedding -> checkEmbedding(embedding);
                case FeatureDefinition.Aggregate aggregate -> {
                    checkEvent(feature, aggregate.event());
                    aggregate.value().ifPresent(value -> checkEventFormula(feature, value, aggregate.event()));
                    aggregate.where().ifPresent(where -> checkEventFormula(feature, where, aggregate.event()));
                    checkKey(feature, aggregate.by());
                }
                case FeatureDefinition.Share share -> {
                    for (Reference list : List.of(share.part(), share.whole())) {
                        checkList(feature.location(), list);
                    }
                    checkKey(feature, share.by());
                }
                case FeatureDefinition.Recency recency -> {
                    checkEvent(feature, recency.event());
                    recency.where().ifPresent(where -> checkEventFormula(feature, where, recency.event()));
                    checkKey(feature, recency.by());
                }
            }
        }
    }

    private void checkNumeric(FeatureDefinition.Numeric feature) {
        var sources = new LinkedHashSet<String>();
        for (String name : feature.formula().names()) {
            int dot = name.indexOf('.');
            sources.add(dot < 0 ? "" : name.substring(0, dot));
            checkColumn(
                    feature,
                    new Reference(dot < 0 ? "" : name.substring(0, dot), name.substring(dot + 1)),
                    Set.of(Type.NUMBER, Type.DATE, Type.TIME),
                    false);
        }
        if (sources.size() > 1) {
            problem(feature.location(), "a formula over " + String.join(" and ", sources), "columns of one entity");
        }
    }

    private void checkSequence(FeatureDefinition.Sequence sequence) {
        Framing framing = application.framing();
        if (sequence.scope() != Scope.SUBJECT) {
            problem(
                    sequence.location(),
                    "a sequence outside features." + framing.subject(),
                    "a sequence of the subject");
        }
        if (!sequence.column()
                .equals(new Reference(
                        framing.exposure(),
                        application
                                .exposureContract()
                                .columnOf(framing.item())
                                .map(Contract.Column::name)
                                .orElse("")))) {
            problem(
                    sequence.location(),
                    "a sequence of '" + sequence.column() + "'",
                    "the item column of the exposures");
        }
        sequence.where().ifPresent(where -> checkEventFormula(sequence, where, framing.exposure()));
        sequence.start().ifPresent(start -> {
            if (!start.source().equals(framing.subject())) {
                problem(sequence.location(), "'start: " + start + "'", "a column of " + framing.subject());
            } else {
                checkColumn(sequence, start, Set.of(Type.IDS), false);
            }
        });
        if (sequence.last() < 1 || sequence.last() > 10_000) {
            problem(sequence.location(), "'last: " + sequence.last() + "'", "1 to 10000");
        }
    }

    private List<String> sequences() {
        return application.sequences().stream().map(FeatureDefinition::name).toList();
    }

    private void checkMatch(FeatureDefinition.Match match) {
        List<String> sequences = sequences();
        if (!sequences.contains(match.sequence())) {
            problem(
                    match.location(),
                    "the sequence '" + match.sequence() + "'",
                    Suggestion.oneOf(sequences, match.sequence()));
        }
        if (!match.column().source().equals(application.framing().item())) {
            problem(match.location(), "'on: " + match.column() + "'", "the item or one of its columns");
        } else if (!match.column().column().isEmpty()) {
            checkColumn(match, match.column(), Set.of(Type.CATEGORY, Type.CATEGORIES, Type.ID), false);
        }
    }

    private void checkEmbedding(FeatureDefinition.Embedding embedding) {
        Framing framing = application.framing();
        String entity = embedding.scope() == Scope.SUBJECT ? framing.subject() : framing.item();
        if (embedding.scope() == Scope.PAIR) {
            problem(
                    embedding.location(),
                    "an embedding in features.pair",
                    "one in features." + framing.subject() + " or features." + framing.item());
        }
        for (Reference column : embedding.columns()) {
            if (!column.source().equals(entity)) {
                problem(embedding.location(), "the column '" + column + "'", "a column of " + entity);
            } else {
                boolean isOfImages = embedding.encoder().isOfImages();
                checkColumn(
                        embedding, column, isOfImages ? Set.of(Type.IMAGE) : Set.of(Type.TEXT, Type.CATEGORY), false);
            }
        }
        if (embedding.encoder().isOfImages() && embedding.columns().size() > 1) {
            problem(embedding.location(), "a vector of several images", "one column for each embedding");
        }
    }

    /** The column must exist, belong to an entity of the framing or (if allowed) to the exposure, and have a right type. */
    private void checkColumn(
            FeatureDefinition feature, Reference reference, Set<Type> types, boolean isExposureAllowed) {
        Framing framing = application.framing();
        Contract contract;
        if (isExposureAllowed && reference.source().equals(framing.exposure())) {
            contract = application.exposureContract();
        } else if (application.data().entities().containsKey(reference.source())
                && (reference.source().equals(framing.subject())
                        || reference.source().equals(framing.item()))) {
            contract = application.data().entities().get(reference.source()).contract();
        } else {
            problem(
                    feature.location(),
                    "the source '" + reference.source() + "' in feature '" + feature.name() + "'",
                    Suggestion.oneOf(List.of(framing.subject(), framing.item()), reference.source()));
            return;
        }
        Optional<Contract.Column> column = contract.column(reference.column());
        if (column.isEmpty()) {
            List<String> names =
                    contract.columns().stream().map(Contract.Column::name).toList();
            problem(
                    feature.location(),
                    "the unknown column '" + reference + "' in feature '" + feature.name() + "': no source can fill it",
                    Suggestion.oneOf(names, reference.column()));
        } else if (!types.contains(column.get().type())) {
            problem(
                    feature.location(),
                    "the column '" + reference + "' of type "
                            + lower(column.get().type()) + " in feature '" + feature.name() + "'",
                    "one of type "
                            + String.join(
                                    ", ",
                                    types.stream()
                                            .map(FeedCheck::lower)
                                            .sorted()
                                            .toList()));
        }
    }

    private void checkKey(FeatureDefinition feature, List<Reference> by) {
        Framing framing = application.framing();
        if (by.isEmpty() || by.size() > 3) {
            problem(
                    feature.location(),
                    "a key of " + by.size() + " parts in feature '" + feature.name() + "'",
                    "1 to 3 parts");
        }
        for (Reference part : by) {
            boolean isEntity =
                    part.source().equals(framing.subject()) || part.source().equals(framing.item());
            if (isEntity && part.column().isEmpty()) {
                continue;
            }
            if (isEntity) {
                checkColumn(feature, part, Set.of(Type.CATEGORY, Type.CATEGORIES, Type.ID), false);
            } else {
                List<String> context = application.features().stream()
                        .filter(other ->
                                other instanceof FeatureDefinition.Categorical && other.scope() == Scope.CONTEXT)
                        .map(FeatureDefinition::name)
                        .toList();
                if (!part.column().isEmpty() || !context.contains(part.source())) {
                    problem(
                            feature.location(),
                            "the key part '" + part + "' in feature '" + feature.name() + "'",
                            framing.subject() + ", " + framing.item() + ", one of their columns, or "
                                    + Suggestion.oneOf(context, part.source()) + " of features.context");
                }
            }
        }
        long lists = by.stream()
                .flatMap(part -> Optional.ofNullable(
                                application.data().entities().get(part.source()))
                        .stream()
                        .flatMap(entity -> entity.contract().column(part.column()).stream()))
                .filter(Contract.Column::isList)
                .count();
        if (lists > 1) {
            problem(feature.location(), "two lists in the key of feature '" + feature.name() + "'", "at most one");
        }
    }

    private void checkEvent(FeatureDefinition feature, String event) {
        if (!event.equals(application.framing().exposure())) {
            problem(
                    feature.location(),
                    "the event '" + event + "' in feature '" + feature.name() + "'",
                    Suggestion.oneOf(List.of(application.framing().exposure()), event));
        }
    }

    private void checkEventFormula(FeatureDefinition feature, Expression formula, String event) {
        var names = new ArrayList<>(columnNames(event));
        application.framing().labels().forEach(label -> names.add(label.name()));
        Optional<Contract> contract =
                Optional.ofNullable(application.data().events().get(event)).map(Data.EventSource::contract);
        for (String name : formula.names()) {
            String column = name.startsWith(event + ".") ? name.substring(event.length() + 1) : name;
            if (!names.contains(column)) {
                problem(
                        feature.location(),
                        "'" + name + "' in feature '" + feature.name() + "': no source can fill it",
                        Suggestion.oneOf(names, column));
            } else if (contract.flatMap(known -> known.column(column))
                    .filter(Contract.Column::isList)
                    .isPresent()) {
                problem(feature.location(), "the list '" + name + "' in a formula", "a number, category or id");
            }
        }
    }

    private void checkRank(Section section) {
        Framing framing = application.framing();
        Model.Rank rank = application.model().rank();
        List<String> features = application.features().stream()
                .filter(feature -> !(feature instanceof FeatureDefinition.Embedding))
                .map(FeatureDefinition::name)
                .toList();
        List<String> labels = framing.labels().stream().map(Label::name).toList();
        if (rank.trees().isEmpty() && rank.dcn().isEmpty()) {
            problem(section.location(), "no ranker", "trees, dcn, or both");
        }
        for (String ranker : List.of("trees", "dcn")) {
            Section settings = section.section(ranker);
            for (var head : settings.scalars("heads")) {
                if (!labels.contains(head.text())) {
                    problem(
                            head.location(),
                            "the head '" + head.text() + "'",
                            Suggestion.oneOf(labels, head.text()) + " from framing.labels");
                }
            }
            for (var feature : settings.scalars("features")) {
                if (!features.contains(feature.text())) {
                    problem(
                            feature.location(),
                            "the feature '" + feature.text() + "'",
                            Suggestion.oneOf(features, feature.text()));
                }
            }
            if (section.has(ranker) && !settings.texts("heads").equals(rank.heads())) {
                problem(
                        settings.location("heads"),
                        "the heads " + settings.texts("heads"),
                        "those of trees: " + rank.heads());
            }
            String calibrate = settings.text("calibrate", "isotonic");
            if (section.has(ranker) && !calibrate.equals(lower(rank.calibrate()))) {
                problem(
                        settings.location("calibrate"),
                        "the calibration '" + calibrate + "'",
                        "that of trees: " + lower(rank.calibrate()));
            }
        }
        Section first = section.section(section.has("trees") ? "trees" : "dcn");
        for (String used : framing.utility().names()) {
            if (labels.contains(used) && !rank.heads().contains(used)) {
                problem(first.location("heads"), "no head '" + used + "', which framing.utility needs", "it in heads");
            }
        }
        for (Label label : framing.labels()) {
            label.given()
                    .filter(given ->
                            rank.heads().contains(label.name()) && !rank.heads().contains(given))
                    .ifPresent(given -> problem(
                            first.location("heads"),
                            "no head '" + given + "', which '" + label.name() + "' is given",
                            "it in heads"));
        }
        rank.affinity().ifPresent(affinity -> {
            for (Reference list : List.of(affinity.taken(), affinity.seen())) {
                checkList(section.section("affinity").location(), list);
            }
            if (affinity.models() < 1 || affinity.models() > 64) {
                problem(section.section("affinity").location("models"), "'" + affinity.models() + "'", "1 to 64");
            }
        });
        rank.trees().ifPresent(trees -> checkTrees(section.section("trees"), trees));
        rank.dcn().ifPresent(dcn -> checkDcn(section.section("dcn"), dcn));
    }

    private void checkTrees(Section section, Model.Trees trees) {
        checkCount(section, "rounds", trees.rounds());
        if (trees.depth() < 1 || trees.depth() > 16) {
            problem(section.location("depth"), "'" + trees.depth() + "'", "1 to 16");
        }
        checkCount(section, "patience", trees.patience());
        checkStep(section, "learning_rate", trees.learningRate());
        if (trees.regularisation() < 0) {
            problem(section.location("regularisation"), "'" + trees.regularisation() + "'", "0 or more, such as 5");
        }
    }

    private void checkCount(Section section, String key, int count) {
        if (count < 1) {
            problem(section.location(key), "'" + count + "'", "at least 1");
        }
    }

    private void checkStep(Section section, String key, double step) {
        if (step <= 0 || step > 1) {
            problem(section.location(key), "'" + step + "'", "more than 0, at most 1");
        }
    }

    /** Checks that a list is a column of the subject that holds ids. */
    private void checkList(Location location, Reference list) {
        String subject = application.framing().subject();
        boolean isList = list.source().equals(subject)
                && application
                        .data()
                        .entity(subject)
                        .contract()
                        .column(list.column())
                        .filter(column -> column.type() == Type.IDS)
                        .isPresent();
        if (!isList) {
            problem(location, "the list '" + list + "'", "a column of " + subject + " of type ids");
        }
    }

    private void checkDcn(Section section, Model.Dcn dcn) {
        for (var sequence : section.scalars("sequences")) {
            List<String> sequences = sequences();
            if (!sequences.contains(sequence.text())) {
                problem(
                        sequence.location(),
                        "the sequence '" + sequence.text() + "'",
                        Suggestion.oneOf(sequences, sequence.text()));
            }
        }
        if (dcn.amounts() == Model.Amounts.QUANTILES) {
            List<String> categories = application.features().stream()
                    .filter(FeatureDefinition.Categorical.class::isInstance)
                    .map(FeatureDefinition::name)
                    .toList();
            String by = dcn.by().orElse("");
            if (!categories.contains(by)) {
                problem(
                        section.location("by"),
                        by.isEmpty() ? "no groups for the quantiles" : "the groups '" + by + "'",
                        "by: " + Suggestion.oneOf(categories, by));
            }
        }
        checkCount(section, "last", dcn.last());
        checkCount(section, "dim", dcn.dim());
        checkCount(section, "id_dim", dcn.idDim());
        checkCount(section, "epochs", dcn.epochs());
        checkCount(section, "batch", dcn.batch());
        if (dcn.dropout() < 0 || dcn.dropout() >= 1) {
            problem(section.location("dropout"), "'" + dcn.dropout() + "'", "0 to less than 100%");
        }
        if (dcn.teachers() > 8) {
            problem(section.location("teachers"), "'" + dcn.teachers() + "'", "0 to 8");
        }
        checkStep(section, "learning_rate", dcn.learningRate());
        checkStep(section, "row_rate", dcn.rowRate());
    }

    private void checkIals(Model.Similar.Ials ials, Section section) {
        if (ials.dim() < 2 || ials.dim() > 1024) {
            problem(section.location("dim"), "'" + ials.dim() + "'", "2 to 1024");
        }
        checkCount(section, "epochs", ials.epochs());
        if (ials.unobserved() <= 0) {
            problem(section.location("unobserved"), "'" + ials.unobserved() + "'", "more than 0, such as 0.01");
        }
        if (ials.regularisation() <= 0) {
            problem(section.location("regularisation"), "'" + ials.regularisation() + "'", "more than 0, such as 2");
        }
    }

    private void checkModel() {
        Framing framing = application.framing();
        Section model = root.section("model");
        if (application.model().retrieve().isEmpty()) {
            problem(model.location("retrieve"), "no candidate source", "at least one");
        }
        Section tower = model.section("retrieve").section("two_tower");
        checkTower(tower, framing.subject(), Scope.SUBJECT);
        checkTower(tower, framing.item(), Scope.ITEM);
        for (var source : application.model().retrieve()) {
            Section section = model.section("retrieve").section(source.name());
            if (source.candidates() < 1 || source.candidates() > 100_000) {
                problem(section.location("candidates"), "'" + source.candidates() + "'", "1 to 100000");
            }
            switch (source) {
                case Model.Similar similar -> {
                    if (!sequences().contains(similar.sequence())) {
                        problem(section.location("to"), "'" + similar.sequence() + "'", "a sequence feature");
                    }
                    if (similar.method() instanceof Model.Similar.Ials ials) {
                        checkIals(ials, section);
                    }
                }
                case Model.Fresh fresh -> {
                    boolean isDate = Optional.ofNullable(application
                                    .data()
                                    .entities()
                                    .get(fresh.born().source()))
                            .filter(_ -> fresh.born().source().equals(framing.item()))
                            .flatMap(entity ->
                                    entity.contract().column(fresh.born().column()))
                            .filter(column -> column.type() == Type.DATE || column.type() == Type.TIME)
                            .isPresent();
                    if (!isDate) {
                        problem(
                                section.location("born"),
                                "'" + fresh.born() + "'",
                                "a date or time column of " + framing.item());
                    }
                }
                case Model.TwoTower twoTower -> {
                    if (twoTower.dim() < 2 || twoTower.dim() > 1024) {
                        problem(section.location("dim"), "'" + twoTower.dim() + "'", "2 to 1024");
                    }
                    checkCount(section, "last", twoTower.last());
                    checkCount(section, "epochs", twoTower.epochs());
                    checkCount(section, "batch", twoTower.batch());
                    checkStep(section, "learning_rate", twoTower.learningRate());
                }
                case Model.Trending _ -> {}
            }
        }
        checkRank(model.section("rank"));
        for (var yaml : model.items("rerank")) {
            Section rule = Section.of(yaml);
            if (rule.has("at_most")) {
                Section atMost = rule.section("at_most");
                checkItemNames(atMost.location("per"), List.of(atMost.text("per", "")));
            }
            for (String kind : List.of("boost", "bury", "filter")) {
                Section settings = rule.section(kind);
                settings.formula("where").ifPresent(where -> checkItemNames(settings.location("where"), where.names()));
            }
        }
    }

    private void checkTower(Section tower, String side, Scope scope) {
        List<String> allowed = new ArrayList<>(List.of("id"));
        application.features().stream()
                .filter(feature -> feature.scope() == scope)
                .filter(feature -> feature instanceof FeatureDefinition.Categorical
                        || feature instanceof FeatureDefinition.Sequence
                        || feature instanceof FeatureDefinition.Embedding)
                .map(FeatureDefinition::name)
                .forEach(allowed::add);
        for (var name : tower.scalars(side)) {
            if (!allowed.contains(name.text())) {
                problem(
                        name.location(),
                        "the input '" + name.text() + "'",
                        Suggestion.oneOf(allowed, name.text()) + ": id or a categorical, sequence or embedding of "
                                + side);
            }
        }
    }

    private void checkItemNames(Location location, Collection<String> names) {
        Framing framing = application.framing();
        List<String> columns = Optional.ofNullable(application.data().entities().get(framing.item())).stream()
                .flatMap(source -> source.contract().columns().stream())
                .map(Contract.Column::name)
                .toList();
        for (String name : names) {
            String column = name.startsWith(framing.item() + ".")
                    ? name.substring(framing.item().length() + 1)
                    : name;
            if (!columns.contains(column)) {
                problem(
                        location,
                        "the column '" + name + "'",
                        Suggestion.oneOf(columns, column) + " of " + framing.item());
            }
        }
    }

    private void checkEvaluation() {
        Section evaluation = root.section("evaluation");
        Section offline = evaluation.section("offline");
        for (var entry : offline.mapping().entries()) {
            String name = entry.key().text();
            List<String> allowed = metrics(name);
            if (allowed.isEmpty()) {
                var names = new ArrayList<>(
                        application.framing().labels().stream().map(Label::name).toList());
                names.add("feed");
                problem(entry.key().location(), "metrics of '" + name + "'", Suggestion.oneOf(names, name));
                continue;
            }
            for (var metric : offline.scalars(name)) {
                if (!isMetric(allowed, metric.text())) {
                    problem(
                            metric.location(),
                            "the metric '" + metric.text() + "'",
                            Suggestion.oneOf(allowed, metric.text())
                                    + (allowed == LIST_METRICS ? ", with a depth such as recall@100" : ""));
                }
            }
        }
        checkSlices(evaluation);
        for (var baseline : evaluation.scalars("baselines")) {
            if (baseline.text().equals("trees")
                    && application.model().rank().trees().isEmpty()) {
                problem(baseline.location(), "the baseline 'trees'", "trees in model.rank, or another baseline");
            }
        }
        for (var gate : evaluation.scalars("gates")) {
            Section.parsed(gate.text())
                    .ifPresent(expression -> expression.names().forEach(name -> checkGateName(gate, name)));
        }
    }

    private void checkSlices(Section evaluation) {
        List<String> categories = application.features().stream()
                .filter(FeatureDefinition.Categorical.class::isInstance)
                .map(FeatureDefinition::name)
                .toList();
        for (var slice : evaluation.scalars("slices")) {
            if (!categories.contains(slice.text())) {
                problem(
                        slice.location(),
                        "the slice '" + slice.text() + "'",
                        "a categorical feature: " + Suggestion.oneOf(categories, slice.text()));
            }
        }
        boolean isAsked = application.evaluation().offline().values().stream().anyMatch(of -> of.contains(SLICE_ECE))
                || application.evaluation().gates().stream()
                        .flatMap(gate -> gate.names().stream())
                        .anyMatch(name -> name.endsWith("." + SLICE_ECE));
        if (isAsked && application.evaluation().slices().isEmpty()) {
            problem(evaluation.location(), SLICE_ECE + " without slices", "slices: [FEATURE]");
        }
    }

    private void checkGateName(Yaml.Scalar gate, String name) {
        var baselines = new ArrayList<>(application.evaluation().baselines());
        String rest = name;
        int dot = name.indexOf('.');
        String first = dot < 0 ? name : name.substring(0, dot);
        if (first.equals("live")) {
            rest = name.substring(dot + 1);
            if (rest.startsWith("feed.") || rest.endsWith("." + SLICE_ECE)) {
                problem(
                        gate.location(),
                        "the metric '" + name + "' in a gate",
                        "one of a label, such as live.click.auc");
                return;
            }
        }
        if (first.equals("baseline") || baselines.contains(first)) {
            rest = name.substring(dot + 1);
            if (rest.matches("[a-z]+(@\\d+)?")) {
                rest = "feed." + rest;
            }
        }
        int inner = rest.indexOf('.');
        String owner = inner < 0 ? rest : rest.substring(0, inner);
        List<String> allowed = metrics(owner);
        if (allowed.isEmpty() || inner < 0 || !isMetric(allowed, rest.substring(inner + 1))) {
            problem(
                    gate.location(),
                    "the unknown metric '" + name + "' in a gate",
                    allowed.isEmpty()
                            ? "LABEL.METRIC, feed.METRIC@K, or one of them behind 'baseline.'"
                            : Suggestion.oneOf(allowed, inner < 0 ? "" : rest.substring(inner + 1)));
        }
    }

    private List<String> metrics(String owner) {
        if (owner.equals("feed")) {
            return LIST_METRICS;
        }
        return application.framing().labels().stream()
                .filter(label -> label.name().equals(owner))
                .map(label -> label.isBinary() ? BINARY_METRICS : NUMERIC_METRICS)
                .findFirst()
                .orElse(List.of());
    }

    private static boolean isMetric(List<String> allowed, String metric) {
        int at = metric.indexOf('@');
        String name = at < 0 ? metric : metric.substring(0, at);
        boolean isDepthRight =
                at < 0 || (allowed == LIST_METRICS && metric.substring(at + 1).matches("[1-9]\\d{0,3}"));
        boolean needsDepth =
                allowed == LIST_METRICS && Set.of("recall", "ndcg", "map").contains(name);
        return allowed.contains(name) && isDepthRight && (!needsDepth || at >= 0);
    }

    private void checkNames(Location location, Expression formula, Collection<String> known, String what) {
        for (String name : formula.names()) {
            if (!known.contains(name)) {
                problem(location, what + " '" + name + "' in '" + formula + "'", Suggestion.oneOf(known, name));
            }
        }
    }

    private List<String> columnNames(String event) {
        Map<String, Data.EventSource> events = application.data().events();
        return events.containsKey(event)
                ? events.get(event).contract().columns().stream()
                        .map(Contract.Column::name)
                        .toList()
                : List.of();
    }

    private static String lower(Enum<?> type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    private void problem(Location location, String found, String expected) {
        problems.add(new Problem(location, found, expected));
    }
}
