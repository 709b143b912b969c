package io.rankwright.cli.pipeline;

import io.micrometer.core.instrument.MeterRegistry;
import io.rankwright.log.EventLog;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.serving.Engine;
import io.rankwright.serving.Slots;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.time.Clock;

/** The live version of an application, started in this process without a server. Closing it lets go of the folder. */
public final class LiveEngine implements AutoCloseable {
    private final Home home;
    private final Engine engine;
    private final Path state;
    private final Reporter reporter;

    private LiveEngine(Home home, Engine engine, Path state, Reporter reporter) {
        this.home = home;
        this.engine = engine;
        this.state = state;
        this.reporter = reporter;
    }

    /**
     * Starts it.
     *
     * @throws UserFault if no version is live
     * @throws io.rankwright.spec.EnvironmentFault if another process has the folder
     */
    public static LiveEngine open(
            FeedApplication application,
            Registry registry,
            Path folder,
            Path state,
            MeterRegistry meters,
            Reporter reporter) {
        Version live = registry.live()
                .orElseThrow(() -> new UserFault("no version is live; 'rankwright run' or 'promote' makes one"));
        Home home = Home.take(folder);
        try (Reporter.Step step = reporter.step("restore")) {
            Engine engine = Engine.start(
                    application,
                    EventLog.open(state.resolve("log"), application),
                    Slots.EMBEDDED,
                    registry,
                    live,
                    state,
                    live.lineage().data().equals("simulated"),
                    meters,
                    Clock.systemUTC(),
                    step);
            engine.follow();
            step.outcome(
                    "%s on %,d events of the log", live.name(), engine.log().size());
            return new LiveEngine(home, engine, state, reporter);
        } catch (RuntimeException e) {
            home.close();
            throw e;
        }
    }

    public Engine engine() {
        return engine;
    }

    /** Measures what it costs. */
    public Measured measure() {
        try (Reporter.Step step = reporter.step("measure")) {
            Measured measured = Measured.of(engine, state, TrainingTime.secondsPerMillion(state), step);
            step.outcome("%.2f ms of processor time a request", measured.requestCpuMillis());
            return measured;
        }
    }

    @Override
    public void close() {
        engine.close();
        home.close();
    }
}
