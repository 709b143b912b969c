package io.rankwright.cli.console;

import io.rankwright.cli.pipeline.ExperimentReport;
import io.rankwright.cli.pipeline.InterleavingReport;
import io.rankwright.evaluation.experiment.Comparison;
import io.rankwright.evaluation.experiment.SampleRatio;
import io.rankwright.registry.Experiment;
import io.rankwright.serving.Engine;
import io.rankwright.spec.RankwrightException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The page on experiments: arms, split, intervals, verdict. Thread-safe. */
final class ExperimentsPage {
    /** A report reads every logged answer: it is made again after so long. */
    private static final long FRESH_NANOS = 10_000_000_000L;

    private final Engine engine;
    private final Map<String, Made> reports = new ConcurrentHashMap<>();

    private record Made(long nanos, boolean wasRunning, ExperimentReport report) {}

    ExperimentsPage(Engine engine) {
        this.engine = engine;
    }

    /** One arm, in words; the subjects are empty if nobody has seen it. */
    public record Arm(String name, String changes, String subjects) {}

    /** One metric of one arm, in words. */
    public record Row(
            String metric,
            String arm,
            String control,
            String treated,
            String change,
            String interval,
            String p,
            String cut) {}

    /** What is known of an experiment before anybody has seen it. */
    public record Facts(String name, String state, String layer, String share, String started, String control) {}

    /** One experiment; {@code trouble} says why there is nothing to see, and is empty otherwise. */
    public record Shown(
            Facts facts,
            List<Arm> arms,
            String trouble,
            Map<String, String> verdicts,
            boolean isSplitSound,
            String split,
            String chart,
            String looks,
            List<Row> rows) {}

    Map<String, Object> values() {
        var values = new HashMap<String, Object>();
        values.put("folder", engine.application().folder().getFileName().toString());
        var shown = new ArrayList<Shown>();
        for (Experiment experiment : engine.registry().experiments().all().reversed()) {
            shown.add(shown(experiment));
        }
        values.put("experiments", shown);
        return values;
    }

    private ExperimentReport report(Experiment experiment) {
        return reports.compute(
                        experiment.name(),
                        (_, known) -> known != null
                                        && known.wasRunning() == experiment.isRunning()
                                        && System.nanoTime() - known.nanos() < FRESH_NANOS
                                ? known
                                : new Made(
                                        System.nanoTime(),
                                        experiment.isRunning(),
                                        ExperimentReport.of(engine.application(), engine.log(), experiment)))
                .report();
    }

    private Shown shown(Experiment experiment) {
        var facts = new Facts(
                experiment.name(),
                (experiment.isRunning() ? "running" : "ended") + (experiment.isInterleaved() ? ", interleaved" : ""),
                experiment.layer(),
                String.format(Locale.ROOT, "%.0f%%", 100 * experiment.share()),
                Instant.ofEpochMilli(experiment.startedMillis())
                        .toString()
                        .substring(0, 16)
                        .replace('T', ' '),
                experiment.arms().getFirst().name());
        try {
            if (experiment.isInterleaved()) {
                InterleavingReport mixed = InterleavingReport.of(engine.application(), engine.log(), experiment);
                return new Shown(
                        facts, arms(experiment, Map.of()), mixed.words(), Map.of(), true, "", "", "", List.of());
            }
            ExperimentReport report = report(experiment);
            var verdicts = new LinkedHashMap<String, String>();
            report.verdicts().forEach((arm, verdict) -> verdicts.put(arm, verdict.words()));
            boolean isSound = report.sampleRatio() >= SampleRatio.BROKEN;
            return new Shown(
                    facts,
                    arms(experiment, report.subjects()),
                    "",
                    verdicts,
                    isSound,
                    String.format(
                            Locale.ROOT,
                            isSound
                                    ? "The split is as it was meant to be (p = %.3f)."
                                    : "The split is broken (p = %.2g): nothing below can be believed.",
                            report.sampleRatio()),
                    Charts.changes(report.metrics()),
                    Charts.looks(report.looks()),
                    report.metrics().stream().map(ExperimentsPage::row).toList());
        } catch (RankwrightException e) {
            return new Shown(
                    facts,
                    arms(experiment, Map.of()),
                    String.valueOf(e.getMessage()),
                    Map.of(),
                    true,
                    "",
                    "",
                    "",
                    List.of());
        }
    }

    private static List<Arm> arms(Experiment experiment, Map<String, Long> subjects) {
        return experiment.arms().stream()
                .map(arm -> new Arm(
                        arm.name(),
                        changes(arm),
                        subjects.containsKey(arm.name())
                                ? String.format(Locale.ROOT, "%,d", subjects.get(arm.name()))
                                : ""))
                .toList();
    }

    private static String changes(Experiment.Arm arm) {
        var changes = new ArrayList<String>();
        arm.versionOf().ifPresent(version -> changes.add("version v" + version));
        arm.changes().forEach((path, value) -> changes.add(path + " = " + value));
        if (arm.size() != 1) {
            changes.add(String.format(Locale.ROOT, "size %s", arm.size()));
        }
        return changes.isEmpty() ? "as it is" : String.join(", ", changes);
    }

    private static Row row(ExperimentReport.Metric metric) {
        Comparison compared = metric.comparison();
        return new Row(
                metric.name(),
                metric.arm(),
                String.format(Locale.ROOT, "%.4f", compared.control()),
                String.format(Locale.ROOT, "%.4f", compared.treated()),
                percent(compared.relative().value()),
                Double.isFinite(compared.relative().value())
                        ? percent(compared.relative().low()) + " to "
                                + percent(compared.relative().high())
                        : "–",
                compared.pValue() < 0.0001 ? "< 0.0001" : String.format(Locale.ROOT, "%.4f", compared.pValue()),
                String.format(Locale.ROOT, "%.0f%%", 100 * compared.varianceCut()));
    }

    static String percent(double share) {
        return Double.isFinite(share) ? String.format(Locale.ROOT, "%+.2f%%", 100 * share) : "–";
    }
}
