package io.rankwright.cli;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.cli.pipeline.GoldenAnswers;
import io.rankwright.cli.pipeline.GoldenAnswers.Answer;
import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.cli.pipeline.ScorePipeline;
import io.rankwright.cli.pipeline.ScoreSet;
import io.rankwright.cli.pipeline.SearchPipeline;
import io.rankwright.cli.pipeline.TaskPipeline;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.Progress;
import io.rankwright.registry.Version;
import io.rankwright.serving.Engine;
import io.rankwright.serving.FeedRequest;
import io.rankwright.serving.Slots;
import io.rankwright.serving.score.ScoreEngine;
import io.rankwright.serving.search.SearchEngine;
import io.rankwright.spec.Application;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright ci}: what must hold of file, data and model before a version may serve, as a report and an exit code. */
@Command(
        name = "ci",
        mixinStandardHelpOptions = true,
        description =
                "Checks the application file, its data against their contracts, that nothing looks ahead, the gates, and"
                        + " golden answers; ends with 1 if one of them fails.")
final class CiCommand implements Callable<Integer> {
    private static final String FILE = "golden.jsonl";
    private static final int DEPTH = 10;

    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(
            names = "--quarantined",
            paramLabel = "SHARE",
            description = "The greatest share of rows that may break their contract (default: ${DEFAULT-VALUE}).")
    private double mostQuarantined = 0.001;

    @Option(
            names = "--likeness",
            paramLabel = "SHARE",
            description =
                    "How much golden answers and those of today have in common on average (default: ${DEFAULT-VALUE}).")
    private double leastLikeness = 0.7;

    @Option(names = "--record", description = "Write the answers of today as the golden ones, instead of comparing.")
    private boolean isRecording;

    @Option(names = "--answers", paramLabel = "N", description = "How many to record (default: ${DEFAULT-VALUE}).")
    private int answers = 20;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** What one check said. */
    private record Check(String name, boolean hasPassed, String words) {}

    /** What was taken in, made and answered. */
    private record Outcome(Counts counts, Version version, GoldenAnswers answers) {}

    @Override
    public Integer call() {
        if (answers < 1 || mostQuarantined < 0 || leastLikeness < 0 || leastLikeness > 1) {
            throw new UserFault("--answers " + answers + " --quarantined " + mostQuarantined + " --likeness "
                    + leastLikeness + "; expected at least 1, and shares from 0 to 1");
        }
        Application application = options.anyApplication();
        Path file = application.folder().resolve(FILE);
        var reporter = Reporter.onErrorStream();
        Outcome outcome;
        try (Home home = Home.take(options.homeFolder(application))) {
            outcome = switch (application) {
                case FeedApplication feed -> feed(feed, home, reporter);
                case SearchApplication search -> search(search, home, reporter);
                case ScoreApplication score -> score(score, home, reporter);
            };
        }
        PrintWriter out = spec.commandLine().getOut();
        if (isRecording) {
            outcome.answers().write(file);
            out.printf(
                    "%d answers of %s in %s%n",
                    outcome.answers().answers().size(), outcome.version().name(), file);
            out.flush();
            return 0;
        }
        List<Check> checks = checks(application, outcome, file);
        for (Check check : checks) {
            out.printf("%-6s %-18s %s%n", check.hasPassed() ? "ok" : "FAILED", check.name(), check.words());
        }
        boolean hasPassed = checks.stream().allMatch(Check::hasPassed);
        out.printf(
                "%s of %s: %s%n",
                outcome.version().name(), application.name(), hasPassed ? "may serve" : "must not serve");
        out.flush();
        return hasPassed ? 0 : 1;
    }

    private List<Check> checks(Application application, Outcome outcome, Path file) {
        var checks = new ArrayList<Check>();
        checks.add(new Check("file", true, application.name() + " has no problem"));
        Counts counts = outcome.counts();
        double share = (double) counts.quarantined() / Math.max(1, counts.read());
        checks.add(new Check(
                "contracts",
                share <= mostQuarantined
                        && counts.read() == counts.accepted() + counts.duplicates() + counts.quarantined(),
                String.format(
                        Locale.ROOT,
                        "%,d rows read = %,d accepted + %,d duplicates + %,d quarantined (%.3f%%, at most %.3f%%)",
                        counts.read(),
                        counts.accepted(),
                        counts.duplicates(),
                        counts.quarantined(),
                        100 * share,
                        100 * mostQuarantined)));
        checks.add(new Check(
                "leakage",
                true,
                application instanceof FeedApplication
                        ? "rows recomputed from a log cut off just before them were equal when "
                                + outcome.version().name() + " was made"
                        : "what judges is in no file and no fold that teaches"));
        outcome.version()
                .gates()
                .forEach(gate -> checks.add(new Check("gate", gate.hasPassed(), gate.gate() + ": " + gate.values())));
        GoldenAnswers.Comparison compared = GoldenAnswers.read(file).compare(outcome.answers());
        checks.add(new Check(
                "golden answers",
                compared.mean() >= leastLikeness,
                String.format(
                        Locale.ROOT,
                        "%d answers alike by %.2f on average (at least %.2f), the least by %.2f: %s",
                        compared.count(),
                        compared.mean(),
                        leastLikeness,
                        compared.least(),
                        compared.worst().isEmpty() ? "all the same" : compared.worst())));
        return checks;
    }

    private Outcome feed(FeedApplication application, Home home, Reporter reporter) {
        Pipeline pipeline =
                Pipeline.of(application, home, options.data(application), TrainingRun.of(Pipeline.SEED), reporter);
        Pipeline.Prepared prepared = pipeline.run();
        try (Engine engine = Engine.start(
                application,
                prepared.log(),
                Slots.EMBEDDED,
                prepared.registry(),
                prepared.version(),
                pipeline.state(),
                pipeline.isSimulated(),
                new SimpleMeterRegistry(),
                Clock.systemUTC(),
                Progress.SILENT)) {
            var given = new LinkedHashMap<String, Answer>();
            long now = engine.log()
                            .lastTimeMillis(application.framing().exposure())
                            .orElse(0)
                    + 1;
            var subjects = engine.log().table(application.framing().subject());
            var ids = engine.log()
                    .dictionary()
                    .domain(Dictionary.idsOf(application.framing().subject()));
            for (int code : IntStream.range(1, subjects.capacity())
                    .filter(subjects::isKnown)
                    .limit(answers)
                    .toArray()) {
                var request = new FeedRequest(
                        ids.text(code),
                        DEPTH,
                        Optional.empty(),
                        Set.of(),
                        Map.of(),
                        List.of(),
                        OptionalLong.of(Pipeline.SEED),
                        false);
                given.put(
                        ids.text(code),
                        new Answer(
                                engine.slate(request, now).slots().stream()
                                        .map(slot -> slot.item())
                                        .toList(),
                                Map.of()));
            }
            return new Outcome(prepared.ingestion().total(), prepared.version(), new GoldenAnswers(given));
        }
    }

    private Outcome search(SearchApplication application, Home home, Reporter reporter) {
        SearchPipeline pipeline = options.pipeline(application, home, Pipeline.SEED, reporter);
        var prepared = pipeline.run();
        try (SearchEngine engine = SearchEngine.start(
                application,
                prepared.registry(),
                prepared.version(),
                pipeline.state(),
                pipeline.isSimulated(),
                prepared.data().hash(),
                SearchPipeline.filling(prepared.data(), Progress.SILENT),
                new SimpleMeterRegistry(),
                Clock.systemUTC())) {
            var given = new LinkedHashMap<String, Answer>();
            prepared.data().test().keySet().stream().limit(answers).forEach(query -> {
                String asked = prepared.data().queries().getOrDefault(query, "");
                given.put(asked, new Answer(engine.ids(asked, DEPTH), Map.of()));
            });
            return new Outcome(prepared.data().counts(), prepared.version(), new GoldenAnswers(given));
        }
    }

    private Outcome score(ScoreApplication application, Home home, Reporter reporter) {
        ScorePipeline pipeline = options.pipeline(application, home, Pipeline.SEED, reporter);
        TaskPipeline.Prepared<ScoreSet> prepared = pipeline.run();
        try (ScoreEngine engine = ScoreEngine.start(
                application,
                prepared.registry(),
                prepared.version(),
                pipeline.state(),
                pipeline.isSimulated(),
                new SimpleMeterRegistry(),
                Clock.systemUTC())) {
            var given = new LinkedHashMap<String, Answer>();
            for (int i = 0; i < Math.min(answers, prepared.data().sourced()); i++) {
                given.put(
                        prepared.data().ids().get(i),
                        new Answer(
                                List.of(),
                                engine.probabilities(prepared.data().cases().get(i))));
            }
            return new Outcome(prepared.data().counts(), prepared.version(), new GoldenAnswers(given));
        }
    }
}
