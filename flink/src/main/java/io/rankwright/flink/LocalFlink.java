package io.rankwright.flink;

import java.nio.file.Path;
import java.time.Duration;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Flink inside this process (a MiniCluster), with its checkpoints in a folder. */
final class LocalFlink {
    private LocalFlink() {}

    /**
     * An environment for one job.
     *
     * @param folder where checkpoints are written
     * @param interval how often; each writes all state
     */
    static StreamExecutionEnvironment environment(Path folder, Duration interval, int parallelism) {
        var configuration = new Configuration();
        configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, interval);
        configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
        configuration.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY,
                folder.toAbsolutePath().toUri().toString());
        return StreamExecutionEnvironment.createLocalEnvironment(parallelism, configuration);
    }
}
