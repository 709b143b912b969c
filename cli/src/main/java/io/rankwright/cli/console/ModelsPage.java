package io.rankwright.cli.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.evaluation.Classification;
import io.rankwright.registry.Canary;
import io.rankwright.registry.Version;
import io.rankwright.serving.Engine;
import io.rankwright.serving.ShadowRun;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.RankwrightException;
import io.rankwright.spec.Serving;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/** The page on versions: what they learnt from and reached, side by side, and which one serves. Thread-safe. */
final class ModelsPage {
    private static final int SHOWN = 6;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Engine engine;

    ModelsPage(Engine engine) {
        this.engine = engine;
    }

    /** One version, in words. */
    public record Shown(int id, String name, String stage, boolean hasPassed, String gates, boolean mayServe) {}

    /** One canary, in words. */
    public record Tried(String version, String outcome, List<String> steps) {}

    /** The reliability of one version. */
    public record Curve(String version, String picture) {}

    /** One property of all versions that are shown. */
    public record Row(String name, List<String> values) {}

    /** @param told what the last button did; empty if none was pressed */
    Map<String, Object> values(String told) {
        List<Version> all = engine.registry().versions().reversed();
        List<Version> versions = all.subList(0, Math.min(SHOWN, all.size()));
        var values = new HashMap<String, Object>();
        values.put("told", told);
        values.put("versions", versions.stream().map(ModelsPage::shown).toList());
        values.put(
                "lineage",
                List.of(
                        row(
                                "made",
                                versions,
                                version -> version.createdAt().substring(0, 16).replace('T', ' ')),
                        row("data", versions, version -> version.lineage().data()),
                        row(
                                "snapshot",
                                versions,
                                version -> start(version.lineage().snapshot())),
                        row(
                                "application file",
                                versions,
                                version -> start(version.lineage().applicationHash())),
                        row("code", versions, version -> start(version.lineage().codeVersion())),
                        row(
                                "seed",
                                versions,
                                version -> Long.toString(version.lineage().seed())),
                        row(
                                "parent",
                                versions,
                                version -> version.lineage().parent() == 0
                                        ? "–"
                                        : "v" + version.lineage().parent())));
        var names = new TreeSet<String>();
        versions.forEach(version -> names.addAll(version.metrics().keySet()));
        var metrics = new ArrayList<Row>();
        for (String name : names) {
            // Those of baselines are on the overview.
            if (engine.application().evaluation().offline().containsKey(name.replaceFirst("\\..*", ""))) {
                metrics.add(row(name, versions, version -> figure(version, name)));
            }
        }
        values.put("metrics", metrics);
        values.put(
                "curves",
                versions.stream()
                        .map(version -> new Curve(version.name(), Charts.reliability(bins(version))))
                        .filter(curve -> !curve.picture().isEmpty())
                        .toList());
        values.put("isTrying", engine.canary().isPresent());
        values.put(
                "canRollBack",
                engine.canary().isPresent()
                        || all.stream().anyMatch(version -> version.stage() == Version.Stage.RETIRED));
        values.put(
                "retrainings",
                engine.registry().retrainings().reversed().stream()
                        .limit(SHOWN)
                        .map(retraining -> String.format(
                                Locale.ROOT,
                                "%s %s → %s",
                                Instant.ofEpochMilli(retraining.startedMillis()).truncatedTo(ChronoUnit.SECONDS),
                                retraining.reason(),
                                retraining.outcome()))
                        .toList());
        values.put("shadow", engine.shadow().map(ModelsPage::shadow).orElse(""));
        values.put(
                "canaries",
                engine.registry().canaries().all().reversed().stream()
                        .limit(SHOWN)
                        .map(ModelsPage::steps)
                        .toList());
        return values;
    }

    private static String shadow(ShadowRun.View view) {
        return String.format(
                Locale.ROOT,
                "v%d answers %.0f%% of the requests a second time, unseen: %,d compared, %,d skipped for want of room, %,d failed;"
                        + " %.0f%% of the slots have the same items, %.0f%% of the slates begin alike, first scores are %.4f"
                        + " apart, %.1f ms an answer beside %.1f.",
                view.shadow().version(),
                100 * view.shadow().share(),
                view.answers(),
                view.skipped(),
                view.failed(),
                100 * view.overlap(),
                100 * view.sameFirst(),
                view.difference(),
                view.millis(),
                view.liveMillis());
    }

    private List<Classification.Bin> bins(Version version) {
        String hash = version.artefacts().get("reliability");
        if (hash == null) {
            return List.of();
        }
        try {
            return List.of(JSON.readValue(engine.registry().artefact(hash), Classification.Bin[].class));
        } catch (IOException e) {
            throw new InternalFault("the reliability of " + version.name() + " cannot be read", e);
        }
    }

    private static Tried steps(Canary canary) {
        List<String> steps = canary.entries().stream()
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%s %.0f%%: %s",
                        Instant.ofEpochMilli(entry.millis()).truncatedTo(ChronoUnit.SECONDS),
                        100 * entry.share(),
                        entry.words()))
                .toList();
        return new Tried(
                "v" + canary.version(),
                canary.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                steps);
    }

    private static Row row(String name, List<Version> versions, Function<Version, String> value) {
        return new Row(name, versions.stream().map(value).toList());
    }

    private static String figure(Version version, String metric) {
        Double value = version.metrics().get(metric);
        return value == null ? "" : String.format(Locale.ROOT, "%.4f", value);
    }

    private static String start(String hash) {
        return hash.substring(0, Math.min(12, hash.length()));
    }

    private static Shown shown(Version version) {
        long passed = version.gates().stream().filter(gate -> gate.hasPassed()).count();
        return new Shown(
                version.id(),
                version.name(),
                version.stage().name().toLowerCase(Locale.ROOT),
                version.hasPassed(),
                passed + " of " + version.gates().size(),
                version.hasPassed() && version.stage() != Version.Stage.LIVE);
    }

    /** Lets a version serve; the answer says what came of it. */
    String promote(String version) {
        try {
            Version live = engine.registry().promote(Version.idOf(version), false, System.currentTimeMillis());
            engine.follow();
            return live.name() + " serves now.";
        } catch (RankwrightException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Lets a version answer the first few subjects; the answer says what came of it. */
    String tryOut(String version) {
        try {
            Serving.Canary canary = engine.application().serving().canary();
            engine.registry().canaries().start(Version.idOf(version), canary, false, System.currentTimeMillis());
            engine.follow();
            return String.format(
                    Locale.ROOT,
                    "v%s answers the first %.0f%%; without harm it will be all of them.",
                    version,
                    100 * canary.steps().getFirst());
        } catch (RankwrightException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Lets the version before serve; the answer says what came of it. */
    String rollback() {
        try {
            Version live = engine.registry().rollback(System.currentTimeMillis());
            engine.follow();
            return live.name() + " serves everyone.";
        } catch (RankwrightException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
