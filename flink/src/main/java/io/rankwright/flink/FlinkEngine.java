package io.rankwright.flink;

import io.rankwright.features.store.OnlineStore;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.EventLog;
import io.rankwright.log.Folder;
import io.rankwright.log.Position;
import io.rankwright.log.Progress;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import io.rankwright.training.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Flink inside this process: writes snapshots by a batch job, and keeps an online store by a streaming job while it is
 * open. Used by one thread.
 */
public final class FlinkEngine implements AutoCloseable {
    private static final String CONSUMER = "flink";
    private static final Duration CHECKPOINTS = Duration.ofSeconds(2);
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private final JobClient job;
    private final ArrivalLog arrivals;
    private final Position history;
    private final List<String> addresses;

    private FlinkEngine(JobClient job, ArrivalLog arrivals, Position history, List<String> addresses) {
        this.job = job;
        this.arrivals = arrivals;
        this.history = history;
        this.addresses = addresses;
    }

    /** Does what {@link Snapshot#write} does, as a batch job. */
    public static Snapshot snapshot(
            Path folder, FeedApplication application, EventLog log, Snapshot.Manifest inputs, Progress progress) {
        return snapshot(
                folder, application, log, log.arrivals(application.framing().exposure()), inputs, progress);
    }

    /** The same of what arrived elsewhere than in the log, which knows the entities. */
    static Snapshot snapshot(
            Path folder,
            FeedApplication application,
            EventLog log,
            ArrivalLog arrivals,
            Snapshot.Manifest inputs,
            Progress progress) {
        Path scratch = folder.resolve(inputs.key() + ".flink");
        String source = Handles.address(arrivals);
        try {
            Folder.delete(scratch);
            Path bundle = scratch.resolve("bundle.zip");
            Bundle.write(bundle, application, log);
            StreamExecutionEnvironment environment =
                    LocalFlink.environment(scratch.resolve("checkpoints"), Duration.ofDays(1), CORES);
            String parts = scratch.resolve("parts").toUri().toString();
            environment.setRuntimeMode(RuntimeExecutionMode.BATCH);
            DataSetJob.describe(
                    source(application, log, source, arrivals, Optional.of(arrivals.end()), Long.MAX_VALUE).stream(
                            environment, DataSetJob.TIMES),
                    bundle.toUri().toString(),
                    Snapshot.days(application, inputs),
                    parts);
            progress.at(0, log.size(), "events");
            execute(environment);
            progress.at(log.size(), log.size(), "events");
            Parts.declareWhole(parts, inputs);
            try {
                return Parts.collect(parts, folder, application, log, inputs);
            } finally {
                Folder.delete(scratch);
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not write to " + scratch + ": " + e.getMessage(), true, e);
        } finally {
            Handles.forget(source);
        }
    }

    private static void execute(StreamExecutionEnvironment environment) {
        try {
            environment.execute("rankwright data set");
        } catch (Exception e) {
            throw new InternalFault("the Flink job failed: " + e.getMessage(), e);
        }
    }

    /**
     * Starts the streaming job over the log of this process; history first, then what arrives.
     *
     * @param folder for its bundle and its checkpoints
     */
    public static FlinkEngine start(FeedApplication application, EventLog log, OnlineStore store, Path folder) {
        ArrivalLog arrivals = log.arrivals(application.framing().exposure());
        String source = Handles.address(arrivals);
        String sink = Handles.address(store);
        try {
            Folder.delete(folder);
            Path bundle = folder.resolve("bundle.zip");
            Bundle.write(bundle, application, log);
            // The job begins with an empty state, and so with the first event.
            arrivals.commit(CONSUMER, arrivals.beginning());
            Position history = arrivals.end();
            StreamExecutionEnvironment environment =
                    LocalFlink.environment(folder.resolve("checkpoints"), CHECKPOINTS, CORES);
            FeatureJob.describe(
                    source(application, log, source, arrivals, Optional.empty(), history.offsets()[0]).stream(
                            environment, FeatureJob.watermarks(application)),
                    bundle.toUri().toString(),
                    sink);
            return new FlinkEngine(
                    environment.executeAsync("rankwright features"), arrivals, history, List.of(source, sink));
        } catch (IOException e) {
            throw new EnvironmentFault("could not write to " + folder + ": " + e.getMessage(), true, e);
        } catch (Exception e) {
            throw new InternalFault("the Flink job did not start: " + e.getMessage(), e);
        }
    }

    private static ArrivalSource source(
            FeedApplication application,
            EventLog log,
            String address,
            ArrivalLog arrivals,
            Optional<Position> to,
            long liveFrom) {
        return new ArrivalSource(
                address,
                log.schema(application.framing().exposure()).contract(),
                arrivals.beginning(),
                to,
                CONSUMER,
                liveFrom);
    }

    /** Waits until all that was in the log at the start is in the store; the answer is the offset behind it. */
    public long awaitHistory(Progress progress) {
        long end = history.offsets()[0];
        try {
            while (true) {
                Position reached = arrivals.committed(CONSUMER).orElseThrow();
                if (reached.hasReached(history)) {
                    return end;
                }
                if (job.getJobStatus().get().isTerminalState()) {
                    job.getJobExecutionResult().get();
                    throw new InternalFault("the Flink job has ended");
                }
                progress.at(reached.offsets()[0], end, "arrivals");
                TimeUnit.MILLISECONDS.sleep(50);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EnvironmentFault("interrupted", true, e);
        } catch (ExecutionException e) {
            throw new InternalFault("the Flink job failed: " + e.getCause(), e);
        }
    }

    @Override
    public void close() {
        try {
            job.cancel().get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException _) {
            // It ends with this process.
        }
        addresses.forEach(Handles::forget);
    }
}
