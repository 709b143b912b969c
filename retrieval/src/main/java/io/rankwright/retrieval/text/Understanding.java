package io.rankwright.retrieval.text;

import io.rankwright.log.Images;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.spell.DirectSpellChecker;
import org.apache.lucene.search.spell.SuggestMode;
import org.apache.lucene.search.spell.SuggestWord;

/** How a query is understood: its words corrected, cut, widened by synonyms, and encoded. Safe for any thread. */
final class Understanding {
    /** A word this short is not corrected: too many others are near. */
    private static final int SHORTEST_CORRECTED = 4;

    /** Less than this share of the words being unknown, none is corrected. */
    private static final double LEAST_UNKNOWN = 1.0 / 3;

    private final TextIndex index;
    private final SearchApplication application;
    private final Searches.AskedVectors vectors;

    Understanding(TextIndex index, Searches.AskedVectors vectors) {
        this.index = index;
        this.application = index.application();
        this.vectors = vectors;
    }

    Asked of(String text) {
        if (Images.isImage(text)) {
            String reference = Images.reference(text);
            return new Asked(reference, reference, List.of(), vectors(text));
        }
        return asked(
                text,
                application.serving().isSpellingTolerant() ? index.read(searcher -> corrected(searcher, text)) : text);
    }

    Asked literally(String text) {
        return asked(text, text);
    }

    Asked withoutMeaning(String text) {
        if (Images.isImage(text)) {
            String reference = Images.reference(text);
            return new Asked(reference, reference, List.of(), Map.of());
        }
        return new Asked(text, text, index.words().stemmed(text), Map.of());
    }

    private Asked asked(String text, String understood) {
        var words = new ArrayList<>(index.words().stemmed(understood));
        synonyms(understood).forEach(phrase -> words.addAll(index.words().stemmed(phrase)));
        return new Asked(text, understood, words, vectors(understood));
    }

    private Map<String, float[]> vectors(String asked) {
        var found = new HashMap<String, float[]>();
        for (SearchFeature.Embedding embedding : usedEmbeddings()) {
            vectors.of(embedding, asked).ifPresent(vector -> found.put(embedding.name(), vector));
        }
        return found;
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
}
