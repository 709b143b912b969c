package io.rankwright.cli;

import io.rankwright.registry.Canary;
import io.rankwright.registry.Version;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Serving;
import io.rankwright.spec.Units;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rankwright canary}: a new version for a growing share of the subjects, taken back by itself if it does harm. */
@Command(
        name = "canary",
        mixinStandardHelpOptions = true,
        description =
                "Tries a version on a growing share of the subjects; the running server widens it, or takes it back.")
final class CanaryCommand extends CommandGroup {
    CanaryCommand() {
        super("start, list or stop, such as: rankwright canary start APP v2");
    }

    @Command(
            name = "start",
            mixinStandardHelpOptions = true,
            description = "Lets a version answer the first share of the subjects.")
    int start(
            @Mixin ApplicationOptions options,
            @Parameters(index = "1", paramLabel = "VERSION", description = "Such as v2.") String version,
            @Option(
                            names = "--steps",
                            split = ",",
                            paramLabel = "SHARE",
                            description = "Such as 1%%,5%%,25%% (default: serving.canary.steps).")
                    @Nullable
                    List<String> steps,
            @Option(
                            names = "--hold",
                            paramLabel = "DURATION",
                            description = "How long each share is held at least (default: serving.canary.hold).")
                    @Nullable
                    String hold,
            @Option(names = "--force", description = "Try it even if a gate has refused it.") boolean isForced) {
        FeedApplication application = options.application();
        Serving.Canary usual = application.serving().canary();
        Serving.Canary wanted = new Serving.Canary(
                steps == null ? usual.steps() : shares(steps), hold == null ? usual.hold() : duration(hold));
        Canary started = options.registry()
                .canaries()
                .start(Version.idOf(version), wanted, isForced, System.currentTimeMillis());
        spec().commandLine()
                .getOut()
                .printf(
                        Locale.ROOT,
                        "v%d answers %s of the %ss; then %s, each held for %s at least, then everyone%n",
                        started.version(),
                        percent(started.share()),
                        application.framing().subject(),
                        started.shares().stream()
                                .skip(1)
                                .map(CanaryCommand::percent)
                                .collect(Collectors.joining(", ")),
                        wanted.hold().toString().substring(2).toLowerCase(Locale.ROOT));
        return 0;
    }

    private static List<Double> shares(List<String> texts) {
        var shares = new ArrayList<Double>();
        for (String text : texts) {
            double share = Units.share(text).orElse(Double.NaN);
            if (!(share > (shares.isEmpty() ? 0 : shares.getLast()) && share < 1)) {
                throw new UserFault(
                        "--steps " + String.join(",", texts) + "; expected shares that rise, such as 1%,5%,25%");
            }
            shares.add(share);
        }
        return shares;
    }

    private static Duration duration(String text) {
        return Units.duration(text)
                .orElseThrow(() -> new UserFault("--hold " + text + "; expected a duration such as 30m"));
    }

    static String percent(double share) {
        return String.format(Locale.ROOT, "%.4g%%", 100 * share).replaceFirst("\\.?0+%", "%");
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists canaries, and what became of them.")
    int list(@Mixin ApplicationOptions options) {
        PrintWriter out = spec().commandLine().getOut();
        for (Canary canary : options.registry().canaries().all()) {
            out.printf(
                    "v%d: %s%n",
                    canary.version(),
                    canary.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '));
            canary.entries()
                    .forEach(entry -> out.printf(
                            "  %s  %5s  %s%n",
                            Instant.ofEpochMilli(entry.millis()), percent(entry.share()), entry.words()));
        }
        out.flush();
        return 0;
    }

    @Command(
            name = "stop",
            mixinStandardHelpOptions = true,
            description = "Ends the canary; the live version answers everyone.")
    int stop(@Mixin ApplicationOptions options) {
        Canary stopped = options.registry().canaries().stop(System.currentTimeMillis());
        spec().commandLine().getOut().printf("v%d is tried no more%n", stopped.version());
        return 0;
    }
}
