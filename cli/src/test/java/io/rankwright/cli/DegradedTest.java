package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Running;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A stage whose deadline is over before it begins stands for one that stalls: the request is answered all the same. */
class DegradedTest {
    @TempDir
    Path scratch;

    private static JsonNode post(HttpClient client, Running running, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(running.address() + "/v1/feed"))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return new ObjectMapper()
                .readTree(client.send(request, HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    @Test
    void whatIsPinnedIsShown_evenIfNoSourceNamedIt() throws IOException, InterruptedException {
        Path application = Command.trainedApplication(scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(yaml, Files.readString(yaml).replaceAll("candidates: \\d+", "candidates: 5"));
        try (Running running = Command.serve(scratch, application.toString(), "--no-train", "--port", "0");
                HttpClient client = HttpClient.newHttpClient()) {
            Set<String> named = new HashSet<>();
            post(client, running, "{\"user\": \"nobody\", \"slots\": 200}")
                    .path("slots")
                    .forEach(slot -> named.add(slot.path("item").asText()));
            String unnamed = IntStream.rangeClosed(1, 300)
                    .mapToObj(Integer::toString)
                    .filter(item -> !named.contains(item))
                    .findFirst()
                    .orElseThrow();

            JsonNode slot = post(
                            client,
                            running,
                            "{\"user\": \"nobody\", \"slots\": 3, \"rules\": [{\"pin\": {\"item\": \"" + unnamed
                                    + "\", \"slot\": 1}}]}")
                    .path("slots")
                    .path(1);

            assertThat(slot.path("item").asText()).isEqualTo(unnamed);
            assertThat(slot.path("sources").path(0).asText()).isEqualTo("pinned");
        }
    }

    /** Answers of a server with little time, until one is degraded: how late a machine is, is not ours to say. */
    private List<JsonNode> feedsWith(String budget) throws IOException, InterruptedException {
        Path application = Command.trainedApplication(scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(yaml, Files.readString(yaml).replace(Command.BUDGET, budget));
        var feeds = new ArrayList<JsonNode>();
        try (Running running = Command.serve(scratch, application.toString(), "--no-train", "--port", "0");
                HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(running.address() + "/v1/feed/3?slots=10"))
                    .build();
            do {
                feeds.add(new ObjectMapper()
                        .readTree(client.send(request, HttpResponse.BodyHandlers.ofString())
                                .body()));
            } while (feeds.getLast().path("degraded").isEmpty() && feeds.size() < 300);
        }
        return feeds;
    }

    @Test
    void whenTheRankerStalls_theFusedOrderAnswers_andTheAnswerSaysSo() throws IOException, InterruptedException {
        List<JsonNode> feeds = feedsWith("budget: { retrieve: 2s, rank: 0ms, rerank: 2s }");

        assertThat(feeds).allSatisfy(feed -> assertThat(feed.path("slots")).hasSize(10));
        assertThat(feeds.getLast().path("degraded").toString()).contains("rank: deadline of 0 ms");
    }

    @Test
    void whenASourceIsLate_theOthersAnswer_andTheAnswerSaysSo() throws IOException, InterruptedException {
        List<JsonNode> feeds = feedsWith("budget: { retrieve: 0ms, rank: 2s, rerank: 2s }");

        assertThat(feeds).allSatisfy(feed -> assertThat(feed.path("slots")).hasSize(10));
        assertThat(feeds.getLast().path("degraded").toString()).containsPattern("retrieve\\.\\w+: deadline");
    }
}
