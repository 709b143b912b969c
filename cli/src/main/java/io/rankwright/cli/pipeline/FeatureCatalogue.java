package io.rankwright.cli.pipeline;

import io.rankwright.models.RankerInputs;
import io.rankwright.models.TowerInput;
import io.rankwright.models.TwoTower;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.training.FeatureProfiles;
import io.rankwright.training.Snapshot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Every feature of an application: what it is, who answers for it, what its values are like, and which models look at it.
 * Immutable.
 *
 * @param snapshot the one that values were looked at in: that of the live version, or the newest
 */
public record FeatureCatalogue(Optional<Snapshot> snapshot, List<Entry> entries) {
    /**
     * One feature.
     *
     * @param scope user, video, pair or context, in the application's words
     * @param profile of its values in the snapshot; a sequence has none
     * @param usedBy the models that look at it: ranker or towers of a version that is not retired
     */
    public record Entry(
            String name,
            String scope,
            String definition,
            String owner,
            String freshness,
            Optional<FeatureProfiles.Profile> profile,
            List<String> usedBy) {
        /** What its values are like, in words. */
        public String values() {
            return profile.map(known -> switch (known) {
                        case FeatureProfiles.Numbers numbers ->
                            numbers.quantiles().isEmpty()
                                    ? "none"
                                    : String.join(
                                            " .. ",
                                            number(numbers.quantiles().getFirst()),
                                            number(numbers.quantiles()
                                                    .get(numbers.quantiles().size() / 2)),
                                            number(numbers.quantiles().getLast()));
                        case FeatureProfiles.Categories categories ->
                            String.format(
                                    Locale.ROOT,
                                    "%,d: %s",
                                    categories.distinct(),
                                    categories.shares().entrySet().stream()
                                            .limit(3)
                                            .map(share -> String.format(
                                                    Locale.ROOT, "%s %.0f%%", share.getKey(), 100 * share.getValue()))
                                            .reduce((a, b) -> a + ", " + b)
                                            .orElse("none"));
                    })
                    .orElse("");
        }

        /** The share of rows without a value, in words. */
        public String missing() {
            return profile.map(known -> String.format(Locale.ROOT, "%.1f%%", 100 * known.missing()))
                    .orElse("");
        }

        private static String number(double value) {
            return value == Math.rint(value) && Math.abs(value) < 1e15
                    ? String.format(Locale.ROOT, "%,d", (long) value)
                    : String.format(Locale.ROOT, "%.4g", value);
        }
    }

    /** Looks at the features of an application, at the snapshots of its state, and at its versions. */
    public static FeatureCatalogue of(FeedApplication application, List<Snapshot> snapshots, Registry registry) {
        Optional<Snapshot> looked = registry.live()
                .flatMap(live -> snapshots.stream()
                        .filter(snapshot -> snapshot.manifest()
                                .contentHash()
                                .equals(live.lineage().snapshot()))
                        .findFirst())
                .or(() -> snapshots.stream().findFirst());
        Map<String, FeatureProfiles.Profile> profiles =
                looked.map(snapshot -> FeatureProfiles.of(snapshot).byFeature()).orElse(Map.of());
        Map<String, List<String>> users = users(registry);
        var entries = new ArrayList<Entry>();
        for (FeatureDefinition feature : application.features()) {
            entries.add(new Entry(
                    feature.name(),
                    application.section(feature),
                    feature.definition(),
                    application.owner(feature).orElse(""),
                    feature.freshness(),
                    Optional.ofNullable(profiles.get(feature.name())),
                    users.getOrDefault(feature.name(), List.of())));
        }
        return new FeatureCatalogue(looked, entries);
    }

    /** The models of the versions that are not retired, by the features they look at. */
    private static Map<String, List<String>> users(Registry registry) {
        var users = new TreeMap<String, List<String>>();
        for (Version version : registry.versions()) {
            if (version.stage() != Version.Stage.RETIRED) {
                inputs(registry, version)
                        .forEach((model, features) ->
                                features.forEach(feature -> users.computeIfAbsent(feature, _ -> new ArrayList<>())
                                        .add(version.name() + " " + model)));
            }
        }
        return users;
    }

    private static Map<String, List<String>> inputs(Registry registry, Version version) {
        var inputs = new LinkedHashMap<String, List<String>>();
        Optional.ofNullable(version.artefacts().get("ranker")).ifPresent(hash -> {
            RankerInputs.Layout layout = RankerInputs.of(registry.model(hash)).layout();
            var features = new ArrayList<>(layout.features());
            layout.sequences().forEach(sequence -> features.add(sequence.name()));
            inputs.put("ranker", features);
        });
        Optional.ofNullable(version.artefacts().get("towers")).ifPresent(hash -> {
            TwoTower.Manifest towers = TwoTower.manifest(registry.model(hash));
            var features = new ArrayList<String>();
            towers.subjectInputs().stream().map(TowerInput::name).forEach(features::add);
            towers.itemInputs().stream().map(TowerInput::name).forEach(features::add);
            inputs.put("towers", features);
        });
        return inputs;
    }
}
