package io.rankwright.cli;

import io.rankwright.registry.Shadow;
import io.rankwright.registry.Version;
import io.rankwright.spec.Units;
import io.rankwright.spec.UserFault;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rankwright shadow}: a version that answers beside the live one, unseen. */
@Command(
        name = "shadow",
        mixinStandardHelpOptions = true,
        description =
                "Lets a version answer a share of the subjects a second time, unseen; the Models page and /metrics say"
                        + " how its slates, scores and times compare.")
final class ShadowCommand extends CommandGroup {
    ShadowCommand() {
        super("start, list or stop, such as: rankwright shadow start APP v2");
    }

    @Command(
            name = "start",
            mixinStandardHelpOptions = true,
            description = "Lets a version answer unseen, also one that a gate has refused.")
    int start(
            @Mixin ApplicationOptions options,
            @Parameters(index = "1", paramLabel = "VERSION", description = "Such as v2.") String version,
            @Option(
                            names = "--share",
                            defaultValue = "10%",
                            description = "Of the subjects (default: ${DEFAULT-VALUE}).")
                    String share) {
        double wanted = Units.share(share)
                .orElseThrow(() -> new UserFault("--share " + share + "; expected a share such as 10%"));
        Shadow started = options.registry().shadows().start(Version.idOf(version), wanted, System.currentTimeMillis());
        spec().commandLine().getOut().printf(Locale.ROOT, "v%d answers %s, unseen%n", started.version(), text(started));
        return 0;
    }

    private static String text(Shadow shadow) {
        return CanaryCommand.percent(shadow.share()) + " of the subjects";
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists shadows, the oldest first.")
    int list(@Mixin ApplicationOptions options) {
        PrintWriter out = spec().commandLine().getOut();
        for (Shadow shadow : options.registry().shadows().all()) {
            out.printf(
                    "v%d: %s, %s, since %s%n",
                    shadow.version(),
                    shadow.isRunning() ? "runs" : "ended",
                    text(shadow),
                    Instant.ofEpochMilli(shadow.startedMillis()));
        }
        out.flush();
        return 0;
    }

    @Command(name = "stop", mixinStandardHelpOptions = true, description = "Ends the shadow.")
    int stop(@Mixin ApplicationOptions options) {
        Shadow stopped = options.registry().shadows().stop(System.currentTimeMillis());
        spec().commandLine().getOut().printf("v%d answers no more%n", stopped.version());
        return 0;
    }
}
