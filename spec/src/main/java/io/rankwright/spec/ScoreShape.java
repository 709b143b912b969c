package io.rankwright.spec;

import static io.rankwright.spec.Shape.choice;
import static io.rankwright.spec.Shape.fields;
import static io.rankwright.spec.Shape.optional;
import static io.rankwright.spec.Shape.required;
import static io.rankwright.spec.Shape.value;
import static io.rankwright.spec.Shape.variant;

import io.rankwright.spec.Shape.Items;
import io.rankwright.spec.Shape.Kind;
import io.rankwright.spec.Shape.Named;
import io.rankwright.spec.Shape.OneOrMore;
import io.rankwright.spec.Shape.Variants;
import java.util.List;

/** The shape of the application file of a score. */
final class ScoreShape {
    private static final Shape NAME = value(Kind.NAME);
    private static final Shape INTEGER = value(Kind.INTEGER);
    private static final Shape NUMBER = value(Kind.NUMBER);
    private static final Shape SHARE = value(Kind.SHARE);
    private static final Shape FORMULA = value(Kind.EXPRESSION);
    private static final Shape REFERENCE = value(Kind.REFERENCE);

    private static final Shape CASES = fields(
            "Where the cases come from.",
            required("source", new OneOrMore(value(Kind.TEXT)), "file patterns under the data root"),
            optional("key", NAME, "the column with the id (default: the number of the row)"),
            optional("contract", value(Kind.TEXT), "the contract's file (default contracts/NAME.yaml)"));

    private static final Shape FEATURE = new Variants(
            "One feature of a case; its first key says of which kind.",
            List.of(
                    variant(
                            "runs",
                            "The runs of words or characters in a text.",
                            required("runs", REFERENCE, "item.column"),
                            required("of", choice("words", "characters"), "what runs"),
                            optional("from", INTEGER, "the shortest (default 1)"),
                            optional("to", INTEGER, "the longest (default 2)"),
                            optional("at_least", INTEGER, "in how many cases a run is found (default 2)")),
                    variant(
                            "embedding",
                            "A text or an image as one vector of a pre-trained encoder.",
                            required("embedding", REFERENCE, "item.column"),
                            ApplicationShape.ENCODER),
                    variant(
                            "matches",
                            "How often a pattern is found in a text.",
                            required("matches", REFERENCE, "item.column"),
                            required("pattern", value(Kind.TEXT), "a regular expression, such as https?://")),
                    variant(
                            "categorical",
                            "A category of the case.",
                            required("categorical", REFERENCE, "item.column")),
                    variant(
                            "number",
                            "A number of the case.",
                            required("number", FORMULA, "a formula over the case's columns"))));

    private ScoreShape() {}

    /** @param item the entity that is a case */
    static Shape.Fields of(String item) {
        return fields(
                "A score in seven steps.",
                required("application", NAME, "the name of the application"),
                ApplicationShape.REQUIREMENTS,
                required(
                        "framing",
                        fields(
                                "Step 2: the ML task.",
                                required("task", choice("feed", "search", "score"), "score"),
                                required("item", NAME, "the entity that is a case"),
                                required(
                                        "labels",
                                        new Named(
                                                "label",
                                                fields(
                                                        "One thing to know of a case.",
                                                        required("where", FORMULA, "when it holds: what judges"),
                                                        optional(
                                                                "learn",
                                                                FORMULA,
                                                                "what is learnt in its place, from 0 to 1, such as the share of people who said so"))),
                                        "what is to be known, by name"),
                                optional(
                                        "exclusive",
                                        value(Kind.BOOLEAN),
                                        "whether exactly one of the labels holds (default false)"),
                                optional(
                                        "uplift",
                                        fields(
                                                "How much a treatment that was drawn by lot moves a label.",
                                                required(
                                                        "treatment",
                                                        NAME,
                                                        "the column that is 1 of a treated case, 0 of others"),
                                                optional("label", NAME, "what it moves (default: the first label)"),
                                                optional(
                                                        "learner",
                                                        choice("t", "x", "class"),
                                                        "T-learner, X-learner or class transformation (default x)")),
                                        "how much a treatment moves a label")),
                        "step 2: task, item, labels"),
                required(
                        "data",
                        fields(
                                "Step 3: cases, folds.",
                                required("entities", new Named("entity", CASES), "the cases"),
                                optional(
                                        "simulate",
                                        fields(
                                                "The cases that the engine makes where no data are found.",
                                                required("cases", INTEGER, "how many"),
                                                required("seed", INTEGER, "the seed of all their chance")),
                                        "cases where no data are found"),
                                optional(
                                        "split",
                                        fields(
                                                "How models are judged on what they did not learn from.",
                                                optional(
                                                        "folds",
                                                        INTEGER,
                                                        "parts that are each judged by a model that learnt from the others (default 5)"),
                                                optional("seed", INTEGER, "the seed of the parts (default 7)")),
                                        "how models are judged")),
                        "step 3: entities, split"),
                required(
                        "features",
                        fields(
                                "Step 4: one definition each; the same code offline and online.",
                                required(item, new Named("feature", FEATURE), "features of the case")),
                        "step 4: features of the case"),
                required(
                        "model",
                        fields(
                                "Step 5: scores, and which label is chosen.",
                                required(
                                        "linear",
                                        fields(
                                                "A logistic regression a label.",
                                                optional(
                                                        "features",
                                                        new Items(NAME, 1, 1000),
                                                        "its inputs (default: all but embeddings)"),
                                                optional(
                                                        "hold",
                                                        NUMBER,
                                                        "how strongly weights are held small (default 1)"),
                                                optional("epochs", INTEGER, "passes over the cases (default 20)")),
                                        "regressions"),
                                optional(
                                        "trees",
                                        fields(
                                                "Boosted trees over what the regressions say.",
                                                optional(
                                                        "features",
                                                        new Items(NAME, 0, 1000),
                                                        "further inputs (default: embeddings and numbers)"),
                                                optional("rounds", INTEGER, "trees (default 200)"),
                                                optional("depth", INTEGER, "of a tree (default 4)"),
                                                optional("learning_rate", NUMBER, "the step (default 0.05)")),
                                        "boosted trees over what the regressions say"),
                                optional(
                                        "network",
                                        fields(
                                                "A network over the tokens of a text, as the encoder of an embedding has them.",
                                                required("of", NAME, "the embedding of a text"),
                                                optional("dim", INTEGER, "of a token (default 128)"),
                                                optional("epochs", INTEGER, "passes over the cases (default 4)"),
                                                optional("learning_rate", NUMBER, "the step (default 0.001)"),
                                                optional(
                                                        "dropout",
                                                        SHARE,
                                                        "what is left out while it learns (default 0.2)")),
                                        "a network over the tokens of a text, blended with the others"),
                                optional(
                                        "calibrate",
                                        choice("isotonic", "platt", "temperature", "none"),
                                        "how scores become probabilities (default isotonic)"),
                                optional(
                                        "choose",
                                        choice("accuracy", "weighted_f1", "macro_f1"),
                                        "of exclusive labels, what the choice of one makes great (default accuracy)")),
                        "step 5: linear, trees, network, calibrate, choose"),
                ApplicationShape.evaluation("case", "linear"),
                required(
                        "serving",
                        fields(
                                "Step 7: from probabilities to actions.",
                                optional(
                                        "policy",
                                        new Items(
                                                fields(
                                                        "From which probability of a label on an action is taken.",
                                                        required(
                                                                "action",
                                                                choice("demote", "review", "block"),
                                                                "what is done"),
                                                        required("label", NAME, "the label"),
                                                        optional("threshold", SHARE, "from this probability on"),
                                                        optional(
                                                                "precision",
                                                                SHARE,
                                                                "so that this share of the actions is right"),
                                                        optional(
                                                                "recall",
                                                                SHARE,
                                                                "so that this share of what should be acted on is"),
                                                        optional(
                                                                "costs",
                                                                fields(
                                                                        "What errors cost.",
                                                                        required("wrong", NUMBER, "a wrong action"),
                                                                        required("missed", NUMBER, "a missed one")),
                                                                "so that errors cost least")),
                                                1,
                                                50),
                                        "the rules; of those that apply the hardest action counts, else a case is allowed"),
                                optional("title", NAME, "the column that is shown where a person asks for the case"),
                                optional("concurrency", INTEGER, "requests answered at once at most (default 64)")),
                        "step 7: policy, title"));
    }
}
