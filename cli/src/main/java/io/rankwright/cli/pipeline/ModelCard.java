package io.rankwright.cli.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.evaluation.Classification;
import io.rankwright.registry.Canary;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.SearchApplication;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What one should know of a version before one lets it decide: what it is for, what it learnt from, how good it is and for
 * whom, what it must not be used for (Mitchell et al., "Model Cards for Model Reporting", FAT* 2019). Stateless.
 */
public final class ModelCard {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ModelCard() {}

    /** The card of a version, as Markdown; everything in it comes from the registry and the application file. */
    public static String markdown(Application application, Registry registry, Version version) {
        var card = new StringBuilder();
        Version.Lineage lineage = version.lineage();
        card.append("# %s %s%n%n".formatted(application.name(), version.name()));
        if (lineage.data().equals("simulated")) {
            card.append("**Simulated data**: every figure here comes from data that the engine made.%n%n".formatted());
        }
        card.append("## What it is for%n%n%s%n%n"
                .formatted(application.requirements().objective()));
        card.append(purpose(application)).append("\n\n");
        card.append("## What it was made from%n%n".formatted());
        card.append("| | |%n|---|---|%n".formatted());
        line(card, "stage", version.stage().name().toLowerCase(Locale.ROOT));
        line(card, "made", version.createdAt());
        line(card, "data", lineage.data() + ", up to " + lineage.lastDay() + ", judged by " + lineage.testDay());
        line(card, "snapshot", "`" + lineage.snapshot() + "`");
        line(card, "application file", "`" + lineage.applicationHash() + "`");
        line(card, "code", "`" + lineage.codeVersion() + "`");
        line(card, "seed, workers, device", lineage.seed() + ", " + lineage.workers() + ", " + lineage.device());
        line(card, "parent", lineage.parent() == 0 ? "none" : "v" + lineage.parent());
        line(card, "the same again", "`rankwright reproduce " + application.name() + " " + version.name() + "`");
        metrics(card, application, version);
        slices(card, slices(registry, version));
        card.append("%n## What its gates said%n%n".formatted());
        version.gates()
                .forEach(gate -> card.append("- `%s`: %s (%s)%n"
                        .formatted(gate.gate(), gate.hasPassed() ? "passed" : "**refused**", gate.values())));
        List<Canary> canaries = registry.canaries().all().stream()
                .filter(canary -> canary.version() == version.id())
                .toList();
        if (!canaries.isEmpty()) {
            card.append("%n## How it fared as a canary%n%n".formatted());
            for (Canary canary : canaries) {
                Canary.Entry last = canary.entries().getLast();
                card.append("- %s: %s%n"
                        .formatted(
                                canary.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '), last.words()));
            }
        }
        return card.toString();
    }

    private static String purpose(Application application) {
        return switch (application) {
            case FeedApplication feed -> {
                Framing framing = feed.framing();
                yield ("For a %s it orders %ss by %s (%s), from predictions of %s. It says nothing of %ss that were never shown to"
                                + " anybody like the %s, and nothing of why somebody takes one.")
                        .formatted(
                                framing.subject(),
                                framing.item(),
                                framing.utility(),
                                framing.utilityMeans(),
                                framing.labels().stream()
                                        .map(Framing.Label::name)
                                        .collect(Collectors.joining(", ")),
                                framing.item(),
                                framing.subject());
            }
            case SearchApplication search ->
                "For a %s it orders %ss by how well they answer it, as judgements and clicks have taught it. It does not say whether what they say is true."
                        .formatted(search.framing().query(), search.framing().item());
            case ScoreApplication score ->
                "For a %s it says how likely %s are, and what the policy does then. It judges words without who wrote them and to whom; what is doubtful is for people to decide."
                        .formatted(
                                score.framing().item(),
                                String.join(", ", score.framing().names()));
        };
    }

    private static void line(StringBuilder card, String name, String value) {
        card.append("| %s | %s |%n".formatted(name, value));
    }

    private static void metrics(StringBuilder card, Application application, Version version) {
        List<String> baselines = application.evaluation().baselines();
        card.append("%n## How good it is%n%n| metric | %s | 95%% interval |".formatted(version.name()));
        baselines.forEach(baseline -> card.append(" ").append(baseline).append(" |"));
        card.append("%n|---|---|---|".formatted())
                .append("---|".repeat(baselines.size()))
                .append("\n");
        for (MetricsTable.Row row : MetricsTable.rows(version, baselines)) {
            card.append("| %s | %s | %s |"
                    .formatted(
                            row.metric(),
                            figure(row.value()),
                            row.interval().isEmpty()
                                    ? ""
                                    : figure(row.interval().get(0)) + " to "
                                            + figure(row.interval().get(1))));
            row.baselines().forEach(value -> card.append(" %s |".formatted(Double.isNaN(value) ? "" : figure(value))));
            card.append("\n");
        }
    }

    private static void slices(StringBuilder card, List<Classification.Slice> slices) {
        if (slices.isEmpty()) {
            return;
        }
        card.append("%n## For whom%n%nCalibration by slice, the worst first.%n%n".formatted());
        card.append(
                "| slice | cases | predicted | observed | calibration error |%n|---|---|---|---|---|%n".formatted());
        slices.stream()
                .sorted(Comparator.comparingDouble(Classification.Slice::ece).reversed())
                .forEach(slice -> card.append(String.format(
                        Locale.ROOT,
                        "| %s %s | %,d | %.3f | %.3f | %.3f |%n",
                        slice.feature(),
                        slice.value().isEmpty() ? "missing" : slice.value(),
                        slice.count(),
                        slice.predicted(),
                        slice.observed(),
                        slice.ece())));
    }

    private static List<Classification.Slice> slices(Registry registry, Version version) {
        String hash = version.artefacts().get("slices");
        if (hash == null) {
            return List.of();
        }
        try {
            return Arrays.asList(JSON.readValue(registry.artefact(hash), Classification.Slice[].class));
        } catch (IOException e) {
            throw new InternalFault("the slices of " + version.name() + " cannot be read", e);
        }
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
