package io.rankwright.retrieval.text;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.jspecify.annotations.Nullable;

/**
 * Where some words stand in one text of some documents, read in one pass over the postings of each word. One thread at a
 * time.
 */
final class WordPlaces {
    /** Neighbours may have one word between them. */
    private static final int FARTHEST = 2;

    /** For each word, for each document its places in ascending order; null where it is not there. */
    private final Map<String, int[] @Nullable []> places = new HashMap<>();

    private WordPlaces() {}

    /** @param ascending the places of the documents in their array, in the order of the documents */
    static WordPlaces read(IndexSearcher searcher, String field, List<String> words, int[] documents, int[] ascending)
            throws IOException {
        var read = new WordPlaces();
        var leaves = searcher.getIndexReader().leaves();
        for (String word : words) {
            if (read.places.containsKey(word)) {
                continue;
            }
            int[] @Nullable [] of = new int[documents.length] @Nullable [];
            read.places.put(word, of);
            int leaf = -1;
            PostingsEnum postings = null;
            for (int i : ascending) {
                int found = ReaderUtil.subIndex(documents[i], leaves);
                if (found != leaf) {
                    leaf = found;
                    postings = leaves.get(leaf).reader().postings(new Term(field, word), PostingsEnum.POSITIONS);
                }
                int local = documents[i] - leaves.get(leaf).docBase;
                if (postings != null && at(postings, local) == local) {
                    int[] positions = new int[postings.freq()];
                    for (int p = 0; p < positions.length; p++) {
                        positions[p] = postings.nextPosition();
                    }
                    of[i] = positions;
                }
            }
        }
        return read;
    }

    private static int at(DocIdSetIterator iterator, int document) throws IOException {
        return iterator.docID() < document ? iterator.advance(document) : iterator.docID();
    }

    boolean has(String word, int document) {
        return of(word, document) != null;
    }

    /** Whether the second word stands right behind the first, or with one word between them. */
    boolean areNeighbours(String first, String second, int document) {
        int[] before = of(first, document);
        int[] behind = of(second, document);
        if (before == null || behind == null) {
            return false;
        }
        int b = 0;
        for (int place : before) {
            while (b < behind.length && behind[b] <= place) {
                b++;
            }
            if (b < behind.length && behind[b] - place <= FARTHEST) {
                return true;
            }
        }
        return false;
    }

    private int @Nullable [] of(String word, int document) {
        int[] @Nullable [] of = places.get(word);
        return of == null ? null : of[document];
    }
}
