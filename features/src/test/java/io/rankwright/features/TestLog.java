package io.rankwright.features;

import io.rankwright.log.DataRoot;
import io.rankwright.log.EventLog;
import io.rankwright.log.Ingestion;
import io.rankwright.log.Progress;
import io.rankwright.log.Simulator;
import io.rankwright.spec.Data;
import io.rankwright.spec.FeedApplication;
import java.nio.file.Path;
import java.util.Optional;

/** The flagship application on a log of its own: the real slice where it is found, or a small simulated one. */
record TestLog(FeedApplication application, DataRoot root, EventLog log) implements AutoCloseable {
    static TestLog simulated(Path folder, int users, int videos, int days, long seed) {
        FeedApplication application = FeedApplication.read(Path.of("../apps/video-feed"));
        Simulator.write(
                folder.resolve("data"), application, new Data.Simulation(users, videos, days, seed), Progress.SILENT);
        return open(folder, application, new DataRoot(folder.resolve("data"), true));
    }

    static TestLog realOrSimulated(Path folder) {
        FeedApplication application = FeedApplication.read(Path.of("../apps/video-feed"));
        Optional<DataRoot> real = DataRoot.find(
                application,
                application.eventGlobs(),
                Optional.empty(),
                Optional.ofNullable(System.getenv("RANKWRIGHT_DATA")).map(Path::of));
        System.out.println("data: " + (real.isPresent() ? "real" : "simulated"));
        return real.map(root -> open(folder, application, root)).orElseGet(() -> simulated(folder, 3000, 600, 6, 5));
    }

    private static TestLog open(Path folder, FeedApplication application, DataRoot root) {
        EventLog log = EventLog.open(folder.resolve("log"), application);
        new Ingestion(application, log, root, Progress.SILENT).run();
        return new TestLog(application, root, log);
    }

    @Override
    public void close() {
        log.close();
    }
}
