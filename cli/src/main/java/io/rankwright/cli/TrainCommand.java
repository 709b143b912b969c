package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.MetricsTable;
import io.rankwright.registry.Canary;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import io.rankwright.spec.FeedApplication;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright train}: makes a new version, a candidate; which version is live stays as it is. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        description = "Trains a new version and judges it, also beside a server that runs; 'rankwright promote' lets it"
                + " serve.")
final class TrainCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Mixin
    private final TrainingOptions training = new TrainingOptions();

    @Option(
            names = "--canary",
            description = "If its gates let it pass, try it on a growing share of the subjects at once.")
    private boolean isTried;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Application application = options.anyApplication();
        try (Home home = Home.takeOrBeside(options.homeFolder(application))) {
            Version version = training.evaluate(application, options, home);
            PrintWriter out = spec.commandLine().getOut();
            MetricsTable.print(version, application, out);
            out.printf(
                    "%s is %s; 'rankwright promote %s %s' lets it serve%n",
                    version.name(), said(version), application.folder(), version.name());
            if (isTried && version.hasPassed() && version.stage() == Version.Stage.CANDIDATE) {
                tryOut(options.application(), version, out);
            }
            out.flush();
            return 0;
        }
    }

    private static String said(Version version) {
        return switch (version.stage()) {
            case LIVE -> "live: nothing has changed since it was made";
            case CANARY -> "tried already";
            case RETIRED -> "one that was live before";
            case CANDIDATE -> version.hasPassed() ? "a candidate" : "refused by its gates";
        };
    }

    private void tryOut(FeedApplication application, Version version, PrintWriter out) {
        Registry registry = options.registry();
        if (registry.live().isEmpty()) {
            registry.promote(version.id(), false, System.currentTimeMillis());
            out.printf("%s is live: there was none that it could be compared with%n", version.name());
            return;
        }
        Canary canary = registry.canaries()
                .start(version.id(), application.serving().canary(), false, System.currentTimeMillis());
        out.printf(
                Locale.ROOT,
                "%s answers the first %.3g%% of the %ss%n",
                version.name(),
                100 * canary.share(),
                application.framing().subject());
    }
}
