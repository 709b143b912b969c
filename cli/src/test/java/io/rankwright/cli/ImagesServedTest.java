package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.FilePayload;
import io.rankwright.cli.Command.Running;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applications with images and an encoder of their own, on data that the engine made: a search and a score. */
class ImagesServedTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path scratch;

    /** A copy of an application with a column of images, and an encoder for it. */
    private Path application(String name, String contract, String column, Map<String, String> changes)
            throws IOException {
        Path application = Command.application(name, scratch);
        Path yaml = application.resolve("app.yaml");
        String text = Files.readString(yaml);
        for (var change : changes.entrySet()) {
            assertThat(text).contains(change.getKey());
            text = text.replace(change.getKey(), change.getValue());
        }
        Files.writeString(yaml, text);
        Path columns = application.resolve("contracts").resolve(contract);
        Files.writeString(columns, Files.readString(columns) + "  " + column + ": { type: image, null: allowed }\n");
        encoder(application, "means", 48, Onnx.means(8, 8));
        encoder(application, "finer", 384, Onnx.means(2, 4));
        return application;
    }

    private static void encoder(Path application, String name, int dim, ModelProto network) throws IOException {
        Path folder = Files.createDirectories(application.resolve("encoders").resolve(name));
        Files.write(folder.resolve("network.onnx"), network.toByteArray());
        Files.writeString(
                folder.resolve("encoder.yaml"), "dim: " + dim + "\nimages: { size: 32, mean: [0.5, 0.5, 0.5] }\n");
    }

    private static byte[] png(Color colour) throws IOException {
        var image = new BufferedImage(50, 40, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                image.setRGB(x, y, colour.getRGB());
            }
        }
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    private static String held(byte[] bytes) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes);
    }

    private static JsonNode post(Running running, String path, Object body, int status)
            throws IOException, InterruptedException {
        HttpResponse<String> response = running.send("POST", path, JSON.writeValueAsString(body));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return JSON.readTree(response.body());
    }

    private static List<String> ids(JsonNode answer) {
        return StreamSupport.stream(answer.path("results").spliterator(), false)
                .map(result -> result.path("id").asText())
                .toList();
    }

    private static long files(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).count();
        }
    }

    @Test
    void aSearchFindsWhatLooksAlike_byAPictureByAnItemAndOnThePage() throws IOException, InterruptedException {
        var changes = new LinkedHashMap<String, String>();
        changes.put("pages: ../../docs, queries: 400", "pages: pages, queries: 120");
        changes.put("epochs: 60", "epochs: 3");
        changes.put(
                "length:   { words: abstract }",
                "length:   { words: abstract }\n"
                        + "    look:     { embedding: paper.look, encoder: finer, asked_by: all-minilm-l6-v2 }\n"
                        + "    tint:     { embedding: paper.look, encoder: means }");
        changes.put("dense: { to: meaning", "dense: { to: look");
        changes.put("closeness:        { cosine: meaning }", "closeness:        { cosine: tint }");
        changes.put(" \"search.ndcg@10 >= bm25.ndcg@10 - 0.02\", \"search.ndcg@10 > dense.ndcg@10\",", "");
        Path application = application("paper-search", "paper.yaml", "look", changes);
        for (String page : List.of("operations.md", "monitoring.md", "score.md", "experiments.md")) {
            Files.createDirectories(application.resolve("pages"));
            Files.copy(Path.of("../docs", page), application.resolve("pages").resolve(page));
        }
        try (Running running = Command.serve(scratch, application.toString(), "--port", "0")) {
            // The sections of one page have images of one colour.
            JsonNode some = running.get("/v1/search?q=what+an+alert+means&size=1")
                    .path("results")
                    .get(0);
            String look = some.path("row").path("look").asText();
            assertThat(look).startsWith("image:");
            String page = some.path("id").asText().replaceFirst("#.*", "");
            // Words are asked of the space that has an encoder for them, and of no other.
            JsonNode asked = running.get("/v1/search?explain=true&size=100&q=what+an+alert+means")
                    .path("results");
            assertThat(asked.findValues("meaning").stream()
                            .mapToInt(JsonNode::asInt)
                            .max()
                            .orElseThrow())
                    .isGreaterThan(20);
            assertThat(asked.toString()).doesNotContainPattern("\"closeness\",\"value\":-?(0\\.[1-9]|[1-9])");

            List<String> alike = ids(running.get("/v1/search?size=2&q=" + look));
            assertThat(alike).isNotEmpty().allSatisfy(id -> assertThat(id).startsWith(page));

            String teal = held(png(new Color(0x00A0A0)));
            assertThat(running.send(
                                    "PUT",
                                    "/v1/papers/teal",
                                    JSON.writeValueAsString(Map.of("text", "A teal square.", "look", teal)))
                            .statusCode())
                    .isEqualTo(200);
            JsonNode answer = post(running, "/v1/search", Map.of("image", held(png(new Color(0x08A098)))), 200);
            assertThat(ids(answer).getFirst()).isEqualTo("teal");
            assertThat(answer.path("query").asText()).startsWith("image:").hasSize(70);
            String reference =
                    answer.path("results").get(0).path("row").path("look").asText();
            HttpResponse<String> image = running.send("GET", "/v1/images/" + reference.substring(6), "");
            assertThat(image.statusCode()).isEqualTo(200);
            assertThat(image.headers().firstValue("Content-Type")).hasValue("image/png");
            assertThat(image.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");

            post(running, "/v1/search", Map.of("image", "data:image/png;base64,AAAA"), 400);
            post(running, "/v1/search", Map.of("image", teal, "query", "both"), 400);
            assertThat(running.send("PUT", "/v1/papers/x", "{\"text\": \"a\", \"look\": \"/etc/hostname\"}")
                            .statusCode())
                    .isEqualTo(422);

            Command.inChromium(browser -> {
                Page open = browser.newPage();
                open.navigate(running.address() + "/search?q=what+an+alert+means");
                assertThat(open.locator(".results .picture img").count()).isPositive();
                open.locator("input[type=file]")
                        .setInputFiles(new FilePayload("teal.png", "image/png", unchecked(new Color(0x08A098))));
                open.waitForURL("**/search?q=image*");
                assertThat(open.locator(".results .card").first().getAttribute("data-item"))
                        .isEqualTo("teal");
                assertThat(
                                (Boolean)
                                        open.evaluate(
                                                "[...document.querySelectorAll('.picture img, .asked img')].every(i => i.complete && i.naturalWidth > 0)"))
                        .isTrue();
            });

            assertThat(running.send("DELETE", "/v1/papers/teal", "").statusCode())
                    .isEqualTo(200);
            assertThat(running.send("GET", "/v1/images/" + reference.substring(6), "")
                            .statusCode())
                    .isEqualTo(404);
        }

        // What was put and deleted is in the journal for ever; its image is gone, and need not be there again.
        try (Stream<Path> vectors = Files.list(application.resolve(".rankwright/simulated/vectors"))) {
            for (Path file : vectors.toList()) {
                Files.delete(file);
            }
        }
        try (Running again = Command.serve(scratch, application.toString(), "--port", "0")) {
            assertThat(again.send("GET", "/v1/papers/teal", "").statusCode()).isEqualTo(404);
            assertThat(ids(again.get("/v1/search?q=what+an+alert+means"))).isNotEmpty();
        }
    }

    private static byte[] unchecked(Color colour) {
        try {
            return png(colour);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aScoreLooksAtPictures_andKeepsOnlyThoseOfCasesThatWereActedOn() throws IOException, InterruptedException {
        var changes = new LinkedHashMap<String, String>();
        changes.put("cases: 6000", "cases: 600");
        changes.put("  network: { of: meaning, dim: 128, epochs: 4 }\n", "");
        changes.put("rounds: 200", "rounds: 30");
        changes.put(", \"hate.ece <= 0.02\", \"case.weighted_f1 > 0.8\"", "");
        changes.put(
                "meaning:    { embedding: post.tweet, encoder: all-minilm-l6-v2 }",
                "look:       { embedding: post.look, encoder: means }");
        changes.put(
                "runs: post.tweet, of: characters, from: 3, to: 5, at_least: 3",
                "runs: post.tweet, of: characters, from: 3, to: 3, at_least: 50");
        Path application = application("harmful-content", "post.yaml", "look", changes);
        try (Running running = Command.serve(scratch, application.toString(), "--port", "0")) {
            Path images = application.resolve(".rankwright/simulated/images");
            long before = files(images);
            assertThat(before).isEqualTo(600);

            // The first label is red in simulated cases, the others are not; the words say nothing.
            JsonNode red = post(
                    running,
                    "/v1/score",
                    Map.of("id", "red", "tweet", "nothing", "look", held(png(Color.getHSBColor(0, 0.8f, 0.7f)))),
                    200);
            JsonNode blue = post(
                    running,
                    "/v1/score",
                    Map.of("id", "blue", "tweet", "nothing", "look", held(png(Color.getHSBColor(0.236f, 0.8f, 0.7f)))),
                    200);
            assertThat(red.path("probabilities").path("hate").asDouble())
                    .isGreaterThan(0.8)
                    .isGreaterThan(blue.path("probabilities").path("hate").asDouble() + 0.5);
            assertThat(red.path("action").asText()).isNotEqualTo("allow");
            assertThat(blue.path("action").asText()).isEqualTo("allow");
            assertThat(files(images)).isEqualTo(before + 1);
            String kept = running.get("/v1/posts/red").path("look").asText();
            assertThat(running.send("GET", "/v1/images/" + kept.substring(6), "")
                            .statusCode())
                    .isEqualTo(200);
            // Again by its reference: the same.
            assertThat(post(running, "/v1/score", Map.of("tweet", "nothing", "look", kept), 200)
                            .path("probabilities"))
                    .isEqualTo(red.path("probabilities"));
            post(running, "/v1/score", Map.of("tweet", "nothing", "look", "look.png"), 400);
            post(running, "/v1/explain", Map.of("tweet", "nothing", "look", "look.png"), 400);
        }
    }
}
