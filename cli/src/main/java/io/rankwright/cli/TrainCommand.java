package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.MetricsTable;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rankwright train}: makes a new version, a candidate; which version is live stays as it is. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        description = "Trains a new version and judges it; 'rankwright promote' lets it serve.")
final class TrainCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Mixin
    private final TrainingOptions training = new TrainingOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        Application application = options.application();
        try (Home home = Home.take(options.homeFolder(application))) {
            Version version = training.pipeline(application, options, home).evaluate();
            PrintWriter out = spec.commandLine().getOut();
            MetricsTable.print(version, application, out);
            out.printf(
                    "%s is %s; 'rankwright promote %s %s' lets it serve%n",
                    version.name(),
                    version.hasPassed() ? "a candidate" : "refused by its gates",
                    application.folder(),
                    version.name());
            out.flush();
            return 0;
        }
    }
}
