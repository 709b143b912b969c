package io.rankwright.cli;

import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.Pipeline;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.spec.Application;
import io.rankwright.spec.UserFault;
import io.rankwright.training.TrainingRun;
import io.rankwright.training.TrainingRun.Device;
import java.util.Locale;
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

    /** The pipeline of a command that trains, telling what it does on the error stream. */
    Pipeline pipeline(Application application, ApplicationOptions options, Home home) {
        return Pipeline.of(application, home, options.data(application), run(), Reporter.onErrorStream());
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
