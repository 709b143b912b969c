package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rankwright.cli.Command.Running;
import io.rankwright.dev.PrometheusServer;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A server that a real Prometheus watches, while a feature breaks and until it is stopped. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MonitoredServerTest {
    private static final Path SHIP = Path.of("../ship");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** There is one only where a slot lies elsewhere. */
    private static final Set<String> ELSEWHERE = Set.of("rankwright_breaker_open", "rankwright_store_lag");

    @TempDir
    static Path scratch;

    private static Running running;
    private static PrometheusServer prometheus;

    @BeforeAll
    static void serve() throws IOException {
        Path application = Command.smallApplication(scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace("monitor:  {", "monitor:  { window: 1s,")
                        .replace("serving: ", "serving:\n  retrain: { every: 30d }  #"));
        running = Command.serve(scratch, application.toString(), "--port", "0");
        prometheus = PrometheusServer.start(
                scratch.resolve("prometheus"),
                0,
                running.address().substring("http://".length()),
                SHIP.resolve("prometheus/rules.yaml"));
    }

    @AfterAll
    static void stop() {
        prometheus.close();
        running.close();
    }

    private static void look(int answers, int first) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            var asked = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < answers; i++) {
                String path = "/v1/feed/" + (first + i) % 900 + "?slots=5";
                asked.add(() -> running.get(path).path("slots").size());
            }
            for (Future<Integer> slots : threads.invokeAll(asked)) {
                assertThat(slots.get()).isEqualTo(5);
            }
        }
    }

    private static String scrape() throws IOException, InterruptedException {
        return running.send("GET", "/metrics", "").body();
    }

    private static JsonNode query(String path) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return JSON.readTree(client.send(
                            HttpRequest.newBuilder(URI.create(prometheus.address() + path))
                                    .build(),
                            BodyHandlers.ofString())
                    .body());
        }
    }

    private static void await(Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!holds.call()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
        }
    }

    /** Nothing happens but looking; then every video's length comes in another unit. */
    @Test
    @Order(1)
    void aFeatureInAnotherUnit_raisesAnAlarm_onThePageAndInPrometheus() throws Exception {
        look(3100, 0);
        assertThat(running.send("GET", "/monitoring", "").body()).contains("No alarm.");

        for (int video = 0; video < 300; video++) {
            ObjectNode known = (ObjectNode) running.get("/v1/videos/" + video);
            ObjectNode columns = JSON.createObjectNode();
            known.path("columns")
                    .properties()
                    .forEach(entry ->
                            columns.put(entry.getKey(), entry.getValue().asText()));
            columns.put(
                    "video_duration",
                    Long.toString(
                            1000 * known.path("columns").path("video_duration").asLong()));
            assertThat(running.send("PUT", "/v1/videos/" + video, columns.toString())
                            .statusCode())
                    .isLessThan(300);
        }
        look(2100, 450);

        assertThat(scrape()).doesNotContain("rankwright_alarms{kind=\"drift\"} 0.0");
        String page = running.send("GET", "/monitoring", "").body();
        // What is learnt from the length moves with it; which of all that is told first depends on the window.
        assertThat(page)
                .contains(": the distribution has moved")
                .containsPattern("duration_seconds</th><td>\\d+\\.\\d+</td><td>(0\\.9\\d+|1\\.0+)</td>")
                .contains("What to do:");
        await(() -> query("/api/v1/alerts").toString().contains("RankwrightDrift"));
    }

    /** The alarm of the test before made the server look for something new to learn beside itself; what came of it is recorded. */
    @Test
    @Order(2)
    void theAlarmStartsATraining_whoseOutcomeIsRecorded() throws Exception {
        Pattern ended = Pattern.compile("alarm: [^→<]*duration_seconds[^→<]* → (v\\d+ [a-z]+|failed[^<]*)");
        await(() -> ended.matcher(running.send("GET", "/models", "").body()).find());
        Matcher outcome = ended.matcher(running.send("GET", "/models", "").body());
        assertThat(outcome.find()).isTrue();
        assertThat(outcome.group(1)).as(log()).isEqualTo("v1 live");
    }

    private static String log() throws IOException {
        return Files.readString(scratch.resolve("small/.rankwright/simulated/retraining.log"));
    }

    @Test
    @Order(3)
    void everyRuleAndPanelIsUnderstood_andRestsOnAFigureThatThereIs() throws Exception {
        var expressions = new ArrayList<String>();
        JsonNode rules = query("/api/v1/rules");
        for (JsonNode group : rules.path("data").path("groups")) {
            for (JsonNode rule : group.path("rules")) {
                await(() -> !ruleHealth(rule.path("name").asText()).equals("unknown"));
                assertThat(ruleHealth(rule.path("name").asText()))
                        .as(rule.toString())
                        .isEqualTo("ok");
                expressions.add(rule.path("query").asText());
            }
        }
        assertThat(expressions).hasSizeGreaterThan(15);
        for (JsonNode panel :
                JSON.readTree(SHIP.resolve("grafana/rankwright.json").toFile()).path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                String expression = target.path("expr").asText();
                JsonNode answer = query("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
                assertThat(answer.path("status").asText()).as(expression).isEqualTo("success");
                expressions.add(expression);
            }
        }
        String scraped = scrape();
        var missing = new TreeSet<String>();
        for (String expression : expressions) {
            Matcher name = Pattern.compile("\\brankwright_[a-z_]+").matcher(expression);
            while (name.find()) {
                if (!ELSEWHERE.contains(name.group()) && !scraped.contains("\n" + name.group())) {
                    missing.add(name.group());
                }
            }
        }
        assertThat(missing).isEqualTo(Set.of());
        assertThat(scraped.lines().filter(line -> !line.startsWith("#")).count())
                .isLessThanOrEqualTo(5000);
    }

    private static String ruleHealth(String name) throws IOException, InterruptedException {
        for (JsonNode group : query("/api/v1/rules").path("data").path("groups")) {
            for (JsonNode rule : group.path("rules")) {
                if (rule.path("name").asText().equals(name)) {
                    return rule.path("health").asText();
                }
            }
        }
        return "unknown";
    }

    @Test
    @Order(4)
    void theNamesKeepToTheRulesOfPrometheus() throws Exception {
        Path scraped = Files.writeString(scratch.resolve("metrics.txt"), scrape());
        Process lint = new ProcessBuilder("promtool", "check", "metrics")
                .redirectInput(scraped.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(lint.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(lint.waitFor()).as(said).isZero();
        Process tests = new ProcessBuilder(
                        "promtool",
                        "test",
                        "rules",
                        SHIP.resolve("prometheus/rules-test.yaml").toString())
                .redirectErrorStream(true)
                .start();
        said = new String(tests.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(tests.waitFor()).as(said).isZero();
    }

    /** What has been asked before the signal is answered; then the process ends as one that was told to. */
    @Test
    @Order(5)
    void onSigterm_requestsUnderWayAreAnswered() throws Exception {
        var begun = new CountDownLatch(4);
        var answered = new AtomicInteger();
        List<Integer> statuses = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int t = 0; t < 4; t++) {
                int user = t;
                threads.submit(() -> {
                    try {
                        while (true) {
                            statuses.add(running.send("GET", "/v1/feed/" + user + "?slots=20", "")
                                    .statusCode());
                            answered.incrementAndGet();
                            begun.countDown();
                        }
                    } catch (IOException refused) {
                        // It listens no more.
                        return null;
                    }
                });
            }
            begun.await();
            running.process().destroy();
        }
        assertThat(running.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(running.process().exitValue()).isEqualTo(143);
        assertThat(statuses.stream().filter(status -> status != 200).collect(Collectors.toSet()))
                .isSubsetOf(Set.of(503));
        assertThat(Files.readString(running.err())).contains("stopping").doesNotContain("\tat ");
    }
}
