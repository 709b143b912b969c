package io.rankwright.spec;

import static io.rankwright.spec.Shape.choice;
import static io.rankwright.spec.Shape.fields;
import static io.rankwright.spec.Shape.optional;
import static io.rankwright.spec.Shape.required;
import static io.rankwright.spec.Shape.value;
import static io.rankwright.spec.Shape.variant;

import io.rankwright.spec.Shape.Field;
import io.rankwright.spec.Shape.Fields;
import io.rankwright.spec.Shape.Items;
import io.rankwright.spec.Shape.Kind;
import io.rankwright.spec.Shape.Named;
import io.rankwright.spec.Shape.OneOrMore;
import io.rankwright.spec.Shape.Variants;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The shape of the application file of a search. */
final class SearchShape {
    private static final Shape NAME = value(Kind.NAME);
    private static final Shape TEXT = value(Kind.TEXT);
    private static final Shape INTEGER = value(Kind.INTEGER);
    private static final Shape NUMBER = value(Kind.NUMBER);
    private static final Shape SHARE = value(Kind.SHARE);
    private static final Shape DURATION = value(Kind.DURATION);
    private static final Shape REFERENCES = new OneOrMore(value(Kind.REFERENCE));

    private static final Shape OF_ITEM = new Variants(
            "One feature of an item; its first key says of which kind.",
            List.of(
                    variant(
                            "text",
                            "Columns as one text whose words are indexed.",
                            required("text", REFERENCES, "item.column, or several, one behind the other")),
                    variant(
                            "embedding",
                            "Columns as one vector of a pre-trained encoder.",
                            required("embedding", REFERENCES, "item.column, or several, one behind the other"),
                            ApplicationShape.ENCODER,
                            optional(
                                    "asked_by",
                                    value(Kind.ENCODER),
                                    "of an image: the encoder of texts that makes vectors of words in the same space")),
                    variant(
                            "categorical",
                            "A category of the item.",
                            required("categorical", value(Kind.REFERENCE), "item.column")),
                    variant(
                            "number",
                            "A number of the item.",
                            required("number", value(Kind.REFERENCE), "item.column")),
                    variant("words", "How many words a text has.", required("words", NAME, "the text feature"))));

    private static final Shape OF_QUERY = new Variants(
            "One feature of a query; its first key says of which kind.",
            List.of(variant(
                    "words",
                    "How many words were asked.",
                    required("words", NAME, "the query, by the name of its entity"))));

    private static final Shape OF_PAIR = new Variants(
            "One feature of query and item together; its first key says of which kind.",
            List.of(
                    variant("bm25", "The BM25 score in one text.", required("bm25", NAME, "the text feature")),
                    variant(
                            "cosine",
                            "The cosine with an embedding.",
                            required("cosine", NAME, "the embedding feature")),
                    variant(
                            "overlap",
                            "The share of the query's words that a text has, by their rarity.",
                            required("overlap", NAME, "the text feature")),
                    variant(
                            "phrases",
                            "The share of the query's neighbouring words that are neighbours in a text.",
                            required("phrases", NAME, "the text feature")),
                    variant(
                            "place",
                            "One over the place in a list.",
                            required("place", choice("bm25", "dense", "fused"), "whose list")),
                    variant(
                            "clicked",
                            "How much more often it is clicked for this query than its places explain (PBM).",
                            required("clicked", fields("No settings."), "no settings"))));

    private SearchShape() {}

    /**
     * @param query the entity that is asked for
     * @param item the entity that is found
     */
    static Shape.Fields of(String query, String item) {
        return fields(
                "A search in seven steps.",
                required("application", NAME, "the name of the application"),
                ApplicationShape.REQUIREMENTS,
                required(
                        "framing",
                        fields(
                                "Step 2: the ML task.",
                                required("task", choice("feed", "search", "score"), "search"),
                                required("subject", NAME, "the entity that is asked for: a query"),
                                required("item", NAME, "the entity that is found"),
                                optional(
                                        "language",
                                        choice(Arrays.stream(SearchApplication.Language.values())
                                                .map(ApplicationShape::lower)
                                                .toArray(String[]::new)),
                                        "how words are cut and stemmed (default english)")),
                        "step 2: task, subject, item, language"),
                required(
                        "data",
                        fields(
                                "Step 3: items, queries, judgements, split.",
                                required("entities", new Named("entity", ApplicationShape.ENTITY), "items and queries"),
                                required(
                                        "judgements",
                                        fields(
                                                "Pairs of a query and an item that answers it.",
                                                required("train", new OneOrMore(TEXT), "patterns of files that teach"),
                                                required("test", new OneOrMore(TEXT), "patterns of files that judge"),
                                                optional(
                                                        "contract",
                                                        TEXT,
                                                        "the contract's file (default contracts/judgement.yaml)")),
                                        "which item answers which query"),
                                optional(
                                        "simulate",
                                        fields(
                                                "Pages that stand in where no data are found; queries are drawn from their sections.",
                                                required(
                                                        "pages",
                                                        TEXT,
                                                        "a folder of Markdown pages, from the application's"),
                                                required("queries", INTEGER, "how many queries"),
                                                required("seed", INTEGER, "the seed of all their chance")),
                                        "what stands in where no data are found"),
                                optional(
                                        "split",
                                        fields(
                                                "Which of the queries that teach choose settings instead.",
                                                optional("validate", SHARE, "their share (default 20%)"),
                                                optional("seed", INTEGER, "the seed of the choice (default 7)")),
                                        "which queries choose settings")),
                        "step 3: entities, judgements, split"),
                required(
                        "features",
                        fields(
                                "Step 4: one definition each; the same code offline and online.",
                                required(item, new Named("feature", OF_ITEM), "features of the item"),
                                optional(query, new Named("feature", OF_QUERY), "features of the query"),
                                optional("pair", new Named("feature", OF_PAIR), "features of the two together")),
                        "step 4: features of item, query, pair"),
                required(
                        "model",
                        fields(
                                "Step 5: retrieve, fuse, rank.",
                                required(
                                        "retrieve",
                                        fields(
                                                "Where candidates come from.",
                                                required(
                                                        "bm25",
                                                        fields(
                                                                "Words, by BM25.",
                                                                required(
                                                                        "fields",
                                                                        new Named("text feature", NUMBER),
                                                                        "the weight of each text"),
                                                                optional("k1", NUMBER, "saturation (default 0.9)"),
                                                                optional("b", NUMBER, "length (default 0.4)"),
                                                                optional(
                                                                        "candidates",
                                                                        INTEGER,
                                                                        "at most (default 200)")),
                                                        "words"),
                                                optional(
                                                        "dense",
                                                        fields(
                                                                "Nearest embeddings.",
                                                                required("to", NAME, "the embedding feature"),
                                                                optional(
                                                                        "candidates",
                                                                        INTEGER,
                                                                        "at most (default 200)")),
                                                        "meaning")),
                                        "where candidates come from"),
                                optional(
                                        "fuse",
                                        fields(
                                                "How the lists become one.",
                                                required(
                                                        "method",
                                                        choice("reciprocal_rank", "learned"),
                                                        "by places, or by scores with a weight that is learnt"),
                                                optional("k", INTEGER, "of reciprocal ranks (default 60)")),
                                        "how the lists become one (default reciprocal_rank)"),
                                optional(
                                        "rank",
                                        fields(
                                                "What orders the best of the fused list.",
                                                optional(
                                                        "lambdamart",
                                                        ranker(
                                                                "Boosted trees that learn the order.",
                                                                optional("rounds", INTEGER, "trees (default 200)"),
                                                                optional("depth", INTEGER, "of a tree (default 4)"),
                                                                optional(
                                                                        "learning_rate",
                                                                        NUMBER,
                                                                        "the step (default 0.05)")),
                                                        "boosted trees that learn the order"),
                                                optional(
                                                        "network",
                                                        ranker(
                                                                "A network that learns the order, in the place of trees.",
                                                                optional(
                                                                        "deep",
                                                                        new Items(INTEGER, 1, 10),
                                                                        "the widths of its layers (default [64, 32])"),
                                                                optional(
                                                                        "epochs",
                                                                        INTEGER,
                                                                        "passes over the queries (default 60)"),
                                                                optional(
                                                                        "learning_rate",
                                                                        NUMBER,
                                                                        "the step (default 0.01)")),
                                                        "a network that learns the order, in their place")),
                                        "what orders the best of the fused list")),
                        "step 5: retrieve, fuse, rank"),
                ApplicationShape.evaluation("search", "bm25", "dense", "fused"),
                required(
                        "serving",
                        fields(
                                "Step 7: what an answer holds.",
                                optional("size", INTEGER, "items in an answer (default 10)"),
                                optional(
                                        "facets",
                                        new Named("feature", new Items(NUMBER, 0, 50)),
                                        "categories, or numbers with the bounds of their ranges, by which answers count"),
                                optional("highlight", NAME, "the text feature whose best passage is shown"),
                                optional("title", NAME, "the item's column that is shown as its title"),
                                optional(
                                        "spelling",
                                        choice("tolerant", "strict"),
                                        "whether unknown words may stand for known ones (default tolerant)"),
                                optional(
                                        "synonyms",
                                        new Items(new Items(TEXT, 2, 100), 0, 10_000),
                                        "groups of phrases that mean the same, such as [[heart attack, myocardial infarction]]"),
                                optional(
                                        "budget",
                                        fields(
                                                "The deadline of each stage (default 250ms).",
                                                optional(
                                                        "understand",
                                                        DURATION,
                                                        "for spelling and the vector of the query; without it the words alone are looked for"),
                                                optional(
                                                        "retrieve",
                                                        DURATION,
                                                        "for both lists; what was found by then counts"),
                                                optional(
                                                        "rank",
                                                        DURATION,
                                                        "for the ranker; without it the fused list stands")),
                                        "the deadline of each stage"),
                                optional("concurrency", INTEGER, "requests answered at once at most (default 64)")),
                        "step 7: size, facets, highlight, spelling, synonyms"));
    }

    /** A ranker: what all have in common, and its own settings. */
    private static Shape ranker(String about, Field... own) {
        return new Fields(
                about,
                Stream.concat(
                                Stream.of(
                                        optional(
                                                "features",
                                                new Items(NAME, 0, 1000),
                                                "its inputs (default: every number)"),
                                        optional("candidates", INTEGER, "how many (default 100)"),
                                        optional(
                                                "models",
                                                INTEGER,
                                                "how many are learnt on resampled queries and averaged (default 1)")),
                                Arrays.stream(own))
                        .toList());
    }
}
