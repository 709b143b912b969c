package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.flink.Parts;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.TrainingRun;
import io.rankwright.training.TrainingRun.Device;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a training depends on beside the application and its data. */
final class TrainingOptions {
    @Option(names = "--seed", description = "Of everything that is drawn at random (default: ${DEFAULT-VALUE}).")
    private long seed = Pipeline.SEED;

    @Option(
            names = "--workers",
            description =
                    "Threads that learn side by side (default: as many as there are cores). The same seed gives the"
                            + " same model for the same number of workers.")
    private int workers = Runtime.getRuntime().availableProcessors();

    @Option(names = "--device", description = "What networks are computed on: cpu (default) or gpu.")
    private String device = "cpu";

    @Option(
            names = "--parts",
            paramLabel = "ADDRESS",
            description = "Where a Flink job has written the parts of the snapshot (default: a replay computes it).")
    private @Nullable String parts;

    @Option(
            names = "--fresh",
            description =
                    "Learn from the events that were posted, too, up to the last whole day (default: from the files; from"
                            + " a log elsewhere, from all that arrived).")
    private boolean isFresh;

    /** Runs every step of an application up to the metrics of a version, whatever its task. */
    Version evaluate(Application application, ApplicationOptions options, Home home) {
        return switch (application) {
            case FeedApplication feed -> pipeline(feed, options, home).evaluate();
            case SearchApplication search ->
                options.pipeline(search, home, seed, Reporter.onErrorStream()).evaluate();
            case ScoreApplication score ->
                options.pipeline(score, home, seed, Reporter.onErrorStream()).evaluate();
        };
    }

    /** The pipeline of a command that trains, telling what it does on the error stream. */
    Pipeline pipeline(FeedApplication application, ApplicationOptions options, Home home) {
        Pipeline.DataChoice data = isFresh ? options.data(application).fresh() : options.data(application);
        String address = parts;
        return Pipeline.of(
                application,
                home,
                address == null
                        ? data
                        : data.with((folder, of, log, inputs, _) -> Parts.collect(address, folder, of, log, inputs)),
                run(),
                Reporter.onErrorStream());
    }

    private TrainingRun run() {
        if (workers < 1) {
            throw new UserFault("--workers " + workers + "; expected at least 1");
        }
        return new TrainingRun(
                seed,
                workers,
                switch (device.toLowerCase(Locale.ROOT)) {
                    case "cpu" -> Device.CPU;
                    case "gpu" -> Device.GPU;
                    default -> throw new UserFault("--device " + device + "; expected cpu or gpu");
                });
    }
}
