package io.rankwright.flink;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.dev.Faults;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.features.store.DiskStore;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.StoreReader;
import io.rankwright.log.Arrival;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.DataRoot;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Ingestion;
import io.rankwright.log.Progress;
import io.rankwright.log.Simulator;
import io.rankwright.spec.Data;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.Snapshot;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Features by replay, by the server and by Flink are the same, value for value. */
@Timeout(300)
class FeatureJobTest {
    private static final FeedApplication APPLICATION = FeedApplication.read(Path.of("../apps/video-feed"));

    @TempDir
    Path folder;

    private EventLog log(Data.Simulation settings) {
        Simulator.write(folder.resolve("data"), APPLICATION, settings, Progress.SILENT);
        EventLog log = EventLog.open(folder.resolve("log"), APPLICATION);
        new Ingestion(APPLICATION, log, new DataRoot(folder.resolve("data"), true), Progress.SILENT).run();
        return log;
    }

    private static List<Arrival.Happened> events(EventLog log) {
        var events = new ArrayList<Arrival.Happened>();
        try (EventCursor cursor = log.read("watch")) {
            while (cursor.next()) {
                Map<String, String> texts = log.catalog().texts("watch", cursor.event());
                events.add(log.catalog().happened("watch", texts));
            }
        }
        return events;
    }

    private StreamExecutionEnvironment environment(EventLog log) {
        // A checkpoint writes all state: often where there is little of it.
        Duration interval = log.size() < 10_000 ? Duration.ofMillis(200) : Duration.ofSeconds(10);
        return LocalFlink.environment(folder.resolve("checkpoints"), interval, 2);
    }

    private static Snapshot.Manifest inputs(EventLog log) {
        long last = log.lastTimeMillis("watch").orElseThrow();
        String lastDay = Snapshot.lastDay(APPLICATION, last).toString();
        return new Snapshot.Manifest("key", "", "", "", "", "", 0, lastDay, last + 1, List.of());
    }

    private JobExecutionResult run(EventLog log, ArrivalLog arrivals, long liveFrom, OnlineStore store)
            throws Exception {
        Path bundle = folder.resolve("bundle.zip");
        Bundle.write(bundle, APPLICATION, log);
        String source = Handles.address(arrivals);
        String sink = Handles.address(store);
        StreamExecutionEnvironment environment = environment(log);
        var arrived = new ArrivalSource(
                source,
                log.schema("watch").contract(),
                arrivals.beginning(),
                Optional.of(arrivals.end()),
                "flink",
                liveFrom);
        FeatureJob.describe(
                arrived.stream(environment, FeatureJob.watermarks(APPLICATION)),
                bundle.toUri().toString(),
                sink);
        JobExecutionResult result = environment.execute("features");
        Handles.forget(source);
        Handles.forget(sink);
        return result;
    }

    /** Every feature of every third subject and fifth item reads the same at the end of the log. */
    private static void assertSame(EventLog log, FeatureState expected, OnlineStore store) {
        var reader = new StoreReader(APPLICATION, log.catalog(), new FeatureState(APPLICATION, log.catalog()), store);
        long now = log.lastTimeMillis("watch").orElseThrow() + 1;
        double[] context = {1};
        double[] left = new double[expected.columns().size()];
        double[] right = new double[left.length];
        int items = log.table("video").count();
        int[] all = IntStream.iterate(1, item -> item <= items, item -> item + 5)
                .limit(100)
                .toArray();
        for (int subject = 1;
                subject <= log.table("user").count();
                subject += Math.max(3, log.table("user").count() / 50)) {
            StoreReader.Loaded loaded = reader.load(subject, all, now, context, Duration.ofSeconds(10));
            for (int item : all) {
                expected.reader().read(subject, item, now, context, left);
                loaded.state().reader().read(subject, item, now, context, right);
                assertThat(right).as("%d × %d", subject, item).isEqualTo(left);
            }
            loaded.giveBack().run();
        }
    }

    /** 5% sent twice, all of it shuffled inside the allowed lateness, a tenth of it as late as is allowed. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void streamAndBatchOutOfOrderAndWithDuplicatesGiveTheFeaturesOfAReplay(long seed) throws Exception {
        var random = new Random(seed);
        try (EventLog log = log(new Data.Simulation(150, 60, 12, seed));
                OnlineStore store = DiskStore.open(folder.resolve("store"), 1 << 24)) {
            long lateness = APPLICATION.data().lateness().toMillis();
            List<Arrival.Happened> events = events(log);
            record Sent(Arrival.Happened event, long at) {}
            var sent = new ArrayList<Sent>();
            for (Arrival.Happened event : events) {
                long delay = random.nextInt(10) == 0 ? lateness - 1 : random.nextLong(lateness / 2);
                sent.add(new Sent(event, event.timeMillis() + delay));
                if (random.nextInt(20) == 0) {
                    sent.add(new Sent(event, event.timeMillis() + random.nextLong(lateness)));
                }
            }
            sent.sort(Comparator.comparingLong(Sent::at));
            var arrivals = new ListedArrivals(sent.stream().map(Sent::event).toList());

            JobExecutionResult result = run(log, arrivals, 0, store);

            assertThat(result.<Long>getAccumulatorResult(Deduplicate.DUPLICATES))
                    .isEqualTo(sent.size() - events.size());
            assertThat(result.<Long>getAccumulatorResult(Deduplicate.LATE)).isZero();
            var replayed = new FeatureState(APPLICATION, log.catalog());
            try (EventCursor cursor = log.read("watch")) {
                Replay.restore(cursor, replayed);
            }
            assertSame(log, replayed, store);
            Snapshot.Manifest inputs = inputs(log);
            Snapshot local = Snapshot.write(folder.resolve("local"), APPLICATION, log, inputs, Progress.SILENT);
            Snapshot batch = batch(log, arrivals, inputs, "shuffled");
            assertThat(batch.manifest().rows()).isEqualTo(local.manifest().rows());
            assertThat(rowsOnlyOf(local, batch)).isZero();
            assertThat(rowsOnlyOf(batch, local)).isZero();
            try (EventLog server = EventLog.open(folder.resolve("server"), APPLICATION)) {
                var served = new FeatureState(APPLICATION, log.catalog());
                for (Sent each : sent) {
                    for (Event event : server.append(
                                    "watch", List.of(each.event().fields()), "test")
                            .accepted()) {
                        Map<String, String> texts = server.catalog().texts("watch", event);
                        served.apply(log.catalog().event("watch", texts, event.offset()));
                    }
                }
                assertSame(log, served, store);
            }
        }
    }

    /** What the batch writes is what the replay writes, byte for byte. */
    @Test
    void aBatchWritesTheSnapshotOfAReplay() throws Exception {
        try (EventLog log = log(new Data.Simulation(150, 60, 12, 5))) {
            Snapshot.Manifest inputs = inputs(log);
            Snapshot local = Snapshot.write(folder.resolve("local"), APPLICATION, log, inputs, Progress.SILENT);

            Snapshot batch = batch(log, log.arrivals("watch"), inputs, "inOrder");

            assertThat(batch.manifest()).isEqualTo(local.manifest());
        }
    }

    /** On what every eighth user (in a full run every fourth) did in the real slice, where it is found. */
    @Test
    void onTheRealLogStreamAndBatchGiveWhatTheReplayGives() throws Exception {
        Optional<DataRoot> real = DataRoot.find(
                APPLICATION,
                APPLICATION.eventGlobs(),
                Optional.empty(),
                Optional.ofNullable(System.getenv("RANKWRIGHT_DATA")).map(Path::of));
        System.out.println("data: " + (real.isPresent() ? "real" : "simulated"));
        try (EventLog log = real.isPresent() ? taken(real.get()) : log(new Data.Simulation(2000, 400, 12, 5));
                OnlineStore store = DiskStore.open(folder.resolve("store"), 1 << 28)) {
            Snapshot.Manifest inputs = inputs(log);
            Snapshot local = Snapshot.write(folder.resolve("local"), APPLICATION, log, inputs, Progress.SILENT);

            long start = System.nanoTime();
            Snapshot batch = batch(log, log.arrivals("watch"), inputs, "batch");
            System.out.printf("batch %.1f s for %,d events%n", (System.nanoTime() - start) / 1e9, log.size());

            assertThat(batch.manifest()).isEqualTo(local.manifest());
            start = System.nanoTime();
            JobExecutionResult result = run(log, log.arrivals("watch"), log.nextOffset(), store);
            System.out.printf("stream %.1f s%n", (System.nanoTime() - start) / 1e9);
            assertThat(result.<Long>getAccumulatorResult(Deduplicate.LATE)).isZero();
            var replayed = new FeatureState(APPLICATION, log.catalog());
            try (EventCursor cursor = log.read("watch")) {
                Replay.restore(cursor, replayed);
            }
            assertSame(log, replayed, store);
            var served = new FeatureState(APPLICATION, log.catalog());
            log.arrivedSince("watch", 0, Integer.MAX_VALUE).forEach(served::apply);
            assertSame(log, served, store);
        }
    }

    /** How many rows of one are not in the other; an event's number is its place in the order of arrival. */
    private static long rowsOnlyOf(Snapshot one, Snapshot other) throws SQLException {
        String rows = "SELECT * EXCLUDE (event) FROM read_parquet('%s')";
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                var result = statement.executeQuery("SELECT count(*) FROM (%s EXCEPT ALL %s)"
                        .formatted(rows.formatted(one.parquet()), rows.formatted(other.parquet())))) {
            result.next();
            return result.getLong(1);
        }
    }

    private EventLog taken(DataRoot root) throws IOException {
        EventLog log = EventLog.open(folder.resolve("log"), APPLICATION);
        new Ingestion(APPLICATION, log, usersOf(root, Faults.times(8, 4)), Progress.SILENT).run();
        return log;
    }

    private DataRoot usersOf(DataRoot root, int every) throws IOException {
        Path part = Files.createDirectories(folder.resolve("part/kuairand"));
        try (Stream<Path> files = Files.list(root.folder().resolve("kuairand"))) {
            for (Path file : files.toList()) {
                if (!file.getFileName().toString().startsWith("log_standard")) {
                    Files.createSymbolicLink(part.resolve(file.getFileName()), file.toAbsolutePath());
                    continue;
                }
                try (var lines = new BufferedReader(
                                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), UTF_8));
                        var kept = new PrintWriter(
                                new GZIPOutputStream(Files.newOutputStream(part.resolve(file.getFileName()))),
                                false,
                                UTF_8)) {
                    kept.println(lines.readLine());
                    lines.lines()
                            .filter(line -> Integer.parseInt(line.substring(0, line.indexOf(','))) % every == 0)
                            .forEach(kept::println);
                }
            }
        }
        return new DataRoot(part.getParent(), false);
    }

    private Snapshot batch(EventLog log, ArrivalLog arrivals, Snapshot.Manifest inputs, String name) {
        return FlinkEngine.snapshot(folder.resolve(name), APPLICATION, log, arrivals, inputs, Progress.SILENT);
    }

    /** What comes later than is allowed is counted, and left to the next batch. */
    @Test
    void whatComesTooLateIsCountedAndInTheNextBatch() throws Exception {
        try (EventLog log = log(new Data.Simulation(150, 60, 3, 5));
                OnlineStore store = DiskStore.open(folder.resolve("store"), 1 << 24)) {
            List<Arrival.Happened> events = events(log);
            List<Arrival.Happened> sent = new ArrayList<>(events.subList(200, events.size()));
            // Time to tell how far the stream has come passes only between arrivals: those that are late come last.
            sent.addAll(events.subList(0, 200));
            var arrivals = new ListedArrivals(sent, Duration.ofMillis(500), sent.size() - 200);

            JobExecutionResult result = run(log, arrivals, 0, store);

            assertThat(result.<Long>getAccumulatorResult(Deduplicate.LATE)).isEqualTo(200);
            Snapshot.Manifest inputs = inputs(log);
            assertThat(batch(log, arrivals, inputs, "late").manifest().rows()).isEqualTo(events.size());
        }
    }

    /** As {@code rankwright run --engine flink} does it: a snapshot, then the store while events arrive. */
    @Test
    void theEngineWritesSnapshotsAndKeepsTheStoreWhileEventsArrive() throws Exception {
        try (EventLog log = log(new Data.Simulation(150, 60, 12, 9));
                OnlineStore store = DiskStore.open(folder.resolve("store"), 1 << 24)) {
            Snapshot.Manifest inputs = inputs(log);
            Snapshot local = Snapshot.write(folder.resolve("local"), APPLICATION, log, inputs, Progress.SILENT);

            Snapshot written =
                    FlinkEngine.snapshot(folder.resolve("snapshots"), APPLICATION, log, inputs, Progress.SILENT);

            assertThat(written.manifest()).isEqualTo(local.manifest());
            try (Stream<Path> files = Files.list(folder.resolve("snapshots"))) {
                assertThat(files).hasSize(2);
            }
            try (FlinkEngine flink = FlinkEngine.start(APPLICATION, log, store, folder.resolve("flink"))) {
                flink.awaitHistory(Progress.SILENT);
                var state = new FeatureState(APPLICATION, log.catalog());
                try (EventCursor cursor = log.read("watch")) {
                    Replay.restore(cursor, state);
                }
                assertSame(log, state, store);

                Map<String, String> fields = new HashMap<>(events(log).getLast().fields());
                fields.put("time_ms", Long.toString(inputs.untilMillis() + 5));
                log.append("watch", List.of(fields), "test").accepted().forEach(state::apply);

                long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
                while (!isSame(log, state, store)) {
                    assertThat(System.nanoTime())
                            .as("the event comes to the store")
                            .isLessThan(deadline);
                }
            }
        }
    }

    private static boolean isSame(EventLog log, FeatureState expected, OnlineStore store) {
        try {
            assertSame(log, expected, store);
            return true;
        } catch (AssertionError _) {
            return false;
        }
    }

    /** Tasks die in the middle of the stream and start again from the last checkpoint: nothing is lost or counted twice. */
    @Test
    void afterFailuresTheFeaturesAreThoseOfAnUndisturbedRun() throws Exception {
        try (EventLog log = log(new Data.Simulation(150, 60, 3, 8));
                OnlineStore store = DiskStore.open(folder.resolve("store"), 1 << 24)) {
            List<Arrival.Happened> events = events(log);
            // A pause, so that a checkpoint is complete before the failures.
            var arrivals = new ListedArrivals(events, Duration.ofSeconds(1), events.size() / 2);
            var failing =
                    new FailingStore(store, 3, () -> arrivals.committed("flink").isPresent());

            run(log, arrivals, 0, failing);

            assertThat(failing.failures()).isEqualTo(3);
            var replayed = new FeatureState(APPLICATION, log.catalog());
            try (EventCursor cursor = log.read("watch")) {
                Replay.restore(cursor, replayed);
            }
            assertSame(log, replayed, store);
        }
    }

    @Test
    void aBatchWithoutRowsIsRefusedAsAReplayWithoutRowsIs() {
        try (EventLog log = log(new Data.Simulation(60, 30, 2, 8))) {
            var longAgo = new Snapshot.Manifest("key", "", "", "", "", "", 0, "2001-01-01", Long.MAX_VALUE, List.of());

            assertThatThrownBy(() -> Snapshot.write(folder.resolve("a"), APPLICATION, log, longAgo, Progress.SILENT))
                    .isInstanceOf(UserFault.class)
                    .hasMessageContaining("no exposure in the days of data.split");
            assertThatThrownBy(() -> batch(log, log.arrivals("watch"), longAgo, "b"))
                    .isInstanceOf(UserFault.class)
                    .hasMessageContaining("no exposure in the days of data.split");
        }
    }
}
