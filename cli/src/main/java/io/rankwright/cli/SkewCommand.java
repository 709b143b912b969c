package io.rankwright.cli;

import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.cli.pipeline.Skew;
import io.rankwright.log.EventLog;
import io.rankwright.models.Ranker;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Units;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright skew}: whether answers were served with the features that a training would see. */
@Command(
        name = "skew",
        mixinStandardHelpOptions = true,
        description =
                "Computes the vectors that some answers were served with again, from the log, and compares every bit;"
                        + " beside a running server. Exit code 1 if fewer than 99.99%% are the same.")
final class SkewCommand implements Callable<Integer> {
    private static final double LEAST = 0.9999;
    private static final int SHOWN = 10;

    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(names = "--of", paramLabel = "VERSION", description = "Whose answers, such as v2 (default: the live one).")
    private @Nullable String version;

    @Option(names = "--share", defaultValue = "1%", description = "Of its answers (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String share;

    @Option(names = "--format", defaultValue = "table", description = "table or json.")
    @SuppressWarnings("NullAway.Init")
    private Json.Format format;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        double wanted = Units.share(share)
                .filter(one -> one > 0)
                .orElseThrow(() -> new UserFault("--share " + share + "; expected a share above 0, such as 1%"));
        FeedApplication application = options.application();
        Registry registry = options.registry();
        Version looked = version == null
                ? registry.live().orElseThrow(() -> new UserFault("no version is live; expected --of"))
                : registry.version(Version.idOf(version));
        Skew skew;
        try (EventLog log = EventLog.readOnly(options.state().resolve("log"), application);
                Ranker ranker = Ranker.of(
                        registry.model(Objects.requireNonNull(looked.artefacts().get("ranker"))));
                Reporter.Step step = Reporter.onErrorStream().step("skew")) {
            skew = Skew.of(application, log, looked.name(), ranker, wanted, step);
            step.outcome("%,d answers, %,d vectors", skew.answers(), skew.vectors());
        }
        if (skew.vectors() == 0) {
            throw new EnvironmentFault(
                    "none of " + looked.name()
                            + "'s answers can be compared; expected more of them, a greater --share, and features in memory",
                    true);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (format == Json.Format.json) {
            out.println(Json.text(Map.of("skew", skew, "match", skew.match())));
        } else {
            out.printf(
                    Locale.ROOT,
                    "%s: %.4f%% of %,d vectors in %,d answers are what the log gives; %,d more answers were read while events"
                            + " were on their way%n",
                    skew.version(),
                    100 * skew.match(),
                    skew.vectors(),
                    skew.answers(),
                    skew.unsure());
            skew.different().entrySet().stream()
                    .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                    .limit(SHOWN)
                    .forEach(entry ->
                            out.printf(Locale.ROOT, "  %-24s differs in %,d%n", entry.getKey(), entry.getValue()));
        }
        out.flush();
        return skew.match() < LEAST ? 1 : 0;
    }
}
