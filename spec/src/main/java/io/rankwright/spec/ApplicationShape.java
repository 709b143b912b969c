package io.rankwright.spec;

import static io.rankwright.spec.Shape.choice;
import static io.rankwright.spec.Shape.fields;
import static io.rankwright.spec.Shape.optional;
import static io.rankwright.spec.Shape.required;
import static io.rankwright.spec.Shape.value;
import static io.rankwright.spec.Shape.variant;

import io.rankwright.spec.Shape.Field;
import io.rankwright.spec.Shape.Items;
import io.rankwright.spec.Shape.Kind;
import io.rankwright.spec.Shape.Named;
import io.rankwright.spec.Shape.OneOrMore;
import io.rankwright.spec.Shape.Variants;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The shape of {@code app.yaml} and of a contract: the one place where keys, kinds and their meaning are written. */
public final class ApplicationShape {
    static final Shape.Field ENCODER = required(
            "encoder",
            value(Kind.ENCODER),
            "one that the engine brings along ("
                    + Encoder.INCLUDED.stream().map(Encoder::word).collect(Collectors.joining(", "))
                    + "), or the folder encoders/NAME of the application");

    private static final Shape NAME = value(Kind.NAME);
    private static final Shape TEXT = value(Kind.TEXT);
    private static final Shape REFERENCE = value(Kind.REFERENCE);
    private static final Shape REFERENCES = new OneOrMore(REFERENCE);
    private static final Shape FORMULA = value(Kind.EXPRESSION);
    private static final Shape DURATION = value(Kind.DURATION);
    private static final Shape INTEGER = value(Kind.INTEGER);
    private static final Shape NUMBER = value(Kind.NUMBER);
    private static final Shape COUNT = value(Kind.COUNT);
    private static final Shape SHARE = value(Kind.SHARE);
    private static final Shape DAY = value(Kind.DAY);
    private static final Shape NAMES = new Items(NAME, 0, 1000);

    private static final Field WHERE =
            optional("where", FORMULA, "which events count: columns of the event and labels");
    private static final Field FORGET = optional(
            "forget",
            DURATION,
            "ids last seen so long before the end of the training days share the rows of unknown ones (default: none)");
    private static final Field WINDOW = optional("window", DURATION, "how far back; for ever if left out");
    private static final Field BY = optional(
            "by", REFERENCES, "the key: subject, item, their attributes (video.tag) or columns of the request");
    private static final Field PRIOR = optional(
            "prior", NUMBER, "how many imaginary events at the overall average the value starts from (default 0)");
    private static final Field CANDIDATES = required("candidates", INTEGER, "how many candidates at most");
    private static final Field WEIGHT =
            optional("weight", NUMBER, "the source's weight where the lists are fused (default 1)");

    private static final Variants FEATURE = new Variants(
            "One feature; its first key says of which kind.",
            List.of(
                    variant(
                            "categorical",
                            "A category of an entity or of the request.",
                            required("categorical", REFERENCE, "entity.column")),
                    variant(
                            "number",
                            "A number of an entity or of the request.",
                            required("number", FORMULA, "a formula over the columns of one entity")),
                    variant(
                            "age",
                            "Days since a date of an entity.",
                            required("age", REFERENCE, "entity.column of type date or time")),
                    variant(
                            "sequence",
                            "The last items of the subject's events.",
                            required("sequence", REFERENCE, "event.column, an id"),
                            required("last", INTEGER, "how many at most"),
                            WHERE,
                            optional("start", REFERENCE, "an ids column of the subject: what came before the log")),
                    variant(
                            "match",
                            "How many members of a sequence share an attribute with the candidate.",
                            required("match", NAME, "the sequence feature"),
                            required("on", REFERENCE, "the item, or item.column")),
                    variant(
                            "embedding",
                            "Texts or an image of an entity as one vector of a pre-trained encoder: an input of a tower.",
                            required("embedding", new OneOrMore(REFERENCE), "entity.column, or several"),
                            ENCODER),
                    variant("count", "How many events.", required("count", REFERENCE, "the event"), WHERE, WINDOW, BY),
                    variant(
                            "sum",
                            "The sum of a formula over events.",
                            required("sum", FORMULA, "a formula over the event's columns"),
                            WHERE,
                            WINDOW,
                            BY),
                    variant(
                            "mean",
                            "The mean of a formula over events.",
                            required("mean", FORMULA, "a formula over the event's columns"),
                            WHERE,
                            WINDOW,
                            BY,
                            PRIOR),
                    variant(
                            "rate",
                            "The share of events for which a label holds.",
                            required("rate", FORMULA, "a label or a condition"),
                            WHERE,
                            WINDOW,
                            BY,
                            PRIOR),
                    variant(
                            "share",
                            "Of the items that the subjects' lists name, the share that a shorter list names too.",
                            required("share", REFERENCE, "subject.column of type ids: some of the items"),
                            required("of", REFERENCE, "subject.column of type ids: all of them"),
                            BY,
                            PRIOR),
                    variant(
                            "recency",
                            "Seconds since the key's last event.",
                            required("recency", REFERENCE, "the event"),
                            WHERE,
                            BY)));

    private static Shape goingWith(String about, Field... more) {
        var fields = new ArrayList<>(List.of(
                required("to", NAME, "the sequence feature to start from"),
                optional("last", INTEGER, "how many of its newest (default 20)"),
                optional("popularity", NUMBER, "the power of recent takes that multiplies (default 0)")));
        fields.addAll(List.of(more));
        fields.addAll(List.of(CANDIDATES, WEIGHT));
        return fields(about, fields.toArray(Field[]::new));
    }

    private static final Field NEIGHBOURS = optional("neighbours", INTEGER, "neighbours an item (default 100)");
    private static final Field HEADS = required("heads", NAMES, "the labels it predicts");
    private static final Field INPUTS = optional("features", NAMES, "its inputs (default: every feature)");
    private static final Field CALIBRATE = optional(
            "calibrate",
            choice("isotonic", "platt", "temperature", "none"),
            "how scores become probabilities and amounts, learnt on the validation days (default isotonic)");
    private static final Shape RANK = fields(
            "The ranker: trees, a network, or both; of both the blend is served that is best on the validation days.",
            optional("candidates", INTEGER, "how many of the fused candidates are ranked (default 300)"),
            optional(
                    "refit",
                    value(Kind.BOOLEAN),
                    "whether it learns once more with the validation days, as long and blended as they have shown; then calibrate by temperature, since their level is learnt, and a shift would count it twice (default false)"),
            optional(
                    "affinity",
                    fields(
                            "An input learnt from what was before the log: the log-odds that the subject takes the item.",
                            required("taken", REFERENCE, "subject.column of type ids: what it took"),
                            required("of", REFERENCE, "subject.column of type ids: all that it saw"),
                            optional("dim", INTEGER, "the length of the vectors (default 16)"),
                            optional("epochs", INTEGER, "passes over all subjects (default 2)"),
                            optional("models", INTEGER, "how many are learnt and averaged (default 1)")),
                    "what the subject did before the log, as an input"),
            optional(
                    "trees",
                    fields(
                            "Gradient-boosted trees.",
                            HEADS,
                            INPUTS,
                            optional(
                                    "objective",
                                    choice("pointwise", "lambdamart"),
                                    "what binary heads learn: their probability, or the order of what was shown together (default pointwise)"),
                            optional("rounds", INTEGER, "trees at most (default 400)"),
                            optional("depth", INTEGER, "the depth of a tree (default 6)"),
                            optional("learning_rate", NUMBER, "the step size (default 0.05)"),
                            optional(
                                    "regularisation",
                                    NUMBER,
                                    "what is added to the weight of a leaf's examples: the more, the less a leaf of few says (default 5)"),
                            optional(
                                    "patience",
                                    INTEGER,
                                    "rounds without gain on validation before it stops (default 30)"),
                            CALIBRATE),
                    "gradient-boosted trees"),
            optional(
                    "dcn",
                    fields(
                            "A deep and cross network (DCN-V2) with attention of the item over the subject's sequences.",
                            HEADS,
                            INPUTS,
                            optional("sequences", NAMES, "what is attended to (default: every sequence)"),
                            optional("last", INTEGER, "how many of their newest items (default 50)"),
                            optional("cross", INTEGER, "cross layers (default 3)"),
                            optional(
                                    "deep",
                                    new Items(INTEGER, 1, 10),
                                    "the widths of the deep layers (default [256, 128])"),
                            optional(
                                    "experts", INTEGER, "experts that heads mix; 0 for one shared network (default 0)"),
                            optional("dim", INTEGER, "the length of an embedding of a category (default 8)"),
                            optional("id_dim", INTEGER, "the length of an embedding of an id (default 16)"),
                            optional(
                                    "amounts",
                                    choice("log", "weighted", "quantiles"),
                                    "how amounts are learnt: as they are, as odds, or by their rank in a group (default log)"),
                            optional("by", NAME, "the category whose groups amounts are ranked in, for quantiles"),
                            optional("epochs", INTEGER, "passes over the training days (default 1)"),
                            optional("batch", INTEGER, "examples a step (default 512)"),
                            optional("learning_rate", NUMBER, "the step size (default 0.002)"),
                            optional("row_rate", NUMBER, "the step size of embeddings (default 0.02)"),
                            optional("dropout", SHARE, "the share of hidden values left out in a step (default 20%)"),
                            optional(
                                    "teachers",
                                    INTEGER,
                                    "networks of other seeds that learn first and then teach the one that serves (default 0)"),
                            FORGET,
                            CALIBRATE),
                    "a deep and cross network"));

    private static final Shape RERANK = new Variants(
            "One rule of the re-ranking; its key says which.",
            List.of(
                    variant(
                            "deduplicate",
                            "No item twice.",
                            required("deduplicate", fields("No settings."), "no settings")),
                    variant(
                            "at_most",
                            "At most so many items with the same attribute near the top.",
                            required(
                                    "at_most",
                                    fields(
                                            "The cap.",
                                            required("per", REFERENCE, "item.column"),
                                            required("in_top", INTEGER, "within the first so many slots"),
                                            required("count", INTEGER, "so many at most")),
                                    "the cap")),
                    variant(
                            "diversify",
                            "Trades utility against similarity to what stands above.",
                            required(
                                    "diversify",
                                    fields(
                                            "Maximal marginal relevance.",
                                            required("method", choice("mmr"), "the method"),
                                            required("lambda", SHARE, "1 is utility only, 0 is diversity only")),
                                    "the method")),
                    variant(
                            "explore",
                            "Shows some candidates at random, with the propensity logged.",
                            required(
                                    "explore",
                                    fields("The share.", required("share", SHARE, "the share of the slots")),
                                    "the share")),
                    variant(
                            "boost",
                            "Multiplies the utility of some items.",
                            required(
                                    "boost",
                                    fields(
                                            "The rule.",
                                            required("where", FORMULA, "a condition over the item's columns"),
                                            required("factor", NUMBER, "the factor")),
                                    "the rule")),
                    variant(
                            "bury",
                            "Moves some items to the end.",
                            required(
                                    "bury",
                                    fields(
                                            "The rule.",
                                            required("where", FORMULA, "a condition over the item's columns")),
                                    "the rule")),
                    variant(
                            "pin",
                            "Puts an item on a slot.",
                            required(
                                    "pin",
                                    fields(
                                            "The rule.",
                                            required("item", TEXT, "the id of the item"),
                                            required("slot", INTEGER, "the slot, from 0")),
                                    "the rule")),
                    variant(
                            "filter",
                            "Keeps only some items.",
                            required(
                                    "filter",
                                    fields(
                                            "The rule.",
                                            required("where", FORMULA, "a condition over the item's columns")),
                                    "the rule"))));

    /** Step 1, which every task has. */
    static final Field REQUIREMENTS = required(
            "requirements",
            fields(
                    "Step 1: what for, how big, how fast.",
                    required("objective", TEXT, "what the system maximises, in words"),
                    optional(
                            "scale",
                            fields(
                                    "The size it is designed towards.",
                                    optional("users", COUNT, "subjects"),
                                    optional("items", COUNT, "items"),
                                    optional("requests_per_user_per_day", COUNT, "requests of a subject a day")),
                            "the size it is designed towards"),
                    optional(
                            "latency",
                            fields("How fast.", required("p99", DURATION, "99 of 100 answers within")),
                            "how fast it must answer")),
            "step 1: objective, scale, latency");

    /** Where the rows of one kind of entity come from. */
    static final Shape ENTITY = fields(
            "One kind of entity.",
            required("source", new OneOrMore(TEXT), "file patterns, joined by key"),
            optional("extra", new OneOrMore(TEXT), "file patterns that may find nothing, joined by key"),
            required("key", NAME, "the column with the id"),
            optional("contract", TEXT, "the contract's file (default contracts/NAME.yaml)"));

    /**
     * Step 6, which every task has.
     *
     * @param whole what is judged beside labels: a feed, a search, a case
     */
    static Field evaluation(String whole, String... baselines) {
        return required(
                "evaluation",
                fields(
                        "Step 6: offline metrics, baselines, gates; online metrics.",
                        required(
                                "offline",
                                new Named("label or " + whole, new Items(TEXT, 0, 50)),
                                "the metrics, by label and for the " + whole + " as a whole"),
                        optional(
                                "slices",
                                NAMES,
                                "categorical features for each of whose values calibration is measured on its own"),
                        optional("baselines", new Items(choice(baselines), 0, 10), "what a model is held against"),
                        optional("gates", new Items(FORMULA, 0, 100), "conditions that a model must meet to go live"),
                        optional(
                                "online",
                                fields(
                                        "What experiments look at.",
                                        optional("primary", NAME, "the metric that decides"),
                                        optional("guardrails", NAMES, "the metrics that must not fall")),
                                "what experiments look at")),
                "step 6: offline, baselines, gates, online");
    }

    /** A constant as it is written in a file. */
    static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@code app.yaml} of a feed, whose keys name the subject and the item.
     *
     * @param subject the entity for whom is ranked
     * @param item the entity that is ranked
     */
    static Shape.Fields feed(String subject, String item) {
        return fields(
                "An ML ranking system in seven steps.",
                required("application", NAME, "the name of the application"),
                REQUIREMENTS,
                required(
                        "framing",
                        fields(
                                "Step 2: the ML task.",
                                required("task", choice("feed", "search", "score"), "feed, search or score"),
                                required("subject", NAME, "the entity for whom is ranked"),
                                required("item", NAME, "the entity that is ranked"),
                                required(
                                        "labels",
                                        new Named(
                                                "label",
                                                fields(
                                                        "One thing to predict of an exposure.",
                                                        required("event", NAME, "the event that carries it"),
                                                        optional(
                                                                "where", FORMULA, "the condition of a yes-or-no label"),
                                                        optional("value", FORMULA, "the value of a numeric label"),
                                                        optional(
                                                                "given",
                                                                NAME,
                                                                "the label that must hold to learn this one"))),
                                        "what is predicted, by name"),
                                required("utility", FORMULA, "what the ranker sorts by, over the labels"),
                                optional("utility_means", TEXT, "what a utility is, in words for people")),
                        "step 2: task, subject, item, labels, utility"),
                required(
                        "data",
                        fields(
                                "Step 3: sources, contracts, split.",
                                required(
                                        "events",
                                        new Named(
                                                "event",
                                                fields(
                                                        "One stream of events.",
                                                        required(
                                                                "source",
                                                                new OneOrMore(TEXT),
                                                                "file patterns under the data root: csv, csv.gz, jsonl,"
                                                                        + " jsonl.gz, parquet"),
                                                        optional(
                                                                "contract",
                                                                TEXT,
                                                                "the contract's file (default contracts/NAME.yaml)"),
                                                        optional(
                                                                "topic",
                                                                TEXT,
                                                                "the topic where the log is Kafka (default"
                                                                        + " APPLICATION.NAME)"),
                                                        optional(
                                                                "avro",
                                                                TEXT,
                                                                "the file of the Avro schema of the topic's values"
                                                                        + " (default: they are JSON)"))),
                                        "the streams of events, by name"),
                                required("entities", new Named("entity", ENTITY), "the kinds of entities, by name"),
                                optional(
                                        "simulate",
                                        fields(
                                                "The log that the engine makes where no data are found.",
                                                required("users", COUNT, "how many subjects"),
                                                required("videos", COUNT, "how many items"),
                                                required("days", INTEGER, "how many days"),
                                                required("seed", INTEGER, "the seed of all its chance")),
                                        "a simulated log, used where no data are found"),
                                optional(
                                        "lateness",
                                        DURATION,
                                        "how much later than the newest event a stream still takes one in (default"
                                                + " 1h); what comes later is in the log and in the next batch"),
                                required(
                                        "split",
                                        fields(
                                                "Which days teach, which choose, which judge.",
                                                required(
                                                        "train",
                                                        new Items(DAY, 2, 2),
                                                        "first and last day of training"),
                                                required("validate", DAY, "the day that stops and calibrates"),
                                                required("test", DAY, "the day that judges"),
                                                optional("zone", TEXT, "the time zone of the days (default UTC)"),
                                                optional(
                                                        "last_day",
                                                        DAY,
                                                        "D as a date (default: the last day in the log)")),
                                        "which days teach, which choose, which judge")),
                        "step 3: events, entities, split"),
                required(
                        "features",
                        fields(
                                "Step 4: one definition each; the same code offline and online.",
                                optional(
                                        "owners",
                                        new Named("feature or section", TEXT),
                                        "who answers for a feature, or for all of a section"),
                                optional(subject, new Named("feature", FEATURE), "features of the subject"),
                                optional(item, new Named("feature", FEATURE), "features of the item"),
                                optional(
                                        "pair", new Named("feature", FEATURE), "features of subject and item together"),
                                optional(
                                        "context",
                                        new Items(REFERENCE, 0, 100),
                                        "hour_of_day, day_of_week, or columns of the exposure known when it is asked for")),
                        "step 4: features of subject, item, pair, context"),
                required(
                        "model",
                        fields(
                                "Step 5: the cascade.",
                                required(
                                        "retrieve",
                                        fields(
                                                "Candidate sources.",
                                                optional(
                                                        "two_tower",
                                                        fields(
                                                                "Nearest items in a learnt space.",
                                                                required("dim", INTEGER, "the length of the vectors"),
                                                                required(
                                                                        subject,
                                                                        NAMES,
                                                                        "inputs of the subject's tower"),
                                                                required(item, NAMES, "inputs of the item's tower"),
                                                                CANDIDATES,
                                                                WEIGHT,
                                                                FORGET,
                                                                optional(
                                                                        "popularity",
                                                                        NUMBER,
                                                                        "what the log of recent takes adds to the similarity (default 0)"),
                                                                optional(
                                                                        "last",
                                                                        INTEGER,
                                                                        "how many of a sequence's newest items are attended to (default 50)"),
                                                                optional(
                                                                        "epochs",
                                                                        INTEGER,
                                                                        "passes over the data (default 5)"),
                                                                optional(
                                                                        "batch",
                                                                        INTEGER,
                                                                        "examples a step (default 512)"),
                                                                optional(
                                                                        "learning_rate",
                                                                        NUMBER,
                                                                        "the step size (default 0.01)"),
                                                                optional(
                                                                        "vectors",
                                                                        choice("float", "int8"),
                                                                        "in what numbers the items' vectors are searched; int8 takes a quarter of the memory (default float)")),
                                                        "nearest items in a learnt space"),
                                                optional(
                                                        "trending",
                                                        fields(
                                                                "The most taken items of a window.",
                                                                required("window", DURATION, "how far back"),
                                                                CANDIDATES,
                                                                WEIGHT),
                                                        "the most taken items of a window"),
                                                optional(
                                                        "popular",
                                                        fields("The most taken items ever.", CANDIDATES, WEIGHT),
                                                        "the most taken items ever"),
                                                optional(
                                                        "fresh",
                                                        fields(
                                                                "The youngest items.",
                                                                optional(
                                                                        "born",
                                                                        REFERENCE,
                                                                        "item.column (default: its first date)"),
                                                                required("younger_than", DURATION, "the greatest age"),
                                                                CANDIDATES,
                                                                WEIGHT),
                                                        "the youngest items"),
                                                optional(
                                                        "similar",
                                                        goingWith(
                                                                "Items that the same people take (item-kNN).",
                                                                NEIGHBOURS),
                                                        "items that the same people take"),
                                                optional(
                                                        "ease",
                                                        goingWith(
                                                                "Items that go with the recent ones (EASE, a linear model with a closed form).",
                                                                NEIGHBOURS,
                                                                optional(
                                                                        "regularisation",
                                                                        NUMBER,
                                                                        "how strongly weights are held small (default 100)")),
                                                        "items that go with the recent ones"),
                                                optional(
                                                        "ials",
                                                        goingWith(
                                                                "Items near the subject's factor, solved from the recent ones (iALS).",
                                                                optional(
                                                                        "dim",
                                                                        INTEGER,
                                                                        "the length of the factors (default 64)"),
                                                                optional(
                                                                        "epochs",
                                                                        INTEGER,
                                                                        "how often both sides are solved (default 5)"),
                                                                optional(
                                                                        "unobserved",
                                                                        NUMBER,
                                                                        "the weight of a pair that was not seen (default 0.01)"),
                                                                optional(
                                                                        "regularisation",
                                                                        NUMBER,
                                                                        "how strongly factors are held small (default 2)")),
                                                        "items near the subject's factor")),
                                        "the candidate sources"),
                                required("rank", RANK, "the ranker"),
                                required("rerank", new Items(RERANK, 0, 50), "the rules of the re-ranking, in order")),
                        "step 5: retrieve, rank, rerank"),
                evaluation("feed", "popular", "item_knn", "ease", "ials", "trees"),
                required(
                        "serving",
                        fields(
                                "Step 7: deployment and monitoring.",
                                required("slots", INTEGER, "items in an answer"),
                                optional(
                                        "budget",
                                        fields(
                                                "The deadline of each stage.",
                                                optional("retrieve", DURATION, "for the candidates"),
                                                optional("rank", DURATION, "for features and scores"),
                                                optional("rerank", DURATION, "for the rules")),
                                        "the deadline of each stage"),
                                optional(
                                        "fallback",
                                        new Items(choice("last_good", "trending", "editorial"), 0, 10),
                                        "what answers when the cascade has nothing, in order"),
                                optional(
                                        "editorial",
                                        new Items(TEXT, 0, 200),
                                        "ids of items that an editor has chosen, for the rung of that name"),
                                optional(
                                        "concurrency",
                                        INTEGER,
                                        "requests answered at once at most; how many below that is learnt (default 64)"),
                                optional(
                                        "needs",
                                        new Items(choice("log", "store"), 0, 2),
                                        "slots elsewhere without which a server is not ready (default: none; answers are degraded)"),
                                optional(
                                        "canary",
                                        fields(
                                                "How a new version comes to serve everyone.",
                                                optional(
                                                        "steps",
                                                        new Items(SHARE, 1, 20),
                                                        "the shares of the subjects that it answers one after the other, rising (default 1%, 5%, 25%)"),
                                                optional(
                                                        "hold",
                                                        DURATION,
                                                        "how long each is held at least (default 30m)")),
                                        "how a new version comes to serve everyone"),
                                optional(
                                        "retrain",
                                        fields(
                                                "When a server trains a new version by itself.",
                                                required("every", DURATION, "how often"),
                                                optional(
                                                        "on_alarm",
                                                        value(Kind.BOOLEAN),
                                                        "also when the monitor raises an alarm (default true)")),
                                        "when a server trains a new version by itself, on what was posted since, and tries it as a canary (default: never)"),
                                optional("card", new Items(NAME, 0, 20), "the item's columns that the console shows"),
                                optional(
                                        "actions",
                                        new Named("action", new Named("column", FORMULA)),
                                        "what a person can do with an item in the console: columns of the exposure as formulas over the item's columns"),
                                optional(
                                        "monitor",
                                        fields(
                                                "Limits that raise an alarm.",
                                                optional(
                                                        "window",
                                                        DURATION,
                                                        "how long is collected before it is compared (default 1d: hours differ by nature)"),
                                                optional(
                                                        "drift_psi", NUMBER, "population stability index of a feature"),
                                                optional("ece", NUMBER, "expected calibration error"),
                                                optional("latency_p99", DURATION, "99 of 100 answers within"),
                                                optional("availability", SHARE, "the share of requests answered"),
                                                optional(
                                                        "core_hour",
                                                        NUMBER,
                                                        "what a core costs in an hour, to say what a thousand answers cost")),
                                        "limits that raise an alarm")),
                        "step 7: slots, budget, fallback, monitor"));
    }

    /** {@code contracts/NAME.yaml}. */
    static final Shape.Fields CONTRACT = fields(
            "What a source must look like.",
            required("contract", NAME, "the event or entity"),
            optional("id", new Items(NAME, 1, 20), "the columns that identify an event"),
            optional("time", NAME, "the column of the event's time"),
            required(
                    "columns",
                    new Named(
                            "column",
                            fields(
                                    "One column.",
                                    required(
                                            "type",
                                            choice(
                                                    "id",
                                                    "ids",
                                                    "category",
                                                    "categories",
                                                    "number",
                                                    "time",
                                                    "date",
                                                    "text",
                                                    "image"),
                                            "what it holds"),
                                    optional("entity", NAME, "of an id: the entity"),
                                    optional("min", NUMBER, "the least value"),
                                    optional("max", NUMBER, "the greatest value"),
                                    optional("from", DAY, "of a time or date: the first day"),
                                    optional("to", DAY, "of a time or date: the last day"),
                                    optional(
                                            "unit", choice("ms", "s"), "of a time: milliseconds or seconds since 1970"),
                                    optional(
                                            "null",
                                            choice("allowed", "refused"),
                                            "whether a field may be empty (default refused)"),
                                    optional("separator", choice("comma", "space"), "of a list: what stands between"))),
                    "the columns of the source"),
            optional(
                    "derived",
                    new Named(
                            "column",
                            new Variants(
                                    "A column made from others.",
                                    List.of(
                                            variant("number", "A number.", required("number", FORMULA, "the formula")),
                                            variant(
                                                    "category",
                                                    "A category.",
                                                    required(
                                                            "category",
                                                            FORMULA,
                                                            "a formula with whole numbers as result"))))),
                    "columns made from others"));

    private ApplicationShape() {}

    /**
     * The JSON Schema (2020-12) of a feed's application file, for editors: completes and checks while typing.
     *
     * @param subject the application's word for the subject, a part of some keys
     * @param item the application's word for the item
     */
    public static String jsonSchema(String subject, String item) {
        return schema(feed(subject, item));
    }

    /** The JSON Schema (2020-12) of the file of an application, in its words. */
    public static String jsonSchema(Application application) {
        return schema(
                switch (application) {
                    case FeedApplication feed ->
                        feed(feed.framing().subject(), feed.framing().item());
                    case SearchApplication search ->
                        SearchShape.of(
                                search.framing().query(), search.framing().item());
                    case ScoreApplication score -> ScoreShape.of(score.framing().item());
                });
    }

    private static String schema(Shape.Fields shape) {
        return JsonSchema.of("Rankwright application", shape);
    }

    /** The JSON Schema (2020-12) of a contract. */
    public static String contractJsonSchema() {
        return JsonSchema.of("Rankwright contract", CONTRACT);
    }

    /** The JSON Schema (2020-12) of the description of an application's own encoder. */
    public static String encoderJsonSchema() {
        return JsonSchema.of("Rankwright encoder", EncoderReader.SHAPE);
    }

    /** The reference of application files, contracts and encoders as Markdown, each task in the words of the application shipped. */
    public static String reference() {
        return Reference.markdown(
                feed("user", "video"),
                SearchShape.of("query", "paper"),
                ScoreShape.of("post"),
                CONTRACT,
                EncoderReader.SHAPE);
    }
}
