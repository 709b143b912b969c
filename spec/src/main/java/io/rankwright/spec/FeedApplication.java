package io.rankwright.spec;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * A feed: for a subject, items that it was not asked for, from a log of what was shown and taken. Immutable, safe for any
 * thread.
 *
 * @param folder the folder that holds {@code app.yaml}
 * @param hash SHA-256 over the application file and its contracts, in hex: part of every model's lineage
 * @param owners who answers for features, by their name or their section of the file
 */
public record FeedApplication(
        String name,
        Path folder,
        String hash,
        Requirements requirements,
        Framing framing,
        Data data,
        List<FeatureDefinition> features,
        Map<String, String> owners,
        Model model,
        Evaluation evaluation,
        Serving serving)
        implements Application {
    @Override
    public Framing.Task task() {
        return framing.task();
    }

    @Override
    public List<Encoder> encoders() {
        return features.stream()
                .filter(FeatureDefinition.Embedding.class::isInstance)
                .map(feature -> ((FeatureDefinition.Embedding) feature).encoder())
                .distinct()
                .toList();
    }

    public FeedApplication {
        features = List.copyOf(features);
        owners = Map.copyOf(owners);
    }

    /**
     * Reads and checks the application in a folder (or its {@code app.yaml}).
     *
     * @throws UserFault with every problem found, if there is one, or if its task is another
     */
    public static FeedApplication read(Path folderOrFile) {
        return read(folderOrFile, Map.of());
    }

    /**
     * The same with other values than the file's.
     *
     * @param overrides YAML by the path of the key that it stands for, such as {@code model.rank.trees.depth}
     */
    public static FeedApplication read(Path folderOrFile, Map<String, String> overrides) {
        return ApplicationFile.of(folderOrFile, overrides, FeedApplication.class);
    }

    /** The same with some of its features only. */
    public FeedApplication with(List<FeatureDefinition> chosen) {
        return new FeedApplication(
                name, folder, hash, requirements, framing, data, chosen, owners, model, evaluation, serving);
    }

    /** The definition of this name. */
    public FeatureDefinition feature(String featureName) {
        return features.stream()
                .filter(feature -> feature.name().equals(featureName))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("no feature " + featureName));
    }

    /** Who answers for a feature: who is named for it, or for its section of the file; empty if nobody is. */
    public Optional<String> owner(FeatureDefinition feature) {
        return Optional.ofNullable(owners.get(feature.name()))
                .or(() -> Optional.ofNullable(owners.get(section(feature))));
    }

    /** The section of the file in which a feature stands. */
    public String section(FeatureDefinition feature) {
        return switch (feature.scope()) {
            case SUBJECT -> framing.subject();
            case ITEM -> framing.item();
            case PAIR -> "pair";
            case CONTEXT -> "context";
        };
    }

    /** The features that are sequences, in the order of the file. */
    public List<FeatureDefinition.Sequence> sequences() {
        return features.stream()
                .filter(FeatureDefinition.Sequence.class::isInstance)
                .map(FeatureDefinition.Sequence.class::cast)
                .toList();
    }

    /** The patterns of the files that hold events. */
    public List<String> eventGlobs() {
        return data.events().values().stream()
                .flatMap(source -> source.globs().stream())
                .toList();
    }

    /** The contract of the exposures. */
    public Contract exposureContract() {
        return data.event(framing.exposure()).contract();
    }

    /** The key column of the subject in the exposures. */
    public String subjectColumn() {
        return exposureContract().columnOf(framing.subject()).orElseThrow().name();
    }

    /** The key column of the item in the exposures. */
    public String itemColumn() {
        return exposureContract().columnOf(framing.item()).orElseThrow().name();
    }
}
