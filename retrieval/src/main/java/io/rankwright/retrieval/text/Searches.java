package io.rankwright.retrieval.text;

import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchApplication.Dense;
import io.rankwright.spec.SearchApplication.Fusion;
import io.rankwright.spec.SearchFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.lucene.document.DoublePoint;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.Weight;
import org.apache.lucene.search.spell.DirectSpellChecker;
import org.apache.lucene.search.spell.SuggestMode;
import org.apache.lucene.search.spell.SuggestWord;
import org.apache.lucene.search.uhighlight.DefaultPassageFormatter;
import org.apache.lucene.search.uhighlight.UnifiedHighlighter;
import org.apache.lucene.util.BytesRef;

/**
 * The steps of a search up to the ranker: understand, retrieve by words and by meaning, fuse, describe. Each step is open,
 * because training and evaluation need what lies between them. Immutable, safe for any thread.
 *
 * <p>A query of ten words over 5,000 abstracts takes about a millisecond beside its encoder, and the features of 100
 * candidates another.
 */
public final class Searches {
    /** A word this short is not corrected: too many others are near. */
    private static final int SHORTEST_CORRECTED = 4;

    /** Less than this share of the words being unknown, none is corrected. */
    private static final double LEAST_UNKNOWN = 1.0 / 3;

    private final TextIndex index;
    private final SearchApplication application;
    private final Function<SearchFeature.Embedding, Function<String, float[]>> encoders;
    private final double meaningWeight;
    private final Clicks clicks;

    /**
     * @param encoders for each embedding, what makes a vector of a query
     * @param meaningWeight how much the list by meaning counts in a learned fusion, 0 to 1
     */
    public Searches(
            TextIndex index,
            Function<SearchFeature.Embedding, Function<String, float[]>> encoders,
            double meaningWeight,
            Clicks clicks) {
        this.index = index;
        this.application = index.application();
        this.encoders = encoders;
        this.meaningWeight = meaningWeight;
        this.clicks = clicks;
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
        return asked(
                text,
                application.serving().isSpellingTolerant() ? index.read(searcher -> corrected(searcher, text)) : text);
    }

    /** Takes what was asked as it is: cuts, encodes. */
    public Asked literally(String text) {
        return asked(text, text);
    }

    /** Takes what was asked without its vectors: it is found by its words alone. */
    public Asked withoutMeaning(String text) {
        return new Asked(text, text, index.words().stemmed(text), Map.of());
    }

    private Asked asked(String text, String understood) {
        var vectors = new HashMap<String, float[]>();
        for (SearchFeature.Embedding embedding : usedEmbeddings()) {
            vectors.put(embedding.name(), encoders.apply(embedding).apply(understood));
        }
        var words = new ArrayList<>(index.words().stemmed(understood));
        synonyms(understood).forEach(phrase -> words.addAll(index.words().stemmed(phrase)));
        return new Asked(text, understood, words, vectors);
    }

    /** The phrases that mean the same as some that were asked. */
    private List<String> synonyms(String text) {
        String asked = " " + String.join(" ", index.words().plain(text)) + " ";
        var synonyms = new ArrayList<String>();
        for (List<String> group : application.serving().synonyms()) {
            List<String> there = group.stream()
                    .filter(phrase ->
                            asked.contains(" " + String.join(" ", index.words().plain(phrase)) + " "))
                    .toList();
            if (!there.isEmpty()) {
                group.stream().filter(phrase -> !there.contains(phrase)).forEach(synonyms::add);
            }
        }
        return synonyms;
    }

    private List<SearchFeature.Embedding> usedEmbeddings() {
        var used = new LinkedHashSet<String>();
        application.model().dense().ifPresent(dense -> used.add(dense.embedding()));
        application.features(SearchFeature.Closeness.class).forEach(closeness -> used.add(closeness.embedding()));
        return application.features(SearchFeature.Embedding.class).stream()
                .filter(embedding -> used.contains(embedding.name()))
                .toList();
    }

    /**
     * Replaces words that no item has by the nearest that some have, if they are a good part of what was asked: in a long
     * query an unknown word is more often a name than a slip.
     */
    private String corrected(IndexSearcher searcher, String text) throws IOException {
        List<String> words = index.words().plain(text);
        var unknown = new LinkedHashSet<String>();
        for (String word : words) {
            if (isUnknown(searcher, word)) {
                unknown.add(word);
            }
        }
        if (unknown.size() < LEAST_UNKNOWN * words.size() || !synonyms(text).isEmpty()) {
            return text;
        }
        String understood = text;
        var speller = new DirectSpellChecker();
        for (String word : unknown) {
            if (word.length() < SHORTEST_CORRECTED || word.chars().anyMatch(Character::isDigit)) {
                continue;
            }
            SuggestWord[] near = speller.suggestSimilar(
                    new Term(Words.PLAIN, word), 1, searcher.getIndexReader(), SuggestMode.SUGGEST_WHEN_NOT_IN_INDEX);
            if (near.length > 0) {
                understood = understood.replaceAll(
                        "(?i)\\b" + Pattern.quote(word) + "\\b", Matcher.quoteReplacement(near[0].string));
            }
        }
        return understood;
    }

    /** Whether no item has a word in any form. */
    private boolean isUnknown(IndexSearcher searcher, String word) throws IOException {
        var reader = searcher.getIndexReader();
        if (reader.docFreq(new Term(Words.PLAIN, word)) > 0) {
            return false;
        }
        for (String stem : index.words().stemmed(word)) {
            for (String field : application.model().lexical().fields().keySet()) {
                if (reader.docFreq(new Term(field, stem)) > 0) {
                    return false;
                }
            }
        }
        return true;
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
            return new Described(ids, rows(searcher, asked, found, ids, inputs));
        });
    }

    /**
     * Answers a query.
     *
     * @param order what orders the first candidates; empty if the fused list stays as it is
     */
    public Answer answer(Asked asked, List<Filter> filters, int from, int size, Optional<Order> order) {
        return index.read(searcher -> {
            Found found = candidates(searcher, asked, filters);
            int depth = order.isEmpty()
                    ? 0
                    : Math.min(
                            found.size(),
                            application.model().rank().orElseThrow().candidates());
            List<String> inputs = order.isEmpty()
                    ? List.of()
                    : application.model().rank().orElseThrow().features();
            float[] rows = new float[0];
            double[] scores = found.fused().clone();
            Integer[] places = new Integer[found.size()];
            Arrays.setAll(places, i -> i);
            if (order.isPresent() && depth > 0) {
                Found first = found.first(depth);
                List<String> ids = TextIndex.ids(searcher, first.documents());
                rows = rows(searcher, asked, first, ids, inputs);
                double[] ranked = order.get().scores(rows, depth);
                System.arraycopy(ranked, 0, scores, 0, depth);
                // What the ranker did not look at stays behind, in the order of the fused list.
                Arrays.sort(places, 0, depth, Comparator.comparingDouble((Integer i) -> -scores[i]));
            }
            var results = new ArrayList<Result>();
            for (int p = from; p < Math.min(found.size(), from + size); p++) {
                results.add(result(searcher, asked, found, places[p], scores, rows, inputs, depth));
            }
            return new Answer(asked.corrected(), found.size(), results, facets(searcher, found.documents()));
        });
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
                text.name(), wordsIn(text.name(), asked.words()), TextIndex.joined(text.columns(), row), 2);
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
                query.add(
                        new BoostQuery(wordsIn(field, asked.words()), weight.floatValue()), BooleanClause.Occur.SHOULD);
            }
        });
        return query.build();
    }

    /** The words of a query in one field, each as often as it was asked. */
    private static Query wordsIn(String field, List<String> words) {
        var query = new BooleanQuery.Builder();
        words.stream()
                .collect(Collectors.groupingBy(Function.identity(), LinkedHashMap::new, Collectors.counting()))
                .forEach((word, count) -> query.add(
                        new BoostQuery(new TermQuery(new Term(field, word)), count), BooleanClause.Occur.SHOULD));
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
                for (int i = 0; i < fused.length; i++) {
                    fused[i] = (1 - meaningWeight) * scaled[0][i] + meaningWeight * scaled[1][i];
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
        double[] words = scores(searcher, byWords(asked), documents);
        double[] meaning = new double[documents.length];
        if (application.model().dense().isPresent()) {
            meaning = cosines(searcher, application.model().dense().get().embedding(), asked, documents);
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

    /** The score of a query for each document, 0 where it does not match; one pass over the documents in their order. */
    private static double[] scores(IndexSearcher searcher, Query query, int[] documents) throws IOException {
        double[] scores = new double[documents.length];
        Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE, 1);
        var leaves = searcher.getIndexReader().leaves();
        int leaf = -1;
        Scorer scorer = null;
        for (int i : ascending(documents)) {
            int found = ReaderUtil.subIndex(documents[i], leaves);
            if (found != leaf) {
                leaf = found;
                scorer = weight.scorer(leaves.get(leaf));
            }
            if (scorer != null) {
                int local = documents[i] - leaves.get(leaf).docBase;
                DocIdSetIterator iterator = scorer.iterator();
                int at = iterator.docID() < local ? iterator.advance(local) : iterator.docID();
                scores[i] = at == local ? scorer.score() : 0;
            }
        }
        return scores;
    }

    private static double[] cosines(IndexSearcher searcher, String field, Asked asked, int[] documents)
            throws IOException {
        double[] cosines = new double[documents.length];
        float[] query = asked.vectors().get(field);
        if (query == null) {
            return cosines;
        }
        var leaves = searcher.getIndexReader().leaves();
        int leaf = -1;
        FloatVectorValues values = null;
        KnnVectorValues.DocIndexIterator iterator = null;
        for (int i : ascending(documents)) {
            int found = ReaderUtil.subIndex(documents[i], leaves);
            if (found != leaf) {
                leaf = found;
                values = leaves.get(leaf).reader().getFloatVectorValues(field);
                iterator = values == null ? null : values.iterator();
            }
            int local = documents[i] - leaves.get(leaf).docBase;
            if (values != null
                    && iterator != null
                    && (iterator.docID() >= local ? iterator.docID() : iterator.advance(local)) == local) {
                float[] vector = values.vectorValue(iterator.index());
                double sum = 0;
                for (int d = 0; d < vector.length; d++) {
                    sum += (double) query[d] * vector[d];
                }
                cosines[i] = sum;
            }
        }
        return cosines;
    }

    private static double[] numbers(IndexSearcher searcher, String field, int[] documents) throws IOException {
        double[] numbers = new double[documents.length];
        for (int i : ascending(documents)) {
            LeafReaderContext leaf = leaf(searcher, documents[i]);
            var values = DocValues.getNumeric(leaf.reader(), field);
            numbers[i] = values.advanceExact(documents[i] - leaf.docBase)
                    ? Double.longBitsToDouble(values.longValue())
                    : Double.NaN;
        }
        return numbers;
    }

    private static LeafReaderContext leaf(IndexSearcher searcher, int document) {
        var leaves = searcher.getIndexReader().leaves();
        return leaves.get(ReaderUtil.subIndex(document, leaves));
    }

    private static int[] ascending(int[] documents) {
        Integer[] order = new Integer[documents.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingInt(i -> documents[i]));
        return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }

    /** The inputs of the ranker for each candidate, one row behind the other. */
    private float[] rows(IndexSearcher searcher, Asked asked, Found found, List<String> ids, List<String> inputs)
            throws IOException {
        int count = found.size();
        float[] rows = new float[count * inputs.size()];
        var fields = new HashMap<String, WordPlaces>();
        for (int f = 0; f < inputs.size(); f++) {
            double[] column = column(
                    searcher, asked, found, ids, application.feature(SearchFeature.class, inputs.get(f)), fields);
            for (int i = 0; i < count; i++) {
                rows[i * inputs.size() + f] = (float) column[i];
            }
        }
        return rows;
    }

    private double[] column(
            IndexSearcher searcher,
            Asked asked,
            Found found,
            List<String> ids,
            SearchFeature feature,
            Map<String, WordPlaces> fields)
            throws IOException {
        int[] documents = found.documents();
        return switch (feature) {
            case SearchFeature.Amount amount -> numbers(searcher, amount.name(), documents);
            case SearchFeature.Words words -> {
                if (words.text().equals(application.framing().query())) {
                    double[] same = new double[documents.length];
                    Arrays.fill(same, asked.words().size());
                    yield same;
                }
                yield numbers(searcher, words.name(), documents);
            }
            case SearchFeature.Bm25 bm25 -> scores(searcher, wordsIn(bm25.text(), asked.words()), documents);
            case SearchFeature.Closeness closeness -> cosines(searcher, closeness.embedding(), asked, documents);
            case SearchFeature.Overlap overlap ->
                overlap(searcher, places(searcher, overlap.text(), asked, documents, fields), asked.words());
            case SearchFeature.Phrases phrases ->
                phrases(places(searcher, phrases.text(), asked, documents, fields), asked.words());
            case SearchFeature.Place place -> places(place, found);
            case SearchFeature.Clicked _ ->
                ids.stream()
                        .mapToDouble(id -> clicks.attraction(asked.text(), id))
                        .toArray();
            case SearchFeature.Text _, SearchFeature.Embedding _, SearchFeature.Category _ ->
                throw new IllegalArgumentException(feature.name() + " is no number");
        };
    }

    /** Where the words of a query stand in a text of the documents, read once for all that asks. */
    private static WordPlaces places(
            IndexSearcher searcher, String field, Asked asked, int[] documents, Map<String, WordPlaces> fields)
            throws IOException {
        WordPlaces known = fields.get(field);
        if (known == null) {
            known = WordPlaces.read(searcher, field, asked.words(), documents, ascending(documents));
            fields.put(field, known);
        }
        return known;
    }

    private static double[] places(SearchFeature.Place place, Found found) {
        double[] column = new double[found.size()];
        for (int i = 0; i < column.length; i++) {
            int at = switch (place.source()) {
                case "bm25" -> found.wordPlaces()[i];
                case "dense" -> found.meaningPlaces()[i];
                default -> i + 1;
            };
            column[i] = at == 0 ? 0 : 1.0 / at;
        }
        return column;
    }

    private static double[] overlap(IndexSearcher searcher, WordPlaces places, List<String> words) throws IOException {
        double[] shares = new double[places.documents()];
        double total = 0;
        double items = Math.max(1, searcher.getIndexReader().numDocs());
        for (String word : new LinkedHashSet<>(words)) {
            double rarity =
                    Math.log(1 + items / (1 + searcher.getIndexReader().docFreq(new Term(places.field(), word))));
            for (int i = 0; i < shares.length; i++) {
                shares[i] += places.has(word, i) ? rarity : 0;
            }
            total += rarity;
        }
        return over(shares, total);
    }

    private static double[] phrases(WordPlaces places, List<String> words) {
        double[] shares = new double[places.documents()];
        for (int w = 1; w < words.size(); w++) {
            for (int i = 0; i < shares.length; i++) {
                shares[i] += places.areNeighbours(words.get(w - 1), words.get(w), i) ? 1 : 0;
            }
        }
        return over(shares, words.size() - 1.0);
    }

    private static double[] over(double[] values, double total) {
        return total <= 0
                ? values
                : Arrays.stream(values).map(value -> value / total).toArray();
    }

    private Map<String, List<Count>> facets(IndexSearcher searcher, int[] documents) throws IOException {
        var facets = new LinkedHashMap<String, List<Count>>();
        for (var facet : application.serving().facets().entrySet()) {
            var counts = new LinkedHashMap<String, Long>();
            if (facet.getValue().isEmpty()) {
                for (int document : documents) {
                    LeafReaderContext leaf = leaf(searcher, document);
                    var values = DocValues.getSorted(leaf.reader(), facet.getKey());
                    if (values.advanceExact(document - leaf.docBase)) {
                        BytesRef value = values.lookupOrd(values.ordValue());
                        counts.merge(value.utf8ToString(), 1L, Long::sum);
                    }
                }
                facets.put(facet.getKey(), sorted(counts));
            } else {
                List<Range> ranges = ranges(facet.getValue());
                ranges.forEach(range -> counts.put(range.name(), 0L));
                for (double value : numbers(searcher, facet.getKey(), documents)) {
                    ranges.stream()
                            .filter(range -> value >= range.least() && value < range.below())
                            .findFirst()
                            .ifPresent(range -> counts.merge(range.name(), 1L, Long::sum));
                }
                facets.put(
                        facet.getKey(),
                        counts.entrySet().stream()
                                .map(entry -> new Count(entry.getKey(), entry.getValue()))
                                .toList());
            }
        }
        return facets;
    }

    private static List<Count> sorted(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                .limit(20)
                .map(entry -> new Count(entry.getKey(), entry.getValue()))
                .toList();
    }

    /**
     * A range of a facet over numbers.
     *
     * @param name {@code 100..200}, {@code ..100}, {@code 200..}
     */
    public record Range(String name, double least, double below) {}

    /** The ranges between bounds, the first and the last open. */
    public static List<Range> ranges(List<Double> bounds) {
        var ranges = new ArrayList<Range>();
        for (int b = 0; b <= bounds.size(); b++) {
            double least = b == 0 ? Double.NEGATIVE_INFINITY : bounds.get(b - 1);
            double below = b == bounds.size() ? Double.POSITIVE_INFINITY : bounds.get(b);
            ranges.add(new Range(
                    (b == 0 ? "" : text(least)) + ".." + (b == bounds.size() ? "" : text(below)), least, below));
        }
        return ranges;
    }

    private static String text(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
