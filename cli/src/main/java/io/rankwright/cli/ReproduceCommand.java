package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.registry.Version;
import io.rankwright.spec.FeedApplication;
import io.rankwright.training.TrainingRun;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rankwright reproduce}: makes a version again from its lineage, and says whether the same came out. */
@Command(
        name = "reproduce",
        mixinStandardHelpOptions = true,
        description =
                "Makes a version again from the sources by its lineage, beside all that is there, and compares every"
                        + " file of it, bit for bit.")
final class ReproduceCommand implements Callable<Integer> {
    private static final int DIFFERENT = 1;

    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Parameters(index = "1", paramLabel = "VERSION", description = "The version, such as v3.")
    @SuppressWarnings("NullAway.Init")
    private String version;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        FeedApplication application = options.application();
        Version original = options.registry().version(Version.idOf(version));
        Version.Lineage lineage = original.lineage();
        var run = new TrainingRun(
                lineage.seed(),
                lineage.workers(),
                TrainingRun.Device.valueOf(lineage.device().toUpperCase(Locale.ROOT)));
        Version again;
        try (Home home = Home.take(options.homeFolder(application))) {
            again = Pipeline.of(application, home, options.data(application), run, Reporter.onErrorStream())
                    .reproduce(original);
        }
        return print(original, again);
    }

    private int print(Version original, Version again) {
        PrintWriter out = spec.commandLine().getOut();
        boolean isSame = print(
                out, "snapshot", original.lineage().snapshot(), again.lineage().snapshot());
        var names = new TreeSet<>(original.artefacts().keySet());
        names.addAll(again.artefacts().keySet());
        for (String name : names) {
            isSame &= print(
                    out,
                    name,
                    original.artefacts().getOrDefault(name, "none"),
                    again.artefacts().getOrDefault(name, "none"));
        }
        boolean isMeasuredSame = original.metrics().equals(again.metrics());
        out.printf("%-28s %s%n", "metrics", isMeasuredSame ? "the same" : "others");
        out.println(
                isSame && isMeasuredSame
                        ? original.name() + " is reproduced, bit for bit"
                        : original.name() + " is not reproduced");
        out.flush();
        return isSame && isMeasuredSame ? 0 : DIFFERENT;
    }

    private static boolean print(PrintWriter out, String name, String before, String now) {
        boolean isSame = before.equals(now);
        out.printf("%-28s %s %s%n", name, start(before), isSame ? "again" : "then, " + start(now) + " now");
        return isSame;
    }

    private static String start(String hash) {
        return hash.substring(0, Math.min(12, hash.length()));
    }
}
