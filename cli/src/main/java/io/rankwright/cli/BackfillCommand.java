package io.rankwright.cli;

import io.rankwright.cli.pipeline.Backfill;
import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code rankwright backfill}: fills an online store with new features, while the server goes on. */
@Command(
        name = "backfill",
        mixinStandardHelpOptions = true,
        description = "Fills the online store with the features that it lacks, from history, beside a running server.")
final class BackfillCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Override
    public Integer call() {
        FeedApplication application = options.application();
        Path state = Home.state(options.homeFolder(application), options.isSimulated());
        try (EventLog log = options.log(application);
                OnlineStore store = options.store(state)
                        .orElseThrow(() -> new UserFault(
                                "no --store; expected the one that is to be filled, such as redis://HOST:PORT"))) {
            Backfill.of(application, log, store, Reporter.onErrorStream());
        }
        return 0;
    }
}
