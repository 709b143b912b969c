package io.rankwright.retrieval.text;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.Weight;

/**
 * What some documents of one state of the index have: a number for each, in the order of the documents. For one query:
 * where its words stand is kept. One thread at a time.
 */
final class Columns {
    private final IndexSearcher searcher;
    private final int[] documents;
    /** Their places, from the first document of the index to the last: an index is read forwards. */
    private final int[] ascending;

    private final Map<String, WordPlaces> places = new HashMap<>();

    Columns(IndexSearcher searcher, int[] documents) {
        this.searcher = searcher;
        this.documents = documents;
        Integer[] order = new Integer[documents.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingInt(i -> documents[i]));
        this.ascending = Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }

    /** The score of a query for each document, 0 where it does not match; one pass over the documents in their order. */
    double[] scores(Query query) throws IOException {
        double[] scores = new double[documents.length];
        Weight weight = searcher.createWeight(searcher.rewrite(query), ScoreMode.COMPLETE, 1);
        var leaves = searcher.getIndexReader().leaves();
        int leaf = -1;
        Scorer scorer = null;
        for (int i : ascending) {
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

    /** The cosine of each document's vector and that of the query; 0 where either is missing. */
    double[] cosines(Asked asked, String field) throws IOException {
        double[] cosines = new double[documents.length];
        float[] query = asked.vectors().get(field);
        if (query == null) {
            return cosines;
        }
        var leaves = searcher.getIndexReader().leaves();
        int leaf = -1;
        FloatVectorValues values = null;
        KnnVectorValues.DocIndexIterator iterator = null;
        for (int i : ascending) {
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

    /** A number of each document, NaN where it has none. */
    double[] numbers(String field) throws IOException {
        double[] numbers = new double[documents.length];
        for (int i : ascending) {
            LeafReaderContext leaf = leaf(documents[i]);
            var values = DocValues.getNumeric(leaf.reader(), field);
            numbers[i] = values.advanceExact(documents[i] - leaf.docBase)
                    ? Double.longBitsToDouble(values.longValue())
                    : Double.NaN;
        }
        return numbers;
    }

    /** The category of each document that has one. */
    List<String> categories(String field) throws IOException {
        var categories = new ArrayList<String>();
        for (int document : documents) {
            LeafReaderContext leaf = leaf(document);
            var values = DocValues.getSorted(leaf.reader(), field);
            if (values.advanceExact(document - leaf.docBase)) {
                categories.add(values.lookupOrd(values.ordValue()).utf8ToString());
            }
        }
        return categories;
    }

    private LeafReaderContext leaf(int document) {
        var leaves = searcher.getIndexReader().leaves();
        return leaves.get(ReaderUtil.subIndex(document, leaves));
    }

    /** The share of the words of a query that each document's text has, each word weighed by how few have it. */
    double[] overlap(Asked asked, String text) throws IOException {
        WordPlaces places = places(asked, text);
        double[] shares = new double[documents.length];
        double total = 0;
        double items = Math.max(1, searcher.getIndexReader().numDocs());
        for (String word : new LinkedHashSet<>(asked.words())) {
            double rarity = Math.log(1 + items / (1 + searcher.getIndexReader().docFreq(new Term(text, word))));
            for (int i = 0; i < shares.length; i++) {
                shares[i] += places.has(word, i) ? rarity : 0;
            }
            total += rarity;
        }
        return over(shares, total);
    }

    /** The share of the neighbours in a query that are neighbours in each document's text. */
    double[] phrases(Asked asked, String text) throws IOException {
        WordPlaces places = places(asked, text);
        List<String> words = asked.words();
        double[] shares = new double[documents.length];
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

    /** Where the words of a query stand in a text, read once for all that asks. */
    private WordPlaces places(Asked asked, String text) throws IOException {
        WordPlaces known = places.get(text);
        if (known == null) {
            known = WordPlaces.read(searcher, text, asked.words(), documents, ascending);
            places.put(text, known);
        }
        return known;
    }
}
