package io.rankwright.retrieval.text;

import io.rankwright.spec.InternalFault;
import io.rankwright.spec.SearchApplication.Language;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.cjk.CJKAnalyzer;
import org.apache.lucene.analysis.de.GermanAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.es.SpanishAnalyzer;
import org.apache.lucene.analysis.fr.FrenchAnalyzer;
import org.apache.lucene.analysis.it.ItalianAnalyzer;
import org.apache.lucene.analysis.miscellaneous.PerFieldAnalyzerWrapper;
import org.apache.lucene.analysis.nl.DutchAnalyzer;
import org.apache.lucene.analysis.pt.PortugueseAnalyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

/** How texts become words: cut, without stop words and stemmed as the language wants it, or plain. Thread-safe. */
final class Words {
    /** The field whose words are as they are written, for spelling. */
    static final String PLAIN = "plain";

    private final Analyzer stemmed;
    private final Analyzer plain = new StandardAnalyzer();

    Words(Language language) {
        this.stemmed = switch (language) {
            case ENGLISH -> new EnglishAnalyzer();
            case GERMAN -> new GermanAnalyzer();
            case FRENCH -> new FrenchAnalyzer();
            case SPANISH -> new SpanishAnalyzer();
            case ITALIAN -> new ItalianAnalyzer();
            case PORTUGUESE -> new PortugueseAnalyzer();
            case DUTCH -> new DutchAnalyzer();
            case CHINESE_JAPANESE_KOREAN -> new CJKAnalyzer();
            case ANY -> new StandardAnalyzer();
        };
    }

    /** What the index cuts its fields with. */
    Analyzer ofIndex() {
        return new PerFieldAnalyzerWrapper(stemmed, Map.of(PLAIN, plain));
    }

    /** The words of a text as they stand in the index. */
    List<String> stemmed(String text) {
        return cut(stemmed, text);
    }

    /** The words of a text as they are written, in small letters. */
    List<String> plain(String text) {
        return cut(plain, text);
    }

    private static List<String> cut(Analyzer analyzer, String text) {
        var words = new ArrayList<String>();
        try (TokenStream tokens = analyzer.tokenStream("", text)) {
            CharTermAttribute term = tokens.addAttribute(CharTermAttribute.class);
            tokens.reset();
            while (tokens.incrementToken()) {
                words.add(term.toString());
            }
            tokens.end();
            return words;
        } catch (IOException e) {
            throw new InternalFault("a text in memory that cannot be read", e);
        }
    }
}
