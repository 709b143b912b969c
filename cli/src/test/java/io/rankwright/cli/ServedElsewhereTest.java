package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rankwright.cli.Command.Running;
import io.rankwright.dev.Faults;
import io.rankwright.dev.KafkaBroker;
import io.rankwright.dev.PostgresServer;
import io.rankwright.dev.RedisServer;
import io.rankwright.log.Arrival;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.Folder;
import io.rankwright.log.kafka.KafkaArrivals;
import io.rankwright.log.kafka.KafkaCluster;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** An application whose log is a Kafka topic, whose features lie in Redis and whose registry in PostgreSQL, all real. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ServedElsewhereTest {
    @TempDir
    static Path scratch;

    private static Path application;
    private static KafkaBroker broker;
    private static RedisServer redis;
    private static Path database;
    private static PostgresServer postgres;
    private static Running running;

    @BeforeAll
    static void run() throws IOException {
        application = Command.smallApplication(scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(
                yaml, Files.readString(yaml).replace("  fallback: [", "  needs: [log, store]\n  fallback: ["));
        database = Files.createTempDirectory("rankwright-postgres");
        postgres = PostgresServer.start(database, 0);
        broker = KafkaBroker.start(scratch.resolve("kafka"), 0);
        redis = RedisServer.start(scratch.resolve("redis"), 0);
        running = serve("home");
    }

    private static Running serve(String home, String... more) {
        var arguments = new ArrayList<>(List.of(
                application.toString(),
                "--home",
                scratch.resolve(home).toString(),
                "--log",
                broker.address(),
                "--store",
                redis.address(),
                "--registry",
                postgres.address(),
                "--port",
                "0"));
        arguments.addAll(List.of(more));
        return Command.serve(scratch, arguments.toArray(String[]::new));
    }

    @AfterAll
    static void stop() throws IOException {
        running.close();
        redis.close();
        broker.close();
        postgres.close();
        Folder.delete(database);
    }

    private static HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return running.send(method, path, body);
    }

    private static JsonNode get(String path) throws IOException, InterruptedException {
        return running.get(path);
    }

    /** What the ranker thinks of a video for a user tells whether an event of theirs has come to the features. */
    private static double click(String user, String video) throws IOException, InterruptedException {
        return get("/v1/explain/" + user + "/" + video + "?tab=1")
                .path("heads")
                .path("click")
                .path("score")
                .asDouble();
    }

    private static void await(String what, Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!holds.call()) {
            assertThat(System.nanoTime()).as("in time: " + what).isLessThan(deadline);
        }
    }

    private static HttpResponse<String> post(String user, String video) throws IOException, InterruptedException {
        String event = "{\"user_id\": \"%s\", \"video_id\": \"%s\", \"play_time_ms\": 60000, \"tab\": \"1\"}"
                .formatted(user, video);
        return send("POST", "/v1/events", "{\"events\": [" + event + "]}");
    }

    @Test
    @Order(1)
    void aFeedIsAnsweredWithTheFeaturesOfTheStore() throws IOException, InterruptedException {
        JsonNode feed = get("/v1/feed/7?slots=10&seed=3");

        assertThat(feed.path("slots")).hasSize(10);
        assertThat(feed.path("degraded")).isEmpty();
        assertThat(feed.path("timings").has("features")).isTrue();
    }

    @Test
    @Order(2)
    void aPostedEventIsInTheTopicAndInTheFeatures() throws Exception {
        double before = click("8", "3");

        assertThat(post("8", "3").statusCode()).isEqualTo(202);

        await("the event is in the features", () -> click("8", "3") != before);
        try (ArrivalLog topic = KafkaArrivals.open(
                        KafkaCluster.parse(broker.address(), Optional.empty()),
                        FeedApplication.read(application),
                        "watch");
                ArrivalLog.Reader reader = topic.read(topic.beginning())) {
            List<Arrival> found = reader.next(Duration.ofSeconds(20));
            assertThat(((Arrival.Happened) found.getFirst().content()).fields()).containsEntry("video_id", "3");
        }
    }

    @Test
    @Order(3)
    void anEventThatAnotherSystemWroteIsInTheFeaturesToo() throws Exception {
        double before = click("9", "4");
        long now = get("/v1/feed/9?slots=1").path("timeMillis").asLong();
        var event = new Arrival.Happened(
                "9",
                now,
                Map.of(
                        "user_id", "9",
                        "video_id", "4",
                        "time_ms", Long.toString(now),
                        "play_time_ms", "70000",
                        "tab", "1"));

        try (ArrivalLog topic = KafkaArrivals.open(
                KafkaCluster.parse(broker.address(), Optional.empty()), FeedApplication.read(application), "watch")) {
            topic.append(List.of(event, event));
        }

        await("the event is in the features", () -> click("9", "4") != before);
        JsonNode feed = get("/v1/feed/9?slots=20");
        feed.path("slots")
                .forEach(slot -> assertThat(slot.path("item").asText()).isNotEqualTo("4"));
    }

    @Test
    @Order(4)
    void anotherServerServesWhatTheSharedRegistrySays_andTrainsNothing() throws Exception {
        assertThat(running.send("GET", "/health/ready", "").statusCode()).isEqualTo(200);
        // Its artefacts lie in the folder of the first: a shared disk, here.
        Path files = scratch.resolve("second/simulated/registry");
        Files.createDirectories(files);
        Files.createSymbolicLink(files.resolve("blobs"), scratch.resolve("home/simulated/registry/blobs"));
        try (Running second = serve("second", "--no-train")) {
            assertThat(second.get("/v1/feed/7?slots=3").path("version"))
                    .isEqualTo(get("/v1/feed/7?slots=3").path("version"));
            assertThat(Files.readString(second.err())).doesNotContain("ranker");
        }
        Command.Result models = Command.run(
                scratch,
                "models",
                application.toString(),
                "--home",
                scratch.resolve("nobody").toString(),
                "--registry",
                postgres.address(),
                "--simulate");
        assertThat(models.exitCode()).as(models.err()).isZero();
        assertThat(models.out()).contains("v1").contains("live");
        Command.Result none = Command.run(
                scratch,
                "run",
                application.toString(),
                "--home",
                scratch.resolve("third").toString(),
                "--no-train",
                "--no-serve");
        assertThat(none.exitCode()).isEqualTo(3);
        assertThat(none.err()).contains("no version is live yet").doesNotContain("\tat ");
    }

    @Test
    @Order(5)
    void aStoreThatStallsIsADegradedAnswer_notAnError() throws Exception {
        new ProcessBuilder("kill", "-STOP", Long.toString(redis.pid())).start().waitFor();

        var latencies = new Latencies();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (System.nanoTime() < end) {
            long start = System.nanoTime();
            JsonNode feed = get("/v1/feed/7?slots=10");
            latencies.add(System.nanoTime() - start);
            assertThat(feed.path("slots")).hasSize(10);
            assertThat(feed.path("degraded").toString()).contains("features");
        }
        System.out.printf(
                "store stalls 2 s: %d answers, all degraded, none failed, p50 %.0f ms, p99 %.0f ms%n",
                latencies.count(), latencies.percentile(0.5), latencies.percentile(0.99));
        new ProcessBuilder("kill", "-CONT", Long.toString(redis.pid())).start().waitFor();
        await(
                "the store is asked again",
                () -> get("/v1/feed/7?slots=10").path("degraded").isEmpty());
    }

    @Test
    @Order(6)
    void aFeatureThatTheStoreLacksIsFilledBesideTheServer_andServedOnlyThen() throws Exception {
        Path yaml = application.resolve("app.yaml");
        String before = Files.readString(yaml);
        Files.writeString(
                yaml,
                before.replace(
                        "  video:\n", "  video:\n    tag_month: { sum: watch_seconds, window: 30d, by: video.tag }\n"));
        try {
            Command.Result refused = Command.run(
                    scratch,
                    "run",
                    application.toString(),
                    "--home",
                    scratch.resolve("other").toString(),
                    "--port",
                    "0",
                    "--store",
                    redis.address());
            assertThat(refused.exitCode()).as(refused.err()).isEqualTo(2);
            assertThat(refused.err())
                    .contains("the store lacks sums by video.tag")
                    .contains("rankwright backfill");

            Command.Result filled = backfill();

            assertThat(filled.exitCode()).as(filled.err()).isZero();
            assertThat(filled.err()).contains("sums by video.tag");
            assertThat(get("/v1/feed/7?slots=10").path("degraded")).isEmpty();
            Command.Result again = backfill();
            assertThat(again.err()).contains("nothing was missing");
        } finally {
            Files.writeString(yaml, before);
        }
    }

    private static Command.Result backfill() {
        return Command.run(
                scratch,
                "backfill",
                application.toString(),
                "--home",
                scratch.resolve("home").toString(),
                "--store",
                redis.address(),
                "--simulate");
    }

    @Test
    @Order(7)
    void withoutTheLogNothingIsTakenIn_butFeedsAreAnswered() throws Exception {
        broker.close();

        assertThat(post("8", "5").statusCode()).isEqualTo(503);

        assertThat(get("/v1/feed/8?slots=5").path("slots")).hasSize(5);
    }

    @Test
    @Order(8)
    void withoutLogAndStore_answersAreNotEmpty() throws Exception {
        redis.close();

        int empty = 0;
        int answers = Faults.times(200, 2000);
        for (int i = 0; i < answers; i++) {
            empty += get("/v1/feed/" + i % 900 + "?slots=5").path("slots").isEmpty() ? 1 : 0;
        }

        System.out.printf("log and store dead: %d of %d answers empty%n", empty, answers);
        assertThat(empty).isLessThanOrEqualTo(answers / 1000);
        HttpResponse<String> ready = running.send("GET", "/health/ready", "");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains("\"part\":\"store\"");
    }
}
