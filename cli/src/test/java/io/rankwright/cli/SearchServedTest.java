package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Page;
import io.rankwright.cli.Command.Result;
import io.rankwright.cli.Command.Running;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A search as a user meets it: the command, the API and the page, over the pages of this project. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SearchServedTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path scratch;

    private static Path application;
    private static Running running;

    @BeforeAll
    static void run() throws IOException {
        application = Command.application("paper-search", scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace("pages: ../../docs, queries: 400", "pages: pages, queries: 200")
                        .replace("epochs: 60", "epochs: 5")
                        .replace("[100, 150, 200, 250]", "[40, 80]"));
        Command.copy(Path.of("../docs/decisions"), application.resolve("pages"));
        running = Command.serve(scratch, application.toString(), "--port", "0");
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static JsonNode search(String query, String more) throws IOException, InterruptedException {
        return running.get("/v1/search?q=" + URLEncoder.encode(query, StandardCharsets.UTF_8) + more);
    }

    private static List<String> ids(JsonNode answer) {
        var ids = new ArrayList<String>();
        answer.path("results").forEach(result -> ids.add(result.path("id").asText()));
        return ids;
    }

    @Test
    @Order(1)
    void aQueryIsAnsweredExplainedAndSaysThatItsDataAreMade() throws IOException, InterruptedException {
        // A page's own title: fewer words are another page's as well, whichever of these pages changes.
        String title = "feature state is rebuilt from the log at each start";
        JsonNode answer = search(title, "&explain=true&size=3");

        assertThat(answer.path("data").asText()).isEqualTo("simulated");
        assertThat(ids(answer)).hasSize(3);
        assertThat(ids(answer).getFirst()).contains("feature-state-is-rebuilt");
        assertThat(answer.path("results").get(0).path("words").asInt()).isPositive();
        assertThat(answer.path("results").get(0).path("highlight").asText()).contains("<em>");
        assertThat(answer.path("facets").path("length")).hasSize(3);
        assertThat(answer.path("degraded")).isEmpty();
        assertThat(ids(search(title, "&size=3"))).isEqualTo(ids(answer));
    }

    @Test
    @Order(2)
    void filtersAndPagesOfAnAnswerFitTogether() throws IOException, InterruptedException {
        List<String> six = ids(search("model", "&size=6"));
        assertThat(ids(search("model", "&size=3&from=3"))).isEqualTo(six.subList(3, 6));

        JsonNode narrow = search("model", "&length=..40");
        assertThat(narrow.path("facets").path("length").get(1).path("count").asInt())
                .isZero();
    }

    @Test
    @Order(3)
    void whatIsWrongIsSaid() throws IOException, InterruptedException {
        for (String path : List.of(
                "/v1/search?q=", "/v1/search?q=a&size=0", "/v1/search?q=a&length=short", "/v1/search?q=a&colour=red")) {
            HttpResponse<String> response = running.send("GET", path, "");
            assertThat(response.statusCode()).as(path).isEqualTo(400);
            assertThat(response.body()).as(path).contains("expected");
        }
        assertThat(running.send("POST", "/v1/events", "{\"answer\": \"none\", \"item\": \"1\"}")
                        .statusCode())
                .isEqualTo(422);
        assertThat(running.get("/openapi.json").path("paths").has("/v1/search")).isTrue();
    }

    @Test
    @Order(4)
    void whatIsPutIsFoundAtOnce_andWhatIsDeletedIsGone() throws IOException, InterruptedException {
        String paper =
                "{\"title\": \"Zebrafish hearts\", \"text\": \"Zebrafish regenerate their hearts within weeks.\"}";
        assertThat(running.send("PUT", "/v1/papers/zebra", paper).statusCode()).isEqualTo(200);
        assertThat(ids(search("zebrafish hearts", "")).getFirst()).isEqualTo("zebra");

        assertThat(running.send("PUT", "/v1/papers/zebra", "{\"titel\": \"x\"}").statusCode())
                .isEqualTo(422);
        assertThat(running.send("DELETE", "/v1/papers/zebra", "").statusCode()).isEqualTo(200);
        assertThat(ids(search("zebrafish hearts", ""))).doesNotContain("zebra");
        assertThat(running.send("GET", "/v1/papers/zebra", "").statusCode()).isEqualTo(404);
    }

    /** Everybody who asks wants what stands fifth; the next version is taught beside the server and knows it. */
    @Test
    @Order(5)
    void clicksTeachTheNextVersion_andItServesWithoutARestart() throws IOException, InterruptedException {
        String query = "how events come to be in the log";
        String wanted = ids(search(query, "")).get(4);
        for (int i = 0; i < 30; i++) {
            JsonNode answer = search(query, "");
            HttpResponse<String> taken = running.send(
                    "POST",
                    "/v1/events",
                    "{\"answer\": \"" + answer.path("answer").asText() + "\", \"item\": \"" + wanted + "\"}");
            assertThat(taken.statusCode()).as(taken.body()).isEqualTo(202);
            assertThat(JSON.readTree(taken.body()).path("accepted").asInt()).isEqualTo(1);
        }

        Result trained = Command.run(scratch, "train", application.toString());
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        assertThat(trained.err()).contains("clicks").contains("300 items shown in 1 queries");
        assertThat(trained.out()).contains("v2");
        assertThat(Command.run(scratch, "promote", application.toString(), "v2").exitCode())
                .isZero();
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!running.get("/v1/version").path("id").asText().equals("2")) {
            assertThat(System.nanoTime()).as("v2 serves in time").isLessThan(deadline);
        }
        assertThat(search(query, "").path("model").asText()).isEqualTo("v2");
        assertThat(Command.run(scratch, "models", application.toString(), "--card", "v2")
                        .out())
                .contains("For a query it orders papers");
        assertThat(Command.run(scratch, "rollback", application.toString()).exitCode())
                .isZero();
    }

    @Test
    @Order(6)
    void thePageIsSearchedByKeyboard_narrowAndWide() {
        Command.inChromium(browser -> {
            for (int width : new int[] {1200, 380}) {
                Page page = browser.newPage();
                page.setViewportSize(width, 900);
                page.navigate(running.address() + "/search");
                page.keyboard().press("/");
                page.keyboard().type("feature state");
                page.keyboard().press("Enter");
                page.waitForSelector(".results .card");
                assertThat(page.locator(".results .card").count()).isEqualTo(10);
                assertThat(page.locator(".passage em").first().textContent()).isNotBlank();
                assertThat(page.locator(".banner").textContent()).contains("Simulated");
                assertThat((int) page.evaluate("document.documentElement.scrollWidth"))
                        .isLessThanOrEqualTo(width);
                page.locator(".filters a").first().click();
                page.waitForSelector(".filters a[aria-current]");
                page.locator(".acts button").first().click();
                page.waitForSelector("text=Noted");
                page.navigate(running.address() + "/");
                assertThat(page.locator(".steps > li").count()).isEqualTo(7);
                page.close();
            }
        });
    }

    @Test
    @Order(7)
    void theReportTellsTheSevenStepsInItsOwnNumbers() throws IOException {
        Result report = Command.run(
                scratch,
                "report",
                application.toString(),
                "--out",
                scratch.resolve("report").toString());

        assertThat(report.exitCode()).as(report.err()).isZero();
        String markdown = Files.readString(scratch.resolve("report/paper-search.md"));
        assertThat(markdown)
                .contains("## 7. Serving")
                .contains("| search.ndcg@10 |")
                .contains("Simulated data")
                .contains("(paper-search-lists.svg)");
        assertThat(Files.readString(scratch.resolve("report/paper-search.html")))
                .contains("<svg")
                .contains("</html>");
        assertThat(Files.readString(scratch.resolve("report/paper-search-lists.svg")))
                .contains("http://www.w3.org/2000/svg");
    }

    /** A vector of the query cannot be had in no time: the words alone are looked for. */
    @Test
    @Order(9)
    void aStageThatIsLateIsLeftOutAndNamed() throws IOException, InterruptedException {
        running.close();
        Path yaml = application.resolve("app.yaml");
        Files.writeString(yaml, Files.readString(yaml) + "  budget: { understand: 0ms }\n");
        running = Command.serve(scratch, application.toString(), "--no-train", "--port", "0");

        JsonNode answer = search("why feature state is rebuilt from the log", "&size=3");

        assertThat(ids(answer)).hasSize(3);
        assertThat(answer.path("results")).allSatisfy(result -> {
            assertThat(result.path("words").asInt()).isPositive();
            assertThat(result.path("meaning").asInt()).isZero();
        });
        assertThat(answer.path("degraded"))
                .extracting(JsonNode::asText)
                .containsExactly("understand: deadline of 0 ms");
        assertThat(running.send("GET", "/metrics", "").body())
                .contains("rankwright_degraded_total{stage=\"understand\"} 1.0")
                .contains("rankwright_degraded_total{stage=\"retrieve\"} 0.0");
    }

    @Test
    @Order(8)
    void whatNeedsAFeedSaysSo() {
        Result batch = Command.run(scratch, "batch", application.toString(), "--out", "x.parquet");
        assertThat(batch.exitCode()).isEqualTo(2);
        assertThat(batch.err()).contains("is of the task search").doesNotContain("\tat ");
    }
}
