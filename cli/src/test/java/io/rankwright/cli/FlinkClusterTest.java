package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import io.rankwright.cli.pipeline.Home;
import io.rankwright.dev.FlinkCluster;
import io.rankwright.dev.KafkaBroker;
import io.rankwright.dev.RedisServer;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.RedisStore;
import io.rankwright.features.store.StoreReader;
import io.rankwright.flink.ClusterFeatures;
import io.rankwright.flink.Deployment;
import io.rankwright.flink.Parts;
import io.rankwright.log.Arrival;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Position;
import io.rankwright.log.Progress;
import io.rankwright.log.kafka.KafkaArrivals;
import io.rankwright.log.kafka.KafkaCluster;
import io.rankwright.spec.FeedApplication;
import io.rankwright.training.Snapshot;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jobs of an application on a Flink cluster: a JobManager and two TaskManagers, Kafka and Redis, each a process of its
 * own.
 */
class FlinkClusterTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONSUMER = "rankwright-video-feed";

    @TempDir
    static Path scratch;

    private static Path folder;
    private static FeedApplication application;
    private static KafkaBroker broker;
    private static RedisServer redis;
    private static FlinkCluster cluster;

    @BeforeAll
    static void start() {
        folder = Command.smallApplication(scratch);
        application = FeedApplication.read(folder);
        broker = KafkaBroker.start(scratch.resolve("kafka"), 0);
        redis = RedisServer.start(scratch.resolve("redis"), 0);
        cluster = FlinkCluster.start(scratch.resolve("flink"), 0, 2, Deployment.JAVA_OPTIONS);
    }

    @AfterAll
    static void stop() {
        cluster.close();
        redis.close();
        broker.close();
    }

    private static String home() {
        return scratch.resolve("home").toString();
    }

    private static Path state() {
        return Home.state(scratch.resolve("home"), true);
    }

    private static String rankwright(String... arguments) {
        Result result = Command.run(scratch, arguments);
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    /** What a user does with the printed line, on a machine whose path holds the cluster's own command. */
    private static void shell(String line) throws Exception {
        Path output = scratch.resolve("shell-" + System.nanoTime());
        var builder =
                new ProcessBuilder("sh", "-c", line).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().merge("PATH", cluster.client().getParent().toString(), (old, own) -> own + ":" + old);
        Process process = builder.start();
        assertThat(process.waitFor(4, TimeUnit.MINUTES)).as("in time").isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    }

    private static ArrivalLog topic() {
        return KafkaArrivals.open(KafkaCluster.parse(broker.address(), Optional.empty()), application, "watch");
    }

    @Test
    void jobsOnAClusterGiveWhatAReplayGivesAlsoWhenATaskManagerIsKilled() throws Exception {
        String parts = scratch.resolve("parts").toUri().toString();
        String snapshotLine = rankwright(
                "flink",
                "deploy",
                folder.toString(),
                "--home",
                home(),
                "--simulate",
                "--log",
                broker.address(),
                "--job",
                "snapshot",
                "--parts",
                parts);
        rankwright("publish", folder.toString(), "--home", home(), "--simulate", "--log", broker.address());

        shell(snapshotLine);

        String featuresLine = rankwright(
                "flink",
                "deploy",
                folder.toString(),
                "--home",
                home(),
                "--simulate",
                "--log",
                broker.address(),
                "--store",
                redis.address());
        shell(featuresLine);
        try (EventLog log = EventLog.open(state().resolve("log"), application)) {
            theSnapshotIsThatOfAReplay(log, parts);
            theStoreHoldsWhatAReplayGives(log);
        }
    }

    private static void theSnapshotIsThatOfAReplay(EventLog log, String parts) throws Exception {
        Path beside = Path.of(URI.create(parts)).resolve("inputs.json");
        var wanted = JSON.readValue(beside.toFile(), Snapshot.Manifest.class);
        Snapshot local = Snapshot.write(scratch.resolve("local"), application, log, wanted, Progress.SILENT);

        Snapshot collected = Parts.collect(parts, scratch.resolve("collected"), application, log, wanted);

        assertThat(collected.manifest().rows())
                .isEqualTo(local.manifest().rows())
                .isPositive();
        assertThat(differences(local, collected)).isZero();
        assertThat(differences(collected, local)).isZero();
    }

    /** How many rows of one are not in the other; the number of an event is that of its log. */
    private static long differences(Snapshot of, Snapshot without) throws SQLException {
        String rows = "SELECT * EXCLUDE (event) FROM read_parquet('%s')";
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                var result = statement.executeQuery("SELECT count(*) FROM (%s EXCEPT ALL %s)"
                        .formatted(rows.formatted(of.parquet()), rows.formatted(without.parquet())))) {
            result.next();
            return result.getLong(1);
        }
    }

    private static void theStoreHoldsWhatAReplayGives(EventLog log) throws Exception {
        var expected = new FeatureState(application, log.catalog());
        try (ArrivalLog topic = topic();
                OnlineStore store = RedisStore.open(redis.address())) {
            ClusterFeatures.await(application, topic, Progress.SILENT);
            List<Arrival.Content> more = nextDay(log);
            int third = more.size() / 3;
            Optional<Position> before = topic.committed(CONSUMER);
            topic.append(more.subList(0, third));
            await("a checkpoint", () -> !topic.committed(CONSUMER).equals(before));
            topic.append(more.subList(third, 2 * third));
            ProcessHandle.of(cluster.taskManagers().getFirst()).orElseThrow().destroyForcibly();
            topic.append(more.subList(2 * third, more.size()));
            ClusterFeatures.await(application, topic, Progress.SILENT);
            await("the JobManager has counted the restart", () -> restarts() > 0);
            log.append(
                    "watch",
                    more.stream()
                            .map(each -> ((Arrival.Happened) each).fields())
                            .toList(),
                    "test");
            try (EventCursor cursor = log.read("watch")) {
                Replay.restore(cursor, expected);
            }
            var reader =
                    new StoreReader(application, log.catalog(), new FeatureState(application, log.catalog()), store);
            assertSame(log, expected, reader);
        }
    }

    /** Some events once more, a day later. */
    private static List<Arrival.Content> nextDay(EventLog log) {
        long last = log.lastTimeMillis("watch").orElseThrow();
        try (ArrivalLog arrivals = log.arrivals("watch");
                ArrivalLog.Reader reader = arrivals.read(arrivals.beginning())) {
            var later = new ArrayList<Arrival.Content>();
            for (Arrival arrival : reader.next(Duration.ZERO)) {
                var event = (Arrival.Happened) arrival.content();
                long time = last + Duration.ofDays(1).toMillis() + arrival.offset();
                var fields = new HashMap<>(event.fields());
                fields.put("time_ms", Long.toString(time));
                later.add(new Arrival.Happened(event.subject(), time, fields));
            }
            return later;
        }
    }

    private static void await(String what, Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!holds.call()) {
            assertThat(System.nanoTime()).as("in time: " + what).isLessThan(deadline);
        }
    }

    /** How often the running job was started again, as the JobManager counts it. */
    private static int restarts() throws Exception {
        for (JsonNode job : get("/jobs").path("jobs")) {
            if (job.path("status").asText().equals("RUNNING")) {
                return get("/jobs/" + job.path("id").asText() + "/metrics?get=numRestarts")
                        .path(0)
                        .path("value")
                        .asInt();
            }
        }
        throw new AssertionError("no job runs");
    }

    private static JsonNode get(String path) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return JSON.readTree(http.send(
                            HttpRequest.newBuilder(URI.create(cluster.address() + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body());
        }
    }

    private static void assertSame(EventLog log, FeatureState expected, StoreReader reader) {
        long now = log.lastTimeMillis("watch").orElseThrow() + 1;
        double[] context = {1};
        double[] left = new double[expected.columns().size()];
        double[] right = new double[left.length];
        int[] items = IntStream.range(1, log.table("video").count()).toArray();
        for (int subject = 1; subject < log.table("user").count(); subject += 9) {
            StoreReader.Loaded loaded = reader.load(subject, items, now, context, Duration.ofSeconds(10));
            for (int item : items) {
                expected.reader().read(subject, item, now, context, left);
                loaded.state().reader().read(subject, item, now, context, right);
                assertThat(right).as("%d × %d", subject, item).isEqualTo(left);
            }
            loaded.giveBack().run();
        }
    }
}
