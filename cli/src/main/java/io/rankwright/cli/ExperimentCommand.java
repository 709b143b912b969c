package io.rankwright.cli;

import io.rankwright.cli.pipeline.ExperimentPlan;
import io.rankwright.cli.pipeline.ExperimentReport;
import io.rankwright.cli.pipeline.InterleavingReport;
import io.rankwright.evaluation.experiment.Comparison;
import io.rankwright.log.EventLog;
import io.rankwright.registry.Experiment;
import io.rankwright.registry.Experiments;
import io.rankwright.registry.Version;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rankwright experiment}: other settings or another version for some of the subjects, and what came of it. */
@Command(
        name = "experiment",
        mixinStandardHelpOptions = true,
        description = "Starts, judges and stops experiments; a running server follows within a second.")
final class ExperimentCommand extends CommandGroup {
    ExperimentCommand() {
        super("list, plan, start, report or stop, such as: rankwright experiment report APP NAME");
    }

    @Command(
            name = "start",
            mixinStandardHelpOptions = true,
            description = "Starts an experiment. The first arm is the control.")
    int start(
            @Mixin ApplicationOptions options,
            @Parameters(index = "1", paramLabel = "NAME", description = "Such as more-fresh.") String name,
            @Option(
                            names = "--arm",
                            required = true,
                            paramLabel = "ARM[:PATH=YAML]",
                            description = "An arm and what it changes, such as 'control' and"
                                    + " 'fresh:model.retrieve.fresh.weight=0.5', 'new:version=v3', or 'new:size=0.25' for one a"
                                    + " quarter as large as the others; the same arm again changes more.")
                    List<String> arms,
            @Option(
                            names = "--share",
                            defaultValue = "1",
                            description = "The share of the subjects that takes part (default: ${DEFAULT-VALUE}).")
                    double share,
            @Option(
                            names = "--layer",
                            defaultValue = "main",
                            description =
                                    "Experiments of one layer have no subject in common (default: ${DEFAULT-VALUE}).")
                    String layer,
            @Option(
                            names = "--interleave",
                            description =
                                    "Everybody who takes part gets one list of both arms' rankings: tells two rankings"
                                            + " apart with a small part of the subjects.")
                    boolean isInterleaved) {
        FeedApplication application = options.application();
        List<Experiment.Arm> parsed = arms(arms);
        PrintWriter err = spec().commandLine().getErr();
        for (Experiment.Arm arm : parsed) {
            FeedApplication.read(application.folder(), arm.changes());
            if (arm.version() != 0) {
                Version version = options.registry().version(arm.version());
                err.printf("%s is answered by %s%n", arm.name(), version.name());
            }
        }
        Experiment started = options.registry()
                .experiments()
                .start(name, layer, share, System.currentTimeMillis(), parsed, isInterleaved);
        spec().commandLine()
                .getOut()
                .printf(
                        Locale.ROOT,
                        "%s runs on %.0f%% of the %ss, in the arms %s%n",
                        name,
                        100 * share,
                        application.framing().subject(),
                        started.arms().stream()
                                .map(arm -> arm.size() == 1
                                        ? arm.name()
                                        : String.format(Locale.ROOT, "%s (size %s)", arm.name(), arm.size()))
                                .collect(Collectors.joining(", ")));
        return 0;
    }

    private static List<Experiment.Arm> arms(List<String> texts) {
        Map<String, Map<String, String>> changes = new LinkedHashMap<>();
        Map<String, Integer> versions = new LinkedHashMap<>();
        Map<String, Double> sizes = new LinkedHashMap<>();
        for (String text : texts) {
            int colon = text.indexOf(':');
            String arm = colon < 0 ? text : text.substring(0, colon);
            Map<String, String> own = changes.computeIfAbsent(arm, _ -> new LinkedHashMap<>());
            if (colon >= 0) {
                String change = text.substring(colon + 1);
                int equals = change.indexOf('=');
                if (equals < 0) {
                    throw new UserFault("--arm " + text
                            + "; expected ARM:PATH=YAML, such as fresh:model.retrieve.fresh.weight=0.5");
                }
                String value = change.substring(equals + 1).strip();
                switch (change.substring(0, equals)) {
                    case "version" -> versions.put(arm, Version.idOf(value));
                    case "size" -> sizes.put(arm, size(text, value));
                    default -> own.put(change.substring(0, equals), value);
                }
            }
        }
        var arms = new ArrayList<Experiment.Arm>();
        changes.forEach((arm, own) ->
                arms.add(new Experiment.Arm(arm, own, versions.getOrDefault(arm, 0), sizes.getOrDefault(arm, 1.0))));
        return arms;
    }

    private static double size(String text, String value) {
        try {
            double size = Double.parseDouble(value);
            if (size > 0) {
                return size;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw new UserFault("--arm " + text + "; expected a size above 0, such as 9 beside 1");
    }

    @Command(
            name = "plan",
            mixinStandardHelpOptions = true,
            description =
                    "Says which changes an experiment could find, by what the subjects of the log did: one look at two"
                            + " arms of the same size, level 5%%, power 80%%.")
    int plan(
            @Mixin ApplicationOptions options,
            @Option(
                            names = "--days",
                            defaultValue = "14",
                            description = "How long it would run (default: ${DEFAULT-VALUE}).")
                    int days,
            @Option(
                            names = "--share",
                            defaultValue = "1",
                            description = "The share of the subjects that would take part (default: ${DEFAULT-VALUE}).")
                    double share,
            @Option(names = "--format", defaultValue = "table", description = "table or json.") Json.Format format) {
        if (days < 1 || !(share > 0 && share <= 1)) {
            throw new UserFault(
                    "--days " + days + " --share " + share + "; expected a day at least, and a share up to 1");
        }
        FeedApplication application = options.application();
        ExperimentPlan plan;
        try (EventLog log = EventLog.readOnly(options.state().resolve("log"), application)) {
            plan = ExperimentPlan.of(application, log, days, share);
        }
        PrintWriter out = spec().commandLine().getOut();
        if (format == Json.Format.json) {
            out.println(Json.text(plan));
        } else {
            out.printf(
                    Locale.ROOT,
                    "%,d %ss took part in the last %d days of the log%n",
                    plan.subjects(),
                    application.framing().subject(),
                    plan.days());
            out.printf(
                    "%-26s %12s %12s %20s %22s%n",
                    "metric", "mean", "deviation", "change it finds", "subjects to find 1%");
            for (ExperimentPlan.Line line : plan.lines()) {
                out.printf(
                        Locale.ROOT,
                        "%-26s %12.4f %12.4f %19.2f%% %,22d%n",
                        line.metric(),
                        line.mean(),
                        line.deviation(),
                        100 * line.detectable(),
                        line.subjectsForOne());
            }
        }
        out.flush();
        return 0;
    }

    @Command(name = "stop", mixinStandardHelpOptions = true, description = "Ends an experiment.")
    int stop(
            @Mixin ApplicationOptions options,
            @Parameters(index = "1", paramLabel = "NAME", description = "Of the experiment.") String name) {
        options.registry().experiments().stop(name, System.currentTimeMillis());
        spec().commandLine().getOut().printf("%s has ended%n", name);
        return 0;
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists experiments, the oldest first.")
    int list(@Mixin ApplicationOptions options) {
        PrintWriter out = spec().commandLine().getOut();
        Experiments experiments = options.registry().experiments();
        out.printf("%-24s %-8s %-10s %6s  %-19s  %s%n", "experiment", "state", "layer", "share", "started", "arms");
        for (Experiment experiment : experiments.all()) {
            out.printf(
                    Locale.ROOT,
                    "%-24s %-8s %-10s %5.0f%%  %-19s  %s%n",
                    experiment.name(),
                    experiment.isRunning() ? "running" : "ended",
                    experiment.layer(),
                    100 * experiment.share(),
                    Instant.ofEpochMilli(experiment.startedMillis()).toString().substring(0, 19),
                    experiment.arms().stream().map(ExperimentCommand::text).collect(Collectors.joining("; ")));
        }
        out.flush();
        return 0;
    }

    private static String text(Experiment.Arm arm) {
        var changes = new ArrayList<String>();
        arm.versionOf().ifPresent(version -> changes.add("version=v" + version));
        if (arm.size() != 1) {
            changes.add("size=" + arm.size());
        }
        arm.changes().forEach((path, value) -> changes.add(path + "=" + value));
        return changes.isEmpty() ? arm.name() : arm.name() + ": " + String.join(", ", changes);
    }

    @Command(
            name = "report",
            mixinStandardHelpOptions = true,
            description = "Says what an experiment has come to, with intervals that hold however often one looks.")
    int report(
            @Mixin ApplicationOptions options,
            @Parameters(index = "1", paramLabel = "NAME", description = "Of the experiment.") String name,
            @Option(names = "--format", defaultValue = "table", description = "table or json.") Json.Format format) {
        FeedApplication application = options.application();
        Experiment experiment = options.registry().experiments().named(name);
        if (experiment.isInterleaved()) {
            return interleaved(options, application, experiment, format);
        }
        ExperimentReport report;
        try (EventLog log = EventLog.readOnly(options.state().resolve("log"), application)) {
            report = ExperimentReport.of(application, log, experiment);
        }
        PrintWriter out = spec().commandLine().getOut();
        if (format == Json.Format.json) {
            out.println(Json.text(report));
        } else {
            print(report, experiment, out);
        }
        out.flush();
        return 0;
    }

    private int interleaved(
            ApplicationOptions options, FeedApplication application, Experiment experiment, Json.Format format) {
        InterleavingReport report;
        try (EventLog log = EventLog.readOnly(options.state().resolve("log"), application)) {
            report = InterleavingReport.of(application, log, experiment);
        }
        PrintWriter out = spec().commandLine().getOut();
        if (format == Json.Format.json) {
            out.println(Json.text(report));
        } else {
            out.printf(
                    Locale.ROOT,
                    "%s, %s, interleaved: %,d answers; taken of the picks of each: %s%n%s%n",
                    report.experiment(),
                    report.isRunning() ? "running" : "ended",
                    report.answers(),
                    report.takes(),
                    report.words());
        }
        out.flush();
        return 0;
    }

    private static void print(ExperimentReport report, Experiment experiment, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%s, %s; subjects: %s (p = %.3f that they are split as was meant)%n",
                report.experiment(),
                report.isRunning() ? "running" : "ended",
                report.subjects(),
                report.sampleRatio());
        out.printf(
                "%-24s %-12s %12s %12s  %-34s %8s%n",
                "metric", "arm", experiment.arms().getFirst().name(), "arm", "change, valid at every look", "p, once");
        for (ExperimentReport.Metric metric : report.metrics()) {
            Comparison compared = metric.comparison();
            Comparison.Relative relative = compared.relative();
            out.printf(
                    Locale.ROOT,
                    "%-24s %-12s %12.4f %12.4f  %-34s %8.4f%n",
                    metric.name(),
                    metric.arm(),
                    compared.control(),
                    compared.treated(),
                    Double.isFinite(relative.value())
                            ? String.format(
                                    Locale.ROOT,
                                    "%+.2f%% [%+.2f%%, %+.2f%%]",
                                    100 * relative.value(),
                                    100 * relative.low(),
                                    100 * relative.high())
                            : "none in control",
                    compared.pValue());
        }
        report.verdicts().forEach((arm, verdict) -> out.printf("%s: %s%n", arm, verdict.words()));
    }
}
