package io.rankwright.cli;

import io.rankwright.spec.Application;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.SearchApplication;
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
        Application application = Application.read(folder);
        String what = switch (application) {
            case FeedApplication feed ->
                String.format(
                        "%d features (%d sequences), %d candidate sources, %d heads",
                        feed.features().size(),
                        feed.sequences().size(),
                        feed.model().retrieve().size(),
                        feed.model().rank().heads().size());
            case SearchApplication search ->
                String.format(
                        "%d features, words%s, %s",
                        search.features().size(),
                        search.model().dense().isPresent() ? " and meaning" : "",
                        search.model().rank().isPresent() ? "a ranker" : "no ranker");
            case ScoreApplication score ->
                String.format(
                        "%d features, %d labels, %d rules",
                        score.features().size(),
                        score.framing().labels().size(),
                        score.serving().policy().size());
        };
        spec.commandLine()
                .getOut()
                .printf(
                        "%s: right. %s, %d gates.%n",
                        application.name(),
                        what,
                        application.evaluation().gates().size());
        return 0;
    }
}
