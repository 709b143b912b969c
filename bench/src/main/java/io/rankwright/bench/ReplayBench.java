package io.rankwright.bench;

import io.rankwright.features.FeatureColumn;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.log.DataRoot;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Folder;
import io.rankwright.log.Ingestion;
import io.rankwright.log.Progress;
import io.rankwright.log.Simulator;
import io.rankwright.spec.Data;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * How many events a second a replay walks, reading each feature just before its event and applying it after, on a
 * simulated log; beside DuckDB computing the same sums and counts over the same events in memory.
 */
final class ReplayBench {
    private static final int RUNS = 5;
    /** The features of the home feed as the design sketches it: a window sum, a window rate, a sequence, categories. */
    private static final Set<String> SKETCH =
            Set.of("active_degree", "recent_videos", "watch_7d", "tag", "ctr_1d", "hour_of_day", "day_of_week", "tab");

    /** Features of the home feed that are sums and counts alone, each as DuckDB says it. */
    private static final Map<String, String> WINDOWS = new TreeMap<>(Map.of(
            "user_exposures", "count(*)" + over("usr", "UNBOUNDED"),
            "user_exposures_1h", "count(*)" + over("usr", "3600000"),
            "user_exposures_1d", "count(*)" + over("usr", "86400000"),
            "watch_7d", "sum(seconds)" + over("usr", "604800000"),
            "exposures", "count(*)" + over("video", "UNBOUNDED"),
            "exposures_1d", "count(*)" + over("video", "86400000"),
            "clicks_7d", "sum(click)" + over("video", "604800000")));

    private ReplayBench() {}

    private static String over(String by, String millis) {
        return " OVER (PARTITION BY " + by + " ORDER BY t RANGE BETWEEN " + millis + " PRECEDING AND 1 PRECEDING)";
    }

    static void run(Path folder, int events) throws IOException, SQLException {
        FeedApplication application = FeedApplication.read(folder);
        Path scratch = Files.createTempDirectory("rankwright-bench");
        try {
            // About ten events a user and twelve days.
            var settings = new Data.Simulation(Math.max(100, events / 13), Math.max(100, events / 60), 12, 7);
            Simulator.write(scratch.resolve("data"), application, settings, Progress.SILENT);
            try (EventLog log = EventLog.open(scratch.resolve("log"), application)) {
                new Ingestion(application, log, new DataRoot(scratch.resolve("data"), true), Progress.SILENT).run();
                System.out.printf("%,d events, best of %d runs%n", log.size(), RUNS);
                againstDuckDb(application, log);
                report("scan of the log alone", RUNS, log, () -> scan(log));
                FeedApplication sketch = application.with(application.features().stream()
                        .filter(feature -> SKETCH.contains(feature.name()))
                        .toList());
                report(
                        "replay, " + SKETCH.size() + " features of the design's sketch",
                        RUNS,
                        log,
                        () -> replay(sketch, log));
                report(
                        "replay, all " + application.features().size() + " features of the application",
                        1,
                        log,
                        () -> replay(application, log));
            }
        } finally {
            Folder.delete(scratch);
        }
    }

    private interface Pass {
        double run() throws SQLException;
    }

    private static void report(String what, int runs, EventLog log, Pass pass) throws SQLException {
        double best = Double.POSITIVE_INFINITY;
        double sink = 0;
        for (int run = 0; run < runs; run++) {
            long start = System.nanoTime();
            sink += pass.run();
            best = Math.min(best, (System.nanoTime() - start) / 1e9);
        }
        print(what + " (checksum " + Math.round(sink) + ")", log.size() / best);
    }

    private static void print(String what, double rate) {
        System.out.printf("%-72s %,12.0f events/s%n", what, rate);
    }

    private static double scan(EventLog log) {
        double sum = 0;
        try (EventCursor cursor = log.read("watch")) {
            while (cursor.next()) {
                sum += cursor.offset();
            }
        }
        return sum;
    }

    private static double replay(FeedApplication application, EventLog log) {
        double[] sum = new double[1];
        var state = new FeatureState(application, log.catalog());
        try (EventCursor cursor = log.read("watch")) {
            Replay.run(cursor, state, (_, row, _) -> sum[0] += row[row.length - 1]);
        }
        return sum[0];
    }

    /** The same sums and counts by a replay and by DuckDB, in turn; both must come to the same. */
    private static void againstDuckDb(FeedApplication application, EventLog log) throws SQLException {
        FeedApplication same = application.with(application.features().stream()
                .filter(feature -> WINDOWS.containsKey(feature.name()))
                .toList());
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            load(connection, statement, log);
            double[] bests = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
            for (int run = 0; run < RUNS; run++) {
                long start = System.nanoTime();
                double ours = sums(same, log);
                long middle = System.nanoTime();
                double theirs = query(statement);
                long end = System.nanoTime();
                if (Math.abs(ours - theirs) > 1e-9 * Math.abs(theirs)) {
                    throw new InternalFault("the replay sums to " + ours + ", DuckDB to " + theirs);
                }
                bests[0] = Math.min(bests[0], (middle - start) / 1e9);
                bests[1] = Math.min(bests[1], (end - middle) / 1e9);
            }
            print("the same " + WINDOWS.size() + " sums and counts: replay from the log", log.size() / bests[0]);
            print("the same " + WINDOWS.size() + " sums and counts: DuckDB, events in memory", log.size() / bests[1]);
        }
    }

    private static double sums(FeedApplication application, EventLog log) {
        double[] sum = new double[1];
        var state = new FeatureState(application, log.catalog());
        List<String> names = state.columns().stream().map(FeatureColumn::name).toList();
        int[] places = WINDOWS.keySet().stream().mapToInt(names::indexOf).toArray();
        try (EventCursor cursor = log.read("watch")) {
            Replay.run(cursor, state, (_, row, _) -> {
                for (int place : places) {
                    sum[0] += row[place];
                }
            });
        }
        return sum[0];
    }

    private static void load(Connection connection, Statement statement, EventLog log) throws SQLException {
        statement.execute("CREATE TABLE e (t BIGINT, usr INTEGER, video INTEGER, click DOUBLE, seconds DOUBLE)");
        int user = log.schema("watch").codeIndex("user_id").orElseThrow();
        int video = log.schema("watch").codeIndex("video_id").orElseThrow();
        int play = log.schema("watch").number("play_time_ms");
        int seconds = log.schema("watch").number("watch_seconds");
        try (EventCursor cursor = log.read("watch");
                DuckDBAppender appender =
                        connection.unwrap(DuckDBConnection.class).createAppender("main", "e")) {
            while (cursor.next()) {
                appender.beginRow();
                appender.append(cursor.timeMillis());
                appender.append(cursor.codes()[user]);
                appender.append(cursor.codes()[video]);
                appender.append(cursor.numbers()[play] > 5000 ? 1.0 : 0.0);
                appender.append(cursor.numbers()[seconds]);
                appender.endRow();
            }
        }
    }

    private static double query(Statement statement) throws SQLException {
        var columns = new ArrayList<String>();
        WINDOWS.forEach((name, window) -> columns.add(window + " AS " + name));
        String total = WINDOWS.keySet().stream()
                .map(name -> "coalesce(sum(" + name + "), 0)")
                .collect(Collectors.joining(" + "));
        try (var rows = statement.executeQuery(
                "SELECT " + total + " FROM (SELECT " + String.join(", ", columns) + " FROM e)")) {
            rows.next();
            return rows.getDouble(1);
        }
    }
}
