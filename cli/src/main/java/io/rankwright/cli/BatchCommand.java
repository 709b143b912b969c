package io.rankwright.cli;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.cli.pipeline.BatchRanking;
import io.rankwright.cli.pipeline.LiveEngine;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.serving.Engine;
import io.rankwright.serving.FeedRequest;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rankwright batch}: the slates of all known subjects in one file, by the cascade that serves. */
@Command(
        name = "batch",
        mixinStandardHelpOptions = true,
        description =
                "Ranks for every known user by the live version, into a Parquet file; a run that was killed goes on"
                        + " where it was.")
final class BatchCommand implements Callable<Integer> {
    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "The Parquet file to write.")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(
            names = "--at",
            paramLabel = "MILLIS",
            description = "The moment at which everybody asks (default: just behind the last event).")
    private @Nullable Long at;

    @Option(names = "--seed", description = "What exploration draws from (default: ${DEFAULT-VALUE}).")
    private long seed = 7;

    @Option(names = "--slots", description = "Items a slate (default: serving.slots).")
    private @Nullable Integer slots;

    @Override
    public Integer call() {
        FeedApplication application = options.application();
        int size = slots == null ? application.serving().slots() : slots;
        if (size < 1 || size > FeedRequest.MOST_SLOTS) {
            throw new UserFault("--slots " + size + "; expected 1 to " + FeedRequest.MOST_SLOTS);
        }
        var reporter = Reporter.onErrorStream();
        try (LiveEngine live = LiveEngine.open(
                application,
                options.registry(),
                options.homeFolder(application),
                options.state(),
                new SimpleMeterRegistry(),
                reporter)) {
            Engine engine = live.engine();
            long now = at == null
                    ? engine.log()
                                    .lastTimeMillis(application.framing().exposure())
                                    .orElse(0)
                            + 1
                    : at;
            try (Reporter.Step step = reporter.step("rank")) {
                long start = System.nanoTime();
                int count = new BatchRanking(engine, now, seed, size).write(out.toAbsolutePath(), step);
                step.outcome(
                        "%,d slates of %d by %s into %s, %,.0f users/s",
                        count,
                        size,
                        engine.models().version().name(),
                        out,
                        count / ((System.nanoTime() - start) / 1e9));
            }
        }
        return 0;
    }
}
