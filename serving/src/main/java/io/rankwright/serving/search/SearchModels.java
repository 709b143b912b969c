package io.rankwright.serving.search;

import io.rankwright.log.Images;
import io.rankwright.models.Artefact;
import io.rankwright.models.BoostedTrees;
import io.rankwright.models.RowModel;
import io.rankwright.models.RowNetworks;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.retrieval.text.Clicks;
import io.rankwright.retrieval.text.Searches;
import io.rankwright.retrieval.text.TextIndex;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchApplication.OrderLearner;
import io.rankwright.spec.SearchFeature;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a version of a search is made of, and where the rest of it lies: the same for training and serving. Stateless. */
public final class SearchModels {
    /** The name of the artefact in a version. */
    public static final String ARTEFACT = "search";

    /** Its part with the {@link Manifest}. */
    public static final String MANIFEST = "search.json";

    /** Its part with what was learnt from clicks, if there were any. */
    public static final String CLICKS = "clicks.json";

    private SearchModels() {}

    /** What rankers are: in which parts they lie, and what reads them. */
    public enum Kind {
        TREES("trees-"),
        NETWORK("network-");

        private final String part;

        Kind(String part) {
            this.part = part;
        }

        /** What a learner makes. */
        public static Kind of(OrderLearner learner) {
            return switch (learner) {
                case OrderLearner.LambdaMart _ -> TREES;
                case OrderLearner.Network _ -> NETWORK;
            };
        }

        /** The name of the part with one of them. */
        public String part(int number) {
            return part + number;
        }

        /** Several of them, of which the mean is said. */
        public RowModel read(List<byte[]> models, int columns) {
            return switch (this) {
                case TREES -> new BoostedTrees(models, columns);
                case NETWORK -> new RowNetworks(models, columns);
            };
        }
    }

    /**
     * What is not a ranker.
     *
     * @param meaningWeight how much the list by meaning counts in a learned fusion
     * @param ensembles how many rankers there are, of which the mean is said; 0 if the fused list stays as it is
     * @param items how many items there were
     */
    public record Manifest(double meaningWeight, int ensembles, int items) {}

    /**
     * What was learnt from clicks.
     *
     * @param examination for each place how likely it is looked at beside the first
     * @param attraction by query and item the log-odds of its attraction over the usual one
     */
    public record Attractions(List<Double> examination, Map<String, Map<String, Double>> attraction) implements Clicks {
        @Override
        public double attraction(String query, String item) {
            return attraction.getOrDefault(query, Map.of()).getOrDefault(item, 0.0);
        }
    }

    /** Where what happened is kept. */
    public static Path journal(Path state) {
        return state.resolve("journal.jsonl");
    }

    /** The text of an item that an embedding encodes. */
    public static String text(SearchFeature.Embedding embedding, Map<String, String> row) {
        return embedding.columns().stream()
                .map(column -> row.getOrDefault(column, ""))
                .collect(Collectors.joining(" "));
    }

    /** What makes the vector of an item's text or image for each embedding; those that are new are kept. */
    public static Function<SearchFeature.Embedding, Function<String, float[]>> ofItems(Encoders encoders) {
        return embedding -> encoders.of(embedding.encoder())::vector;
    }

    /** What makes the vector of a query, words or an image, for each embedding. */
    public static Searches.AskedVectors ofQueries(Encoders encoders) {
        return (embedding, asked) -> {
            if (Images.isImage(asked)) {
                return embedding.encoder().isOfImages()
                        ? Optional.of(encoders.of(embedding.encoder()).passing(asked))
                        : Optional.empty();
            }
            return embedding.ofWords().map(encoder -> encoders.of(encoder).passing(encoder.queryPrefix() + asked));
        };
    }

    /**
     * Opens the index of these data; it is built if it is not there.
     *
     * @param isBeside whether a server has it
     * @param dataHash the identity of the items
     */
    public static TextIndex index(
            Path state,
            SearchApplication application,
            boolean isBeside,
            String dataHash,
            Encoders encoders,
            TextIndex.Filling filling) {
        // What the index holds depends on the words of the definitions and on nothing else of the file.
        String shape = application.features().stream()
                        .map(feature -> feature.toString().replaceAll("location=.*?:\\d+:\\d+, ", ""))
                        .collect(Collectors.joining("\n"))
                + application.framing().language()
                + application.data().items().contract().columns().size();
        String name = Artefact.hash((dataHash + shape).getBytes(StandardCharsets.UTF_8))
                .substring(0, 16);
        return TextIndex.open(
                state.resolve("text-index").resolve(name), application, isBeside, ofItems(encoders), filling);
    }

    /** The ranker of a version. Any number of threads. */
    public static final class Ranking implements AutoCloseable {
        private final Manifest manifest;
        private final Optional<RowModel> ranker;

        private Ranking(Manifest manifest, Optional<RowModel> ranker) {
            this.manifest = manifest;
            this.ranker = ranker;
        }

        /** Reads it from the artefact of a version. */
        public static Ranking of(Artefact artefact, SearchApplication application) {
            var manifest = artefact.json(MANIFEST, Manifest.class);
            if (manifest.ensembles() == 0) {
                return new Ranking(manifest, Optional.empty());
            }
            // The version says it, not the file, which may ask for another one by now.
            Kind kind = artefact.has(Kind.NETWORK.part(0)) ? Kind.NETWORK : Kind.TREES;
            List<byte[]> models = IntStream.range(0, manifest.ensembles())
                    .mapToObj(m -> artefact.part(kind.part(m)))
                    .toList();
            int columns = application.model().rank().orElseThrow().features().size();
            return new Ranking(manifest, Optional.of(kind.read(models, columns)));
        }

        public Manifest manifest() {
            return manifest;
        }

        /** What orders candidates; empty if the fused list stays as it is. */
        public Optional<Searches.Order> order() {
            return ranker.map(model -> model::margins);
        }

        /** What each input of a row adds to its score, the last what all begin with; empty without a ranker. */
        public Optional<double[]> contributions(float[] row) {
            return ranker.map(model -> model.contributions(row));
        }

        @Override
        public void close() {
            ranker.ifPresent(RowModel::close);
        }
    }
}
