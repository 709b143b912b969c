package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.cli.Command.Result;
import io.rankwright.cli.Command.Running;
import io.rankwright.cli.pipeline.BatchRanking;
import io.rankwright.cli.pipeline.Home;
import io.rankwright.cli.pipeline.LiveEngine;
import io.rankwright.cli.pipeline.RegistryPlace;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.log.Progress;
import io.rankwright.serving.Engine;
import io.rankwright.serving.FeedAnswer;
import io.rankwright.serving.FeedRequest;
import io.rankwright.spec.FeedApplication;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** What is done with a version that is live: slates for all, a plan of capacity, another version under load. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BatchPlanAndRolloverTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path scratch;

    private static Path application;
    private static String home;

    @BeforeAll
    static void train() {
        application = Command.smallApplication(scratch);
        home = scratch.resolve("home").toString();
        Command.trainedHome(Path.of(home));
    }

    private static String rankwright(String... arguments) {
        Result result = Command.run(scratch, arguments);
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    private static LiveEngine live() {
        FeedApplication read = FeedApplication.read(application);
        return LiveEngine.open(
                read,
                RegistryPlace.LOCAL.open(read, Home.state(Path.of(home), true)),
                Path.of(home),
                Home.state(Path.of(home), true),
                new SimpleMeterRegistry(),
                new Reporter(new PrintStream(OutputStream.nullOutputStream()), false));
    }

    private static List<String> items(Path file, String subject) throws SQLException {
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT item || ' ' || utility || ' ' || propensity FROM '" + file
                        + "' WHERE subject = '" + subject + "' ORDER BY position")) {
            var items = new ArrayList<String>();
            while (rows.next()) {
                items.add(rows.getString(1));
            }
            return items;
        }
    }

    @Test
    @Order(1)
    void theBatchHoldsWhatTheServerWouldHaveAnswered() throws SQLException {
        Path out = scratch.resolve("slates.parquet");
        rankwright("batch", application.toString(), "--home", home, "--out", out.toString(), "--seed", "5");

        try (LiveEngine live = live()) {
            Engine engine = live.engine();
            long now = engine.log().lastTimeMillis("watch").orElseThrow() + 1;
            for (String subject : List.of("1", "17", "400", "899")) {
                var request = new FeedRequest(
                        subject, 20, Optional.empty(), Set.of(), Map.of(), List.of(), OptionalLong.of(5), false);
                FeedAnswer answer = engine.slate(request, now);
                assertThat(answer.rung()).isEqualTo("cascade");
                assertThat(answer.coverage()).isEqualTo(1);
                assertThat(items(out, subject))
                        .isEqualTo(answer.slots().stream()
                                .map(slot -> slot.item() + " " + slot.utility() + " " + slot.propensity())
                                .toList());
            }
        }
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    @Order(2)
    void aBatchThatWasKilledGoesOnWhereItWas() throws Exception {
        Path out = scratch.resolve("resumed.parquet");
        var asked = new AtomicInteger();
        Progress dying = (_, _, _) -> {
            if (asked.incrementAndGet() == 500) {
                throw new Killed();
            }
        };
        try (LiveEngine live = live()) {
            long now = live.engine().log().lastTimeMillis("watch").orElseThrow() + 1;
            var batch = new BatchRanking(live.engine(), now, 5, 20);
            assertThatThrownBy(() -> batch.write(out, dying)).hasRootCauseInstanceOf(Killed.class);
            assertThat(out).doesNotExist();
            asked.set(1000);

            batch.write(out, dying);

            assertThat(asked.get() - 1000).as("asked again").isLessThan(800);
            assertThat(Files.mismatch(out, scratch.resolve("slates.parquet"))).isEqualTo(-1);
        }
    }

    @Test
    @Order(3)
    void thePlanSaysHowItCameToEachFigure() throws Exception {
        JsonNode plan = JSON.readTree(
                rankwright("plan", application.toString(), "--home", home, "--peak", "2", "--format", "json"));

        assertThat(plan.path("measured").path("requestCpuMillis").asDouble()).isPositive();
        assertThat(plan.path("lines")).isNotEmpty().allSatisfy(line -> {
            assertThat(line.path("formula").asText()).isNotEmpty();
            assertThat(line.path("value").asDouble()).isPositive().isFinite();
        });
        // 500 M users who ask ten times a day, twice as often in the busiest second.
        assertThat(plan.path("lines").path(1).path("value").asDouble()).isEqualTo(500e6 * 10 / 86_400 * 2);
        assertThat(plan.path("limits"))
                .anySatisfy(
                        limit -> assertThat(limit.path("reached").asBoolean()).isTrue());
    }

    /** Versions change places under load: no request fails, and both answer. */
    @Test
    @Order(4)
    void anotherVersionGoesLiveUnderLoadWithoutAFailedRequest() throws Exception {
        rankwright("train", application.toString(), "--home", home, "--seed", "3");
        try (Running running = Command.serve(scratch, application.toString(), "--home", home, "--port", "0");
                ExecutorService clients = Executors.newFixedThreadPool(2)) {
            Map<String, Integer> versions = new ConcurrentHashMap<>();
            var isOver = new AtomicBoolean();
            Future<?> asking = clients.submit(() -> {
                for (int user = 1; !isOver.get(); user = 1 + user % 800) {
                    JsonNode feed = running.get("/v1/feed/" + user + "?slots=5");
                    assertThat(feed.path("slots")).hasSize(5);
                    versions.merge(feed.path("version").asText(), 1, Integer::sum);
                }
                return true;
            });
            for (String version : List.of("v2", "v1", "v2")) {
                rankwright("promote", application.toString(), version, "--home", home, "--force");
                versions.remove(version);
                while (!versions.containsKey(version) && !asking.isDone()) {
                    Thread.onSpinWait();
                }
            }
            isOver.set(true);
            asking.get();
            assertThat(versions).containsKeys("v1", "v2");

            // A button of the console and the server itself follow the registry side by side.
            for (int press = 0; press < 2; press++) {
                assertThat(pressed(running, "/models/rollback")).contains("serves everyone");
                assertThat(running.get("/v1/feed/1?slots=5").path("slots")).hasSize(5);
            }
            assertThat(running.get("/v1/feed/1?slots=5").path("version").asText())
                    .isEqualTo("v2");
        }
    }

    private static String pressed(Running running, String button) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create(running.address() + button))
                                    .header("HX-Request", "true")
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
