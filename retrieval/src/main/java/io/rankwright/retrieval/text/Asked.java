package io.rankwright.retrieval.text;

import io.rankwright.log.Images;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermQuery;

/**
 * One query as the index understands it.
 *
 * @param text what was asked; the reference to an image
 * @param understood the same with words that no item has replaced by some that items have
 * @param words of what was understood, as they stand in the index
 * @param vectors of what was asked, by embedding
 */
public record Asked(String text, String understood, List<String> words, Map<String, float[]> vectors) {
    public Asked {
        words = List.copyOf(words);
        vectors = Map.copyOf(vectors);
    }

    /** Whether an image was asked for. */
    public boolean isImage() {
        return Images.isImage(text);
    }

    /** What was understood, if it is not what was asked. */
    public Optional<String> corrected() {
        return understood.equals(text) ? Optional.empty() : Optional.of(understood);
    }

    /** The words in one field, each as often as it was asked. */
    Query in(String field) {
        var query = new BooleanQuery.Builder();
        words.stream()
                .collect(Collectors.groupingBy(Function.identity(), LinkedHashMap::new, Collectors.counting()))
                .forEach((word, count) -> query.add(
                        new BoostQuery(new TermQuery(new Term(field, word)), count), BooleanClause.Occur.SHOULD));
        return query.build();
    }
}
