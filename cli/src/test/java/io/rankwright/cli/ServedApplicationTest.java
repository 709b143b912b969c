package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.rankwright.cli.Command.Result;
import io.rankwright.cli.Command.Running;
import io.rankwright.cli.pipeline.Home;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole system as a user meets it: the command, the API and the pages, on a small simulated log. */
class ServedApplicationTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    static Path scratch;

    private static Path application;
    private static Running running;

    @BeforeAll
    static void run() {
        application = Command.trainedApplication(scratch);
        running = Command.serve(scratch, application.toString(), "--port", "0");
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return running.send(method, path, body);
    }

    private static JsonNode get(String path) throws IOException, InterruptedException {
        return running.get(path);
    }

    private static List<String> items(JsonNode feed) {
        var items = new ArrayList<String>();
        feed.path("slots").forEach(slot -> items.add(slot.path("item").asText()));
        return items;
    }

    @Test
    void healthTellsByItsExitCodeWhetherTheServerIsReady() {
        assertThat(Command.run(scratch, "health", running.address()).exitCode()).isZero();
        Result nobody = Command.run(scratch, "health", "http://127.0.0.1:9");
        assertThat(nobody.exitCode()).isEqualTo(3);
        assertThat(nobody.err()).contains("does not answer").doesNotContain("\tat ");
        assertThat(Command.run(scratch, "health", "no address").exitCode()).isEqualTo(2);
    }

    @Test
    void aFeedIsRankedLoggedAndExplained() throws IOException, InterruptedException {
        JsonNode feed = get("/v1/feed/7?slots=10&explain=true&seed=3");

        assertThat(feed.path("data").asText()).isEqualTo("simulated");
        assertThat(feed.path("slots")).hasSize(10);
        assertThat(new HashSet<>(items(feed))).hasSize(10);
        feed.path("slots").forEach(slot -> {
            assertThat(slot.path("scores").path("click").asDouble()).isBetween(0.0, 1.0);
            assertThat(slot.path("propensity").asDouble()).isBetween(0.0, 1.0);
            assertThat(slot.path("sources")).isNotEmpty();
            assertThat(slot.path("reasons")).isNotEmpty();
        });
        assertThat(items(get("/v1/feed/7?slots=10&seed=3"))).isEqualTo(items(feed));
        for (String source : List.of("two_tower", "trending", "ease", "ials", "similar")) {
            assertThat(feed.path("candidates").path(source).asInt()).as(source).isPositive();
        }
    }

    @Test
    void somebodyUnknownGetsAFeed_andAnUnknownVideoAnExplanation() throws IOException, InterruptedException {
        JsonNode feed = get("/v1/feed/nobody-%E2%98%83?slots=5");

        assertThat(feed.path("isKnown").asBoolean()).isFalse();
        assertThat(feed.path("slots")).hasSize(5);
        assertThat(get("/v1/explain/nobody/nothing")
                        .path("heads")
                        .path("click")
                        .path("score")
                        .asDouble())
                .isBetween(0.0, 1.0);
    }

    @Test
    void anEventIsSeenByTheNextFeed_andCountsOnce() throws IOException, InterruptedException {
        String user = "12";
        String item = items(get("/v1/feed/" + user + "?slots=3")).getFirst();
        String event = "{\"user_id\": \"" + user + "\", \"video_id\": \"" + item
                + "\", \"time_ms\": "
                + (get("/v1/feed/" + user).path("timeMillis").asLong())
                + ", \"play_time_ms\": 30000, \"tab\": \"1\"}";

        HttpResponse<String> first = send("POST", "/v1/events", event);
        HttpResponse<String> second = send("POST", "/v1/events", "{\"events\": [" + event + "," + event + "]}");

        assertThat(first.statusCode()).isEqualTo(202);
        assertThat(JSON.readTree(first.body()).path("accepted").asInt()).isEqualTo(1);
        assertThat(JSON.readTree(second.body()).path("duplicates").asInt()).isEqualTo(2);
        assertThat(items(get("/v1/feed/" + user + "?slots=100"))).doesNotContain(item);
    }

    @Test
    void partOfABatchMayBeRejected_withReasons() throws IOException, InterruptedException {
        HttpResponse<String> response = send(
                "POST",
                "/v1/events",
                "{\"events\": [{\"user_id\": 1, \"video_id\": 2, \"play_time_ms\": -1, \"tab\": 1},"
                        + " {\"user_id\": 1, \"video_id\": 2, \"play_time_ms\": 1, \"tab\": 1}]}");

        JsonNode answer = JSON.readTree(response.body());
        assertThat(response.statusCode()).isEqualTo(202);
        assertThat(answer.path("accepted").asInt()).isEqualTo(1);
        assertThat(answer.path("rejected").path(0).path("index").asInt()).isZero();
        assertThat(answer.path("rejected").path(0).path("reason").asText()).contains("play_time_ms is '-1'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | /v1/feed/1?slots=0 | '' | 400 | 1 to 200",
                "GET | /v1/feed/1?slots=-1 | '' | 400 | 1 to 200",
                "GET | /v1/feed/1?slots=1000000000 | '' | 400 | 1 to 200",
                "GET | /v1/feed/1?slots=many | '' | 400 | 1 to 200",
                "GET | /v1/feed/1?filter=tagg%20%3E%203 | '' | 400 | one of video_id",
                "GET | /v1/feed/1?filter=%28 | '' | 400 | the end of the formula",
                "POST | /v1/feed | {\"user\": 1, \"slotz\": 3} | 400 | unknown key 'slotz'",
                "POST | /v1/feed | {\"slots\": 3} | 400 | the id of a user",
                "POST | /v1/feed | {\"user\": | 400 | invalid JSON at line 1",
                "POST | /v1/events | [] | 400 | no JSON object",
                "POST | /v1/events | {\"user_id\": 1} | 422 | video_id is empty",
                "GET | /v1/videos/unknown | '' | 404 | no video 'unknown'",
                "PUT | /v1/videos/x | {\"colour\": \"red\"} | 400 | the column 'colour'",
                "GET | /nowhere | '' | 404 | ''"
            })
    void aWrongRequestIsToldWhatWouldBeRight(String method, String path, String body, int status, String told)
            throws IOException, InterruptedException {
        HttpResponse<String> response = send(method, path, body);

        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.body()).contains(told).doesNotContain("Exception").doesNotContain("\tat ");
    }

    @Test
    void aBodyOf100MegabytesIsRefused_andTheServerGoesOn() throws IOException, InterruptedException {
        try {
            HttpResponse<String> response = HTTP.send(
                    HttpRequest.newBuilder(URI.create(running.address() + "/v1/events"))
                            .POST(BodyPublishers.ofByteArray(new byte[100_000_000]))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(413);
        } catch (IOException closedWhileSending) {
            // A server that refuses by the announced length may close before the client has sent all.
        }
        assertThat(get("/v1/feed/1?slots=1").path("slots")).hasSize(1);
    }

    @Test
    void filtersRulesAndExclusionsHold() throws IOException, InterruptedException {
        JsonNode feed = get("/v1/feed/5?slots=20");
        String item = items(feed).getLast();
        String tag = get("/v1/videos/" + item).path("tag").asText();

        JsonNode filtered = get("/v1/feed/5?slots=20&filter=tag%20%3D%3D%20%22" + tag + "%22");
        assertThat(items(filtered))
                .isNotEmpty()
                .allSatisfy(found -> assertThat(
                                get("/v1/videos/" + found).path("tag").asText())
                        .isEqualTo(tag));
        assertThat(items(get("/v1/feed/5?slots=20&exclude=" + item))).doesNotContain(item);
        HttpResponse<String> pinned = send(
                "POST",
                "/v1/feed",
                "{\"user\": 5, \"slots\": 5, \"context\": {\"tab\": \"2\"}, \"rules\": [{\"pin\": {\"item\": \"" + item
                        + "\", \"slot\": 2}}, {\"boost\": {\"where\": \"duration_seconds > 10\", \"factor\": 2}},"
                        + " {\"bury\": {\"where\": \"duration_seconds > 100\"}}]}");
        assertThat(JSON.readTree(pinned.body())
                        .path("slots")
                        .path(2)
                        .path("item")
                        .asText())
                .isEqualTo(item);
    }

    @Test
    void anItemIsFoundAtOnceWhenItIsPut_andGoneWhenItIsHiddenOrDeleted() throws IOException, InterruptedException {
        String fresh =
                "{\"author_id\": \"a\", \"upload_dt\": \"2024-03-06\", \"video_duration\": 30000, \"tag\": \"3\"}";
        assertThat(send("PUT", "/v1/videos/fresh", fresh).statusCode()).isEqualTo(200);
        assertThat(items(get("/v1/feed/9?slots=200&filter=author_id%20%3D%3D%20%22a%22")))
                .containsExactly("fresh");
        assertThat(get("/v1/videos/fresh/similar?slots=3").path("similar")).hasSize(3);

        assertThat(send("POST", "/v1/videos/fresh/hide", "{\"hidden\": true}").statusCode())
                .isEqualTo(200);
        assertThat(items(get("/v1/feed/9?slots=200"))).doesNotContain("fresh");
        assertThat(send("POST", "/v1/videos/fresh/hide", "{\"hidden\": false}").statusCode())
                .isEqualTo(200);
        assertThat(send("DELETE", "/v1/videos/fresh", "").statusCode()).isEqualTo(200);
        assertThat(items(get("/v1/feed/9?slots=200"))).doesNotContain("fresh");
        assertThat(send("GET", "/v1/videos/fresh", "").statusCode()).isEqualTo(404);
    }

    @Test
    void contributionsAndBaseSumToTheRawScore() throws IOException, InterruptedException {
        JsonNode head = get("/v1/explain/3/5").path("heads").path("watch");
        double sum = 0;
        for (JsonNode contribution : head.path("contributions")) {
            sum += contribution.path("contribution").asDouble();
        }
        // The raw score of the watch head is an amount; the calibrated one may differ, but not by much.
        assertThat(sum).isCloseTo(head.path("score").asDouble(), within(0.6));
        assertThat(sum).isBetween(0.5, 8.0);
    }

    @Test
    void theOpenApiDocumentListsWhatIsServed() throws IOException, InterruptedException {
        JsonNode paths = get("/openapi.json").path("paths");
        assertThat(paths.size()).isGreaterThan(10);
        for (var path : paths.properties()) {
            for (var operation : path.getValue().properties()) {
                String concrete = path.getKey().replaceAll("\\{\\w+}", "1");
                String body = operation.getValue().has("requestBody") ? "{}" : "";
                HttpResponse<String> response = send(operation.getKey().toUpperCase(Locale.ROOT), concrete, body);
                boolean isServed = response.statusCode() != 405
                        && (response.statusCode() != 404 || response.body().contains("is known"));
                assertThat(isServed)
                        .as(operation.getKey() + " " + path.getKey() + " " + response.statusCode())
                        .isTrue();
            }
        }
    }

    @Test
    void healthAndMetricsAreServed() throws IOException, InterruptedException {
        assertThat(get("/health/live").path("status").asText()).isEqualTo("up");
        assertThat(get("/health/ready").path("status").asText()).isEqualTo("ready");
        get("/v1/feed/1");
        assertThat(send("GET", "/metrics", "").body()).contains("rankwright_stage_seconds_count{stage=\"total\"}");
    }

    @Test
    void aRequestThatIsAddressedToAnotherNameIsRefused() throws IOException, InterruptedException {
        Process curl =
                new ProcessBuilder("curl", "-s", "-H", "Host: evil.example", running.address() + "/v1/feed/1").start();
        String body = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(curl.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(body).contains("403");
    }

    @Test
    void aSecondProcessIsRefusedWithThePidOfTheFirst() {
        Result second = Command.run(scratch, "run", application.toString(), "--port", "0");

        assertThat(second.exitCode()).isEqualTo(3);
        assertThat(second.err())
                .contains("in use by the process " + running.process().pid());
    }

    @Test
    void aPortInUseIsTold() {
        String port = running.address().substring(running.address().lastIndexOf(':') + 1);
        Path other = Command.smallApplication(scratch.resolve("other"));

        Result second = Command.run(scratch, "run", other.toString(), "--port", port);

        assertThat(second.exitCode()).isEqualTo(3);
        assertThat(second.err()).contains("the port " + port + " is in use").doesNotContain("\tat ");
        assertNothingWasBegun(other);
    }

    @Test
    void beyondLoopbackTheServerDoesNotListenWithoutKeys() {
        Path other = Command.smallApplication(scratch.resolve("open"));

        Result refused = Command.run(scratch, "run", other.toString(), "--host", "0.0.0.0", "--port", "0");

        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("without keys");
        assertNothingWasBegun(other);
    }

    private static void assertNothingWasBegun(Path application) {
        assertThat(Home.state(application.resolve(".rankwright"), true).resolve("log"))
                .doesNotExist();
    }

    @Test
    void modelsAreListed_andASecondPromotionChangesNothing() {
        Result listed = Command.run(scratch, "models", application.toString());
        assertThat(listed.exitCode()).isZero();
        assertThat(listed.out()).contains("v1").contains("live").contains("simulated");
        assertThat(Command.run(scratch, "promote", application.toString(), "v1").exitCode())
                .isZero();
        Result nothing = Command.run(scratch, "rollback", application.toString());
        assertThat(nothing.exitCode()).isEqualTo(2);
        assertThat(nothing.err()).contains("no version was live before");
        assertThat(Command.run(scratch, "promote", application.toString(), "v9").err())
                .contains("no version v9");
    }

    @Test
    void thePagesWork_lightAndDark_narrowAndByKeyboard() throws IOException {
        Command.inChromium(browser -> {
            for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                Page page = browser.newContext(new Browser.NewContextOptions()
                                .setColorScheme(scheme)
                                .setViewportSize(380, 800))
                        .newPage();
                var errors = new ArrayList<String>();
                page.onPageError(errors::add);
                page.onConsoleMessage(message -> {
                    if (message.type().equals("error")) {
                        errors.add(message.text());
                    }
                });
                overview(page);
                for (String other : List.of("models", "experiments", "features", "data", "live")) {
                    page.navigate(running.address() + "/" + other);
                    assertThat(page.locator("nav a[aria-current]").textContent())
                            .isEqualToIgnoringCase(other);
                    fitsItsWidth(page);
                }
                watchByKeyboard(page, scheme == ColorScheme.LIGHT ? "21" : "22");
                assertThat(errors).isEmpty();
            }
        });
    }

    private static void overview(Page page) {
        page.navigate(running.address() + "/");
        assertThat(page.locator(".steps > li").count()).isEqualTo(7);
        assertThat(page.locator(".banner").textContent()).contains("Simulated");
        assertThat(page.locator("table").first().textContent())
                .contains("click.auc")
                .contains("item_knn");
        fitsItsWidth(page);
    }

    private static void watchByKeyboard(Page page, String user) {
        page.navigate(running.address() + "/feed?subject=" + user);
        String item = page.locator(".card").first().getAttribute("data-item");
        fitsItsWidth(page);
        page.locator(".card button[value=Watch]").first().focus();
        page.keyboard().press("Enter");
        page.locator(".told").waitFor();
        assertThat(page.locator(".told").textContent()).contains(item);
        assertThat(page.locator("#history li").first().textContent()).startsWith(item + " ");
        assertThat(page.locator(".card[data-item='" + item + "']").count()).isZero();
    }

    private static void fitsItsWidth(Page page) {
        Object width = page.evaluate("document.documentElement.scrollWidth");
        assertThat(((Number) width).intValue()).isLessThanOrEqualTo(380);
    }
}
