package io.rankwright.cli.pipeline;

import io.rankwright.registry.Registry;
import io.rankwright.registry.Retraining;
import io.rankwright.registry.Version;
import io.rankwright.serving.Engine;
import io.rankwright.serving.Monitor;
import io.rankwright.spec.RankwrightException;
import io.rankwright.spec.Serving;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Trains a new version beside the server, in a process of its own: on a schedule, and when the monitor raises an alarm. Its
 * gates decide whether it is tried; as a canary it comes to serve everyone, or is taken back. Each time is recorded.
 *
 * <p>Thread-safety: it works on one thread; {@link #close} may be called by any.
 */
public final class Retrainer implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(Retrainer.class.getName());

    private final Serving.Retrain when;
    private final Engine engine;
    private final List<String> command;
    private final Path output;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("retrain").factory());
    private String answered = "";
    private volatile Optional<Process> process = Optional.empty();

    private Retrainer(Serving.Retrain when, Engine engine, List<String> command, Path output) {
        this.when = when;
        this.engine = engine;
        this.command = command;
        this.output = output;
    }

    /**
     * Begins to look every second whether it is time.
     *
     * @param command that trains, and tries what it has made
     * @param output the file that what it says is appended to
     */
    public static Retrainer start(Serving.Retrain when, Engine engine, List<String> command, Path output) {
        var retrainer = new Retrainer(when, engine, List.copyOf(command), output);
        var _ = retrainer.thread.scheduleWithFixedDelay(retrainer::look, 1, 1, TimeUnit.SECONDS);
        return retrainer;
    }

    private void look() {
        try {
            if (engine.canary().isEmpty()) {
                Optional<String> reason = reason(System.currentTimeMillis());
                if (reason.isPresent()) {
                    train(reason.get());
                }
            }
        } catch (RankwrightException | IOException e) {
            LOGGER.log(Level.WARNING, "no new version: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why it is time, if it is. The same alarm is answered once: if it stays, training did not help. */
    private Optional<String> reason(long nowMillis) {
        String alarms = when.isOnAlarm()
                ? engine.monitor().view().alarms().stream()
                        .map(Monitor.Alarm::of)
                        .collect(Collectors.joining(", "))
                : "";
        if (!alarms.isEmpty() && !alarms.equals(answered)) {
            answered = alarms;
            return Optional.of("alarm: " + alarms);
        }
        answered = alarms;
        long last = lastMillis(engine.registry());
        return nowMillis - last >= when.every().toMillis() ? Optional.of("schedule") : Optional.empty();
    }

    /** When a version was made, or tried to be made, last. */
    private static long lastMillis(Registry registry) {
        return Stream.concat(
                        registry.versions().stream()
                                .map(Version::createdAt)
                                .map(Instant::parse)
                                .map(Instant::toEpochMilli),
                        registry.retrainings().stream().map(Retraining::startedMillis))
                .mapToLong(Long::longValue)
                .max()
                .orElse(0);
    }

    private void train(String reason) throws IOException, InterruptedException {
        Retraining begun = Retraining.started(System.currentTimeMillis(), reason);
        engine.registry().keep(begun);
        LOGGER.log(Level.INFO, "trains a new version: {0}", reason);
        Files.createDirectories(output.getParent());
        Process training = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
        process = Optional.of(training);
        int exit = training.waitFor();
        process = Optional.empty();
        String how = exit == 0
                ? engine.registry().versions().getLast().name() + " "
                        + engine.registry().versions().getLast().stage().name().toLowerCase(Locale.ROOT)
                : "failed with exit code " + exit + ", see " + output.getFileName();
        engine.registry().keep(begun.ended(System.currentTimeMillis(), how));
        LOGGER.log(Level.INFO, "trained: {0}", how);
    }

    /** Stops; a training that runs is killed, and the next one goes on from its checkpoint. */
    @Override
    public void close() {
        thread.shutdownNow();
        process.ifPresent(Process::destroy);
    }
}
