package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Page;
import io.rankwright.cli.Command.Result;
import io.rankwright.cli.Command.Running;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A score as its users meet it: the command, the API, the queue of reviews, on cases that the engine made. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ScoreServedTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path scratch;

    private static Path application;
    private static Running running;
    private static List<String> texts;

    @BeforeAll
    static void run() throws IOException {
        application = Command.application("harmful-content", scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace("cases: 6000", "cases: 900")
                        .replace("rounds: 200", "rounds: 30")
                        .replace("dim: 128, epochs: 4", "dim: 16, epochs: 2")
                        .replaceFirst("gates: +\\[.*\\]", "gates: [ \"hate.auc > 0.6\", \"hate.ece <= 0.1\" ]"));
        running = Command.serve(scratch, application.toString(), "--port", "0");
        try (var in = new GZIPInputStream(Files.newInputStream(
                application.resolve(".rankwright/simulated/data/hate-speech/labeled_data.csv.gz")))) {
            texts = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .skip(1)
                    .map(line -> line.substring(line.lastIndexOf(',') + 1).replace("\"", ""))
                    .toList();
        }
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static JsonNode post(String path, Object body, int status) throws IOException, InterruptedException {
        HttpResponse<String> response = running.send("POST", path, JSON.writeValueAsString(body));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }

    @Test
    @Order(1)
    void aCaseGetsProbabilitiesAndAnAction() throws IOException, InterruptedException {
        var actions = new LinkedHashSet<String>();
        for (int i = 0; i < 300; i++) {
            JsonNode result = post("/v1/score", Map.of("id", "c" + i, "tweet", texts.get(i)), 200);
            double sum = 0;
            for (JsonNode probability : result.path("probabilities")) {
                assertThat(probability.asDouble()).isBetween(0.0, 1.0);
                sum += probability.asDouble();
            }
            assertThat(sum).isBetween(0.999, 1.001);
            assertThat(result.path("data").asText()).isEqualTo("simulated");
            actions.add(result.path("action").asText());
        }
        assertThat(actions).contains("allow", "review", "demote");
        JsonNode many = post("/v1/score", Map.of("cases", List.of(Map.of("tweet", "a b"), Map.of("twit", "c"))), 200);
        assertThat(many.path("results").get(0).path("action").asText()).isNotEmpty();
        assertThat(many.path("results").get(1).path("error").asText()).contains("'twit'");
    }

    @Test
    @Order(2)
    void theSameCaseScoresTheSame_andWhyAddsUpToIt() throws IOException, InterruptedException {
        JsonNode once = post("/v1/score", Map.of("tweet", texts.get(5)), 200);
        JsonNode again = post("/v1/score", Map.of("tweet", texts.get(5)), 200);
        assertThat(again.path("probabilities")).isEqualTo(once.path("probabilities"));

        JsonNode why = post("/v1/explain", Map.of("tweet", texts.get(5)), 200).path("labels");
        assertThat(why).hasSize(3);
        assertThat(why.get(0).path("words")).isNotEmpty();
        assertThat(why.get(0).path("inputs").has("linear.hate")).isTrue();
        assertThat(why.get(0).path("inputs").has("network")).isTrue();
    }

    @Test
    @Order(3)
    void theQueueShowsIdsAndScores_neverWords() throws IOException, InterruptedException {
        HttpResponse<String> reviews = running.send("GET", "/v1/reviews?limit=50", "");
        JsonNode cases = JSON.readTree(reviews.body()).path("cases");

        assertThat(cases).isNotEmpty();
        double before = Double.POSITIVE_INFINITY;
        for (JsonNode one : cases) {
            assertThat(one.path("priority").asDouble()).isLessThanOrEqualTo(before);
            before = one.path("priority").asDouble();
        }
        int first = Integer.parseInt(cases.get(0).path("id").asText().substring(1));
        assertThat(reviews.body()).doesNotContain(texts.get(first));
        assertThat(Files.readString(application.resolve(".rankwright/simulated/journal.jsonl")))
                .doesNotContain(texts.get(first));
        assertThat(running.get("/v1/posts/c" + first).path("tweet").asText()).isEqualTo(texts.get(first));
    }

    @Test
    @Order(4)
    void aVerdictIsTaken_anAppealIsSeenFirst_andNotByTheSameReviewer() throws IOException, InterruptedException {
        JsonNode reviews = running.get("/v1/reviews");
        String id = reviews.path("cases").get(1).path("id").asText();
        int waiting = reviews.path("waiting").asInt();

        assertThat(post("/v1/verdicts", Map.of("case", id, "labels", List.of("hate"), "reviewer", "ann"), 202)
                        .path("action")
                        .asText())
                .isEqualTo("block");
        assertThat(running.get("/v1/reviews").path("waiting").asInt()).isEqualTo(waiting - 1);
        post("/v1/appeals", Map.of("case", id, "reason", "it was a quotation"), 202);
        assertThat(running.get("/v1/reviews").path("cases").get(0).path("id").asText())
                .isEqualTo(id);
        post("/v1/verdicts", Map.of("case", id, "labels", List.of("neither"), "reviewer", "ann"), 400);
        assertThat(post("/v1/verdicts", Map.of("case", id, "labels", List.of("neither"), "reviewer", "bob"), 202)
                        .path("action")
                        .asText())
                .isEqualTo("allow");
        post("/v1/verdicts", Map.of("case", id, "labels", List.of("hate", "neither"), "reviewer", "bob"), 400);
        post("/v1/verdicts", Map.of("case", "unknown", "labels", List.of("hate"), "reviewer", "bob"), 400);

        JsonNode audit = running.get("/v1/posts/" + id + "/audit").path("entries");
        assertThat(audit).hasSize(4);
        assertThat(audit.findValuesAsText("kind")).containsExactly("decision", "verdict", "appeal", "verdict");
    }

    @Test
    @Order(5)
    void anEditedCaseIsJudgedByItsNewWords() throws IOException, InterruptedException {
        String edited = "";
        for (int i = 0; edited.isEmpty(); i++) {
            String first = texts.get(300 + i);
            post("/v1/score", Map.of("id", "edited" + i, "tweet", first), 200);
            JsonNode again = post("/v1/score", Map.of("id", "edited" + i, "tweet", first + " " + texts.get(5)), 200);
            if (!again.path("action").asText().equals("allow")) {
                edited = "edited" + i;
                assertThat(running.get("/v1/posts/" + edited).path("tweet").asText())
                        .isEqualTo(first + " " + texts.get(5));
                assertThat(running.get("/v1/posts/" + edited + "/audit").path("entries"))
                        .hasSize(2);
            }
        }
    }

    @Test
    @Order(6)
    void theQueueIsWorkedByKeyboard() {
        Command.inChromium(browser -> {
            for (int width : new int[] {1200, 380}) {
                Page page = browser.newPage();
                page.setViewportSize(width, 900);
                page.navigate(running.address() + "/review");
                String first = page.locator(".case").getAttribute("data-case");
                assertThat(page.locator(".words").count()).isZero();
                // The verdict is given the moment the words are there: a reviewer who is that quick loses nothing.
                page.evaluate("""
                        new MutationObserver((_, watch) => {
                          if (!document.querySelector(".words span")) return;
                          watch.disconnect();
                          document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "3", bubbles: true }));
                        }).observe(document.body, { childList: true, subtree: true })""");
                page.keyboard().press("s");
                page.waitForSelector("text=" + first + ": neither");
                assertThat(page.locator(".case").getAttribute("data-case")).isNotEqualTo(first);
                assertThat((int) page.evaluate("document.documentElement.scrollWidth"))
                        .isLessThanOrEqualTo(width);
                page.navigate(running.address() + "/try");
                page.fill("textarea", texts.get(7));
                page.click("text=Score");
                page.waitForSelector("#tried .words span");
                page.navigate(running.address() + "/policy");
                assertThat(page.locator("tbody").first().locator("tr").count()).isEqualTo(3);
                page.navigate(running.address() + "/");
                assertThat(page.locator("figure svg").count()).isEqualTo(3);
                page.close();
            }
        });
    }

    /** What waits and what was said are there after a kill; the next version learns from the verdicts. */
    @Test
    @Order(7)
    void aKilledServerKnowsItsQueue_andTheNextVersionLearnsFromVerdicts() throws Exception {
        JsonNode before = running.get("/v1/reviews?limit=1000");
        running.process().destroyForcibly().waitFor();
        running = Command.serve(scratch, application.toString(), "--port", "0");

        JsonNode after = running.get("/v1/reviews?limit=1000");
        assertThat(after.path("cases")).isEqualTo(before.path("cases"));
        assertThat(after.path("judged")).isEqualTo(before.path("judged"));
        assertThat(Files.readString(running.err())).contains("3 more that reviewers have judged");
        assertThat(running.get("/v1/version").path("id").asInt()).isEqualTo(2);
        Result report = Command.run(
                scratch,
                "report",
                application.toString(),
                "--out",
                scratch.resolve("report").toString());
        assertThat(report.exitCode()).as(report.err()).isZero();
        assertThat(Files.readString(scratch.resolve("report/harmful-content.md")))
                .contains("| block | hate |");
    }
}
