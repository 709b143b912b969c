package io.rankwright.bench;

import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.log.DataRoot;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Ingestion;
import io.rankwright.log.Progress;
import io.rankwright.log.Simulator;
import io.rankwright.spec.Application;
import io.rankwright.spec.Data;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * How many events a second a replay walks, reading each feature just before its event and applying it after, on a
 * simulated log; beside DuckDB computing one sliding window over the same events in memory.
 */
final class ReplayBench {
    private static final int RUNS = 5;
    /** The features of the home feed as the design sketches it: a window sum, a window rate, a sequence, categories. */
    private static final Set<String> SKETCH =
            Set.of("active_degree", "recent_videos", "watch_7d", "tag", "ctr_1d", "hour_of_day", "day_of_week", "tab");

    private ReplayBench() {}

    static void run(Path folder, int events) throws IOException, SQLException {
        Application application = Application.read(folder);
        Path scratch = Files.createTempDirectory("rankwright-bench");
        try {
            // About ten events a user and twelve days.
            var settings = new Data.Simulation(Math.max(100, events / 13), Math.max(100, events / 60), 12, 7);
            Simulator.write(scratch.resolve("data"), application, settings, Progress.SILENT);
            try (EventLog log = EventLog.open(scratch.resolve("log"), application)) {
                new Ingestion(application, log, new DataRoot(scratch.resolve("data"), true), Progress.SILENT).run();
                System.out.printf("%,d events, best of %d runs%n", log.size(), RUNS);
                report("scan of the log alone", log, () -> scan(log));
                Application sketch = with(application, SKETCH);
                report("replay, " + SKETCH.size() + " features of the design's sketch", log, () -> replay(sketch, log));
                report(
                        "replay, all " + application.features().size() + " features of the application",
                        log,
                        () -> replay(application, log));
                duckDb(log);
            }
        } finally {
            try (Stream<Path> files = Files.walk(scratch)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static Application with(Application application, Set<String> names) {
        return new Application(
                application.name(),
                application.folder(),
                application.hash(),
                application.requirements(),
                application.framing(),
                application.data(),
                application.features().stream()
                        .filter(feature -> names.contains(feature.name()))
                        .toList(),
                application.model(),
                application.evaluation(),
                application.serving());
    }

    private interface Pass {
        double run() throws SQLException;
    }

    private static void report(String what, EventLog log, Pass pass) throws SQLException {
        double best = Double.POSITIVE_INFINITY;
        double sink = 0;
        for (int run = 0; run < RUNS; run++) {
            long start = System.nanoTime();
            sink += pass.run();
            best = Math.min(best, (System.nanoTime() - start) / 1e9);
        }
        System.out.printf("%-62s %,12.0f events/s (checksum %.3f)%n", what, log.size() / best, sink);
    }

    private static double scan(EventLog log) {
        double sum = 0;
        try (EventCursor cursor = log.read("watch")) {
            while (cursor.next()) {
                sum += cursor.numbers()[0];
            }
        }
        return sum;
    }

    private static double replay(Application application, EventLog log) {
        double[] sum = new double[1];
        var state = new FeatureState(application, log);
        try (EventCursor cursor = log.read("watch")) {
            Replay.run(cursor, state, (_, row, _) -> sum[0] += row[row.length - 1]);
        }
        return sum[0];
    }

    private static void duckDb(EventLog log) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE e (t BIGINT, video INTEGER, click DOUBLE)");
            int video = log.schema("watch").codeIndex("video_id").orElseThrow();
            int play = log.schema("watch").number("play_time_ms");
            try (EventCursor cursor = log.read("watch");
                    DuckDBAppender appender =
                            connection.unwrap(DuckDBConnection.class).createAppender("main", "e")) {
                while (cursor.next()) {
                    appender.beginRow();
                    appender.append(cursor.timeMillis());
                    appender.append(cursor.codes()[video]);
                    appender.append(cursor.numbers()[play] > 5000 ? 1.0 : 0.0);
                    appender.endRow();
                }
            }
            var sums = new ArrayList<Double>();
            report("DuckDB, one sliding day per video, sum and count, all cores", log, () -> {
                try (var rows = statement.executeQuery("SELECT sum(s) + sum(n) FROM (SELECT sum(click) OVER w AS s,"
                        + " count(*) OVER w AS n FROM e WINDOW w AS (PARTITION BY video ORDER BY t"
                        + " RANGE BETWEEN 86400000 PRECEDING AND 1 PRECEDING))")) {
                    rows.next();
                    sums.add(rows.getDouble(1));
                    return sums.getLast();
                }
            });
        }
    }
}
