package io.rankwright.spec;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A search: for a query, the items that answer it, learnt from judgements and from clicks. Immutable, safe for any
 * thread.
 *
 * @param framing what is asked and what is found
 * @param features what an item, a query and the two together are described by, in the order of the file
 */
public record SearchApplication(
        String name,
        Path folder,
        String hash,
        Requirements requirements,
        SearchFraming framing,
        SearchData data,
        List<SearchFeature> features,
        SearchModel model,
        Evaluation evaluation,
        SearchServing serving)
        implements Application {
    public SearchApplication {
        features = List.copyOf(features);
    }

    /**
     * Step 2.
     *
     * @param query the entity that is asked for
     * @param item the entity that is found
     * @param language how words are cut and stemmed
     */
    public record SearchFraming(String query, String item, Language language) {}

    /** A language whose words the engine can cut and stem. */
    public enum Language {
        ENGLISH,
        GERMAN,
        FRENCH,
        SPANISH,
        ITALIAN,
        PORTUGUESE,
        DUTCH,
        CHINESE_JAPANESE_KOREAN,
        /** Cut by the rules of Unicode, not stemmed. */
        ANY
    }

    /**
     * Step 3.
     *
     * @param queryText the column of the query with what was asked, words or an image
     * @param train patterns of the files with pairs that teach
     * @param test patterns of the files with pairs that judge
     * @param judgement the contract of a pair: an id of each entity and perhaps a grade
     * @param pages what stands in for the data where there are none
     * @param validateShare the share of the queries that teach which chooses settings instead
     */
    public record SearchData(
            Data.EntitySource items,
            Data.EntitySource queries,
            String queryText,
            List<String> train,
            List<String> test,
            Contract judgement,
            Optional<Pages> pages,
            double validateShare,
            long seed) {
        public SearchData {
            train = List.copyOf(train);
            test = List.copyOf(test);
        }

        /** Whether images are asked for by the queries that teach and judge, instead of words. */
        public boolean isAskedByImages() {
            return queries.contract()
                    .column(queryText)
                    .filter(column -> column.type() == Contract.Type.IMAGE)
                    .isPresent();
        }
    }

    /**
     * Markdown pages whose sections are items where no data are found; their queries are drawn from them (known-item
     * queries; Azzopardi, de Rijke and Balog, 2007).
     *
     * @param folder of the pages, relative to the application's
     */
    public record Pages(String folder, int queries, long seed) {}

    /**
     * Step 5.
     *
     * @param dense nearest items by their embedding; empty if only words are looked at
     * @param rank what orders the best of the fused list; empty if that stays as it is
     */
    public record SearchModel(Lexical lexical, Optional<Dense> dense, Fusion fusion, Optional<SearchRank> rank) {}

    /**
     * BM25 over text features (Robertson and Zaragoza, 2009).
     *
     * @param fields the weight of each text feature
     */
    public record Lexical(Map<String, Double> fields, double k1, double b, int candidates) {}

    /** The items whose embedding is nearest to the query's. */
    public record Dense(String embedding, int candidates) {}

    /** How the lists become one. */
    public sealed interface Fusion {
        /** By the sum of 1 / (k + rank) (Cormack, Clarke and Buettcher, 2009). */
        record ReciprocalRank(int k) implements Fusion {}

        /** By a weighted sum of scaled scores, the weight chosen on the queries that teach (Bruch et al., 2023). */
        record Learned() implements Fusion {}
    }

    /**
     * What orders the best of the fused list, learnt over the features of query and item.
     *
     * @param features its inputs
     * @param candidates how many of the fused list are ranked
     * @param models how many are learnt on resampled queries and averaged
     */
    public record SearchRank(List<String> features, int candidates, int models, OrderLearner learner) {
        public SearchRank {
            features = List.copyOf(features);
        }
    }

    /** How an order is learnt. */
    public sealed interface OrderLearner {
        /** Boosted trees that compare items pair by pair (LambdaMART; Burges, 2010). */
        record LambdaMart(int rounds, int depth, double learningRate) implements OrderLearner {
            @Override
            public String title() {
                return "LambdaMART";
            }
        }

        /**
         * A network that compares all items of a query at once (ListNet; Cao et al., 2007).
         *
         * @param deep the widths of its layers
         * @param epochs passes over the queries
         */
        record Network(List<Integer> deep, int epochs, double learningRate) implements OrderLearner {
            public Network {
                deep = List.copyOf(deep);
            }

            @Override
            public String title() {
                return "a network";
            }
        }

        /** As people call it. */
        String title();
    }

    /**
     * Step 7.
     *
     * @param size how many items an answer has unless the request says otherwise
     * @param facets the features by whose values an answer counts what was found, each with the bounds of its ranges if it
     *     is a number
     * @param highlight the text feature of which an answer shows the best passage
     * @param title the item's column that the console shows as its title
     * @param synonyms groups of phrases that mean the same: who asks by one finds the others too
     * @param isSpellingTolerant whether a word that no item has may stand for one that some have
     * @param budget the deadline of each stage: understand, retrieve, rank
     * @param concurrency how many requests are answered at once at most
     */
    public record SearchServing(
            int size,
            Map<String, List<Double>> facets,
            Optional<String> highlight,
            String title,
            List<List<String>> synonyms,
            boolean isSpellingTolerant,
            Map<String, Duration> budget,
            int concurrency) {
        public SearchServing {
            budget = Map.copyOf(budget);
            synonyms = synonyms.stream().map(List::copyOf).toList();
        }
    }

    @Override
    public Framing.Task task() {
        return Framing.Task.SEARCH;
    }

    @Override
    public List<Encoder> encoders() {
        return features(SearchFeature.Embedding.class).stream()
                .flatMap(embedding -> Stream.concat(Stream.of(embedding.encoder()), embedding.askedBy().stream()))
                .distinct()
                .toList();
    }

    /**
     * Reads and checks the application in a folder (or its {@code app.yaml}).
     *
     * @throws UserFault with every problem found, if there is one, or if its task is another
     */
    public static SearchApplication read(Path folderOrFile) {
        return ApplicationFile.of(folderOrFile, Map.of(), SearchApplication.class);
    }

    /** The features of one kind, in the order of the file. */
    public <F extends SearchFeature> List<F> features(Class<F> kind) {
        return features.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** The feature of this name; the checker has made sure that it is there and of its kind. */
    public <F extends SearchFeature> F feature(Class<F> kind, String featureName) {
        return features(kind).stream()
                .filter(feature -> feature.name().equals(featureName))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("no feature " + featureName));
    }
}
