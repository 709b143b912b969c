package io.rankwright.cli;

import io.rankwright.spec.FeedApplication;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rankwright check}: every problem of an application file, with place and remedy. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = "Checks an application file; prints every problem.")
final class CheckCommand implements Callable<Integer> {
    @Parameters(paramLabel = "APP", description = "The application's folder.")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        FeedApplication application = FeedApplication.read(folder);
        int sequences = application.sequences().size();
        spec.commandLine()
                .getOut()
                .printf(
                        "%s: right. %d features (%d sequences), %d candidate sources, %d heads, %d gates.%n",
                        application.name(),
                        application.features().size(),
                        sequences,
                        application.model().retrieve().size(),
                        application.model().rank().heads().size(),
                        application.evaluation().gates().size());
        return 0;
    }
}
