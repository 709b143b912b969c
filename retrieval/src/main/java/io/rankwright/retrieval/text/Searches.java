package io.rankwright.retrieval.text;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchApplication.Dense;
import io.rankwright.spec.SearchApplication.Fusion;
import io.rankwright.spec.SearchFeature;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.lucene.document.DoublePoint;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.uhighlight.DefaultPassageFormatter;
import org.apache.lucene.search.uhighlight.UnifiedHighlighter;

/**
 * The steps of a search up to the ranker: understand, retrieve by words and by meaning, fuse, describe. Each step is open,
 * because training and evaluation need what lies between them. Immutable, safe for any thread.
 *
 * <p>A query of ten words over 5,000 abstracts takes about a millisecond beside its encoder, and the features of 100
 * candidates another.
 */
public final class Searches {
    private final TextIndex index;
    private final SearchApplication application;
    private final Understanding understanding;
    private final RankerInputs rankerInputs;
    private final double meaningWeight;

    /**
     * @param vectors what makes a vector of a query for each embedding
     * @param meaningWeight how much the list by meaning counts in a learned fusion, 0 to 1
     */
    public Searches(TextIndex index, AskedVectors vectors, double meaningWeight, Clicks clicks) {
        this.index = index;
        this.application = index.application();
        this.understanding = new Understanding(index, vectors);
        this.rankerInputs = new RankerInputs(application, clicks);
        this.meaningWeight = meaningWeight;
    }

    /** What makes vectors of queries. Any number of threads. */
    public interface AskedVectors {
        /**
         * The vector of what was asked.
         *
         * @param asked words, or an image that is held or referred to
         * @return empty if the embedding cannot be asked by such
         */
        Optional<float[]> of(SearchFeature.Embedding embedding, String asked);
    }

    /** The list that an order of candidates comes from. */
    public enum Source {
        WORDS,
        MEANING,
        FUSED
    }

    /**
     * What narrows a search: for a category the values that are allowed, for a number the least and the greatest.
     */
    public sealed interface Filter {
        record OneOf(String feature, List<String> values) implements Filter {}

        record Between(String feature, double least, double greatest) implements Filter {}
    }

    /** Scores of some candidates, the same for the same rows. */
    public interface Order {
        /**
         * @param rows one behind the other, as wide as the ranker's inputs
         * @return a score for each, the greatest first in an answer
         */
        double[] scores(float[] rows, int count);
    }

    /**
     * One item of an answer.
     *
     * @param score of the ranker, or of the fused list where none has looked at it
     * @param wordPlace,meaningPlace its places in the two lists from 1, 0 if it is not in one
     * @param inputs what the ranker saw, by feature; empty if none has looked
     * @param highlight the passage that fits best, as HTML with {@code em}
     */
    public record Result(
            String id,
            double score,
            int wordPlace,
            int meaningPlace,
            double fused,
            Map<String, Double> inputs,
            Map<String, String> row,
            Optional<String> highlight) {}

    /** How many of the found have a value. */
    public record Count(String value, long count) {}

    /**
     * An answer.
     *
     * @param found how many candidates there were
     * @param facets for each feature its values with their counts among the candidates
     */
    public record Answer(
            Optional<String> corrected, int found, List<Result> results, Map<String, List<Count>> facets) {}

    /** Understands what was asked: corrects, cuts, encodes. */
    public Asked understand(String text) {
        return understanding.of(text);
    }

    /** Takes what was asked as it is: cuts, encodes. */
    public Asked literally(String text) {
        return understanding.literally(text);
    }

    /** Takes what was asked without its vectors: it is found by its words alone. */
    public Asked withoutMeaning(String text) {
        return understanding.withoutMeaning(text);
    }

    /** The ids of one list, best first: what a source alone would answer. */
    public List<String> ids(Asked asked, Source source, int count) {
        return index.read(searcher -> {
            Query all = narrowed(List.of());
            int[] documents = switch (source) {
                case WORDS -> documents(byWords(searcher, asked, all, count));
                case MEANING -> documents(byMeaning(searcher, asked, all, count));
                case FUSED -> candidates(searcher, asked, List.of()).documents();
            };
            return TextIndex.ids(searcher, Arrays.copyOf(documents, Math.min(count, documents.length)));
        });
    }

    private static int[] documents(ScoreDoc[] found) {
        return Arrays.stream(found).mapToInt(hit -> hit.doc).toArray();
    }

    /** The scores that a learned fusion weighs, of all candidates: by words, by meaning; each from 0 to 1. */
    public record Scaled(List<String> ids, double[] words, double[] meaning) {}

    /** What a learned fusion is learnt from. */
    public Scaled scaled(Asked asked) {
        return index.read(searcher -> {
            Found found = candidates(searcher, asked, List.of());
            double[][] scaled = scaled(searcher, asked, found.documents());
            List<String> ids = TextIndex.ids(searcher, found.documents());
            return new Scaled(ids, scaled[0], scaled[1]);
        });
    }

    /** The rows of the first candidates, as a ranker learns from them. */
    public record Described(List<String> ids, float[] rows) {}

    /** Describes the first candidates of a query. */
    public Described described(Asked asked, List<String> inputs, int count) {
        return index.read(searcher -> {
            Found found = candidates(searcher, asked, List.of()).first(count);
            List<String> ids = TextIndex.ids(searcher, found.documents());
            return new Described(ids, rankerInputs.rows(searcher, asked, found, ids, inputs));
        });
    }

    /** How long the stages of an answer may take. */
    public interface Deadlines {
        /** No deadlines: what fails throws. */
        Deadlines NONE = new Deadlines() {
            @Override
            public Duration retrieval() {
                return Duration.ofHours(1);
            }

            @Override
            public void retrieved(long startNanos, boolean isCut) {}

            @Override
            public <T> Optional<T> ranking(Callable<T> work) {
                try {
                    return Optional.of(work.call());
                } catch (RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new EnvironmentFault("the index cannot be read: " + e.getMessage(), true, e);
                }
            }
        };

        /** After this the lists end where they are. */
        Duration retrieval();

        /** Told when both lists are there, and whether they ended early. */
        void retrieved(long startNanos, boolean isCut);

        /** Orders the first candidates, on a thread of its own if need be; empty if that failed or is late. */
        <T> Optional<T> ranking(Callable<T> work);
    }

    /** Answers a query, however long it takes. */
    public Answer answer(Asked asked, List<Filter> filters, int from, int size, Optional<Order> order) {
        return answer(asked, filters, from, size, order, Deadlines.NONE);
    }

    /** The first candidates as the ranker saw them, and what it gave them. */
    private record Ordered(float[] rows, double[] scores) {}

    /**
     * Answers a query.
     *
     * @param order what orders the first candidates; empty if the fused list stays as it is
     */
    public Answer answer(
            Asked asked, List<Filter> filters, int from, int size, Optional<Order> order, Deadlines deadlines) {
        return index.read(searcher -> {
            long start = System.nanoTime();
            IndexSearcher timed = timed(searcher, start, deadlines.retrieval());
            Found found = candidates(timed, asked, filters);
            deadlines.retrieved(start, timed.timedOut());
            // A ranker that learnt from words knows nothing of images, and the other way round.
            Optional<Order> ofKind =
                    order.filter(_ -> asked.isImage() == application.data().isAskedByImages());
            List<String> inputs = ofKind.isEmpty()
                    ? List.of()
                    : application.model().rank().orElseThrow().features();
            Optional<Ordered> ordered = found.size() == 0
                    ? Optional.empty()
                    : ofKind.flatMap(ranker -> deadlines.ranking(
                            reading(searcher, () -> ordered(searcher, asked, found, inputs, ranker))));
            float[] rows = ordered.map(Ordered::rows).orElseGet(() -> new float[0]);
            int depth =
                    ordered.map(Ordered::scores).map(ranked -> ranked.length).orElse(0);
            double[] scores = found.fused().clone();
            ordered.ifPresent(ranked -> System.arraycopy(ranked.scores(), 0, scores, 0, depth));
            Integer[] places = new Integer[found.size()];
            Arrays.setAll(places, i -> i);
            // What the ranker did not look at stays behind, in the order of the fused list.
            Arrays.sort(places, 0, depth, Comparator.comparingDouble((Integer i) -> -scores[i]));
            var results = new ArrayList<Result>();
            for (int p = from; p < Math.min(found.size(), from + size); p++) {
                results.add(result(searcher, asked, found, places[p], scores, rows, inputs, depth));
            }
            return new Answer(
                    asked.corrected(),
                    found.size(),
                    results,
                    Facets.of(application.serving().facets(), new Columns(searcher, found.documents())));
        });
    }

    private Ordered ordered(IndexSearcher searcher, Asked asked, Found found, List<String> inputs, Order ranker)
            throws IOException {
        Found first = found.first(application.model().rank().orElseThrow().candidates());
        List<String> ids = TextIndex.ids(searcher, first.documents());
        float[] rows = rankerInputs.rows(searcher, asked, first, ids, inputs);
        return new Ordered(rows, ranker.scores(rows, first.size()));
    }

    /** Work that keeps the index open to its end, also when nobody waits for that any more. */
    private static <T> Callable<T> reading(IndexSearcher searcher, Callable<T> work) {
        return () -> {
            searcher.getIndexReader().incRef();
            try {
                return work.call();
            } finally {
                searcher.getIndexReader().decRef();
            }
        };
    }

    /** The same searcher, which ends a search when its time is over. */
    private static IndexSearcher timed(IndexSearcher searcher, long startNanos, Duration patience) {
        var timed = new IndexSearcher(searcher.getIndexReader());
        timed.setSimilarity(searcher.getSimilarity());
        timed.setTimeout(() -> System.nanoTime() - startNanos > patience.toNanos());
        return timed;
    }

    private Result result(
            IndexSearcher searcher,
            Asked asked,
            Found found,
            int place,
            double[] scores,
            float[] rows,
            List<String> inputs,
            int depth)
            throws IOException {
        int document = found.documents()[place];
        Map<String, String> row = TextIndex.row(searcher, document);
        var seen = new LinkedHashMap<String, Double>();
        for (int f = 0; f < inputs.size() && place < depth; f++) {
            seen.put(inputs.get(f), (double) rows[place * inputs.size() + f]);
        }
        return new Result(
                TextIndex.ids(searcher, new int[] {document}).getFirst(),
                scores[place],
                found.wordPlaces()[place],
                found.meaningPlaces()[place],
                found.fused()[place],
                seen,
                index.shown(row),
                highlight(asked, row));
    }

    private Optional<String> highlight(Asked asked, Map<String, String> row) throws IOException {
        if (application.serving().highlight().isEmpty() || asked.words().isEmpty()) {
            return Optional.empty();
        }
        var text = application.feature(
                SearchFeature.Text.class, application.serving().highlight().get());
        var highlighter = UnifiedHighlighter.builderWithoutSearcher(
                        index.words().ofIndex())
                .withFormatter(new DefaultPassageFormatter("<em>", "</em>", " … ", true))
                .withMaxLength(100_000)
                .build();
        Object passage = highlighter.highlightWithoutSearcher(
                text.name(), asked.in(text.name()), TextIndex.joined(text.columns(), row), 2);
        return Optional.ofNullable(passage).map(Object::toString);
    }

    private Query narrowed(List<Filter> filters) {
        var all = new BooleanQuery.Builder();
        for (Filter filter : filters) {
            switch (filter) {
                case Filter.OneOf(String feature, List<String> values) -> {
                    var any = new BooleanQuery.Builder();
                    values.forEach(
                            value -> any.add(new TermQuery(new Term(feature, value)), BooleanClause.Occur.SHOULD));
                    all.add(any.build(), BooleanClause.Occur.FILTER);
                }
                case Filter.Between(String feature, double least, double greatest) ->
                    all.add(DoublePoint.newRangeQuery(feature, least, greatest), BooleanClause.Occur.FILTER);
            }
        }
        return all.build();
    }

    private Query byWords(Asked asked) {
        var query = new BooleanQuery.Builder();
        application.model().lexical().fields().forEach((field, weight) -> {
            if (weight > 0) {
                query.add(new BoostQuery(asked.in(field), weight.floatValue()), BooleanClause.Occur.SHOULD);
            }
        });
        return query.build();
    }

    private ScoreDoc[] byWords(IndexSearcher searcher, Asked asked, Query narrowed, int count) throws IOException {
        var query = new BooleanQuery.Builder().add(byWords(asked), BooleanClause.Occur.MUST);
        ((BooleanQuery) narrowed).clauses().forEach(query::add);
        return searcher.search(query.build(), count).scoreDocs;
    }

    private ScoreDoc[] byMeaning(IndexSearcher searcher, Asked asked, Query narrowed, int count) throws IOException {
        String field = application.model().dense().map(Dense::embedding).orElse("");
        float[] vector = asked.vectors().get(field);
        if (vector == null) {
            return new ScoreDoc[0];
        }
        int wanted = Math.min(count, Math.max(1, searcher.getIndexReader().numDocs()));
        Query filter = ((BooleanQuery) narrowed).clauses().isEmpty() ? null : narrowed;
        return searcher.search(new KnnFloatVectorQuery(field, vector, wanted, filter), wanted).scoreDocs;
    }

    private Found candidates(IndexSearcher searcher, Asked asked, List<Filter> filters) throws IOException {
        Query narrowed = narrowed(filters);
        ScoreDoc[] words =
                byWords(searcher, asked, narrowed, application.model().lexical().candidates());
        ScoreDoc[] meaning = byMeaning(
                searcher,
                asked,
                narrowed,
                application
                        .model()
                        .dense()
                        .map(SearchApplication.Dense::candidates)
                        .orElse(1));
        var places = new LinkedHashMap<Integer, int[]>();
        for (int i = 0; i < words.length; i++) {
            places.computeIfAbsent(words[i].doc, _ -> new int[2])[0] = i + 1;
        }
        for (int i = 0; i < meaning.length; i++) {
            places.computeIfAbsent(meaning[i].doc, _ -> new int[2])[1] = i + 1;
        }
        int[] documents = places.keySet().stream().mapToInt(Integer::intValue).toArray();
        double[] fused = fused(searcher, asked, documents, List.copyOf(places.values()));
        Integer[] order = new Integer[documents.length];
        Arrays.setAll(order, i -> i);
        // Ties in the order of the index, so that the same query always has the same answer.
        Arrays.sort(
                order,
                (a, b) -> fused[a] == fused[b]
                        ? Integer.compare(documents[a], documents[b])
                        : Double.compare(fused[b], fused[a]));
        List<int[]> byPlace = List.copyOf(places.values());
        return new Found(
                Arrays.stream(order).mapToInt(i -> documents[i]).toArray(),
                Arrays.stream(order).mapToInt(i -> byPlace.get(i)[0]).toArray(),
                Arrays.stream(order).mapToInt(i -> byPlace.get(i)[1]).toArray(),
                Arrays.stream(order).mapToDouble(i -> fused[i]).toArray());
    }

    private double[] fused(IndexSearcher searcher, Asked asked, int[] documents, List<int[]> places)
            throws IOException {
        double[] fused = new double[documents.length];
        switch (application.model().fusion()) {
            case Fusion.ReciprocalRank(int k) -> {
                for (int i = 0; i < fused.length; i++) {
                    for (int place : places.get(i)) {
                        fused[i] += place == 0 ? 0 : 1.0 / (k + place);
                    }
                }
            }
            case Fusion.Learned() -> {
                double[][] scaled = scaled(searcher, asked, documents);
                // An image has no words to weigh against.
                double weight = asked.isImage() ? 1 : meaningWeight;
                for (int i = 0; i < fused.length; i++) {
                    fused[i] = (1 - weight) * scaled[0][i] + weight * scaled[1][i];
                }
            }
        }
        return fused;
    }

    /**
     * The scores of all candidates by words and by meaning, wherever they were found, each from its least possible value
     * (0; a cosine of -1) to the greatest among them (TM2C2; Bruch, Gai and Ingber, 2023).
     */
    private double[][] scaled(IndexSearcher searcher, Asked asked, int[] documents) throws IOException {
        var columns = new Columns(searcher, documents);
        double[] words = columns.scores(byWords(asked));
        double[] meaning = new double[documents.length];
        if (application.model().dense().isPresent()) {
            meaning = columns.cosines(asked, application.model().dense().get().embedding());
            for (int i = 0; i < meaning.length; i++) {
                meaning[i] += 1;
            }
        }
        return new double[][] {overGreatest(words), overGreatest(meaning)};
    }

    private static double[] overGreatest(double[] values) {
        double greatest = Arrays.stream(values).max().orElse(0);
        return greatest <= 0
                ? values
                : Arrays.stream(values).map(value -> value / greatest).toArray();
    }
}
