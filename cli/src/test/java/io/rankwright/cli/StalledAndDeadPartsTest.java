package io.rankwright.cli;

import static io.rankwright.cli.Onnx.floats;
import static io.rankwright.cli.Onnx.longs;
import static io.rankwright.cli.Onnx.node;
import static io.rankwright.cli.Onnx.rows;
import static io.rankwright.cli.Onnx.scalar;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.JsonNode;
import io.rankwright.cli.Command.Running;
import io.rankwright.dev.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A ranker that stalls for seconds, and one that fails: a network from elsewhere does so where a request comes from the
 * surface {@code stall} or {@code die}, and serves all others.
 */
class StalledAndDeadPartsTest {
    /** All stages together, as the home feed is shipped. */
    private static final String BUDGET = "budget: { retrieve: 40ms, rank: 60ms, rerank: 10ms }";

    private static final double STALL_MILLIS = 2_000;
    private static final double DEADLINE_MILLIS = 110;

    @TempDir
    static Path scratch;

    private static Running running;

    @BeforeAll
    static void serve() throws IOException, InterruptedException {
        Path application = Command.smallApplication(scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(yaml, Files.readString(yaml).replace(Command.BUDGET, BUDGET));
        String home = scratch.resolve("home").toString();
        Files.write(scratch.resolve("model.onnx"), network().toByteArray());
        Files.writeString(scratch.resolve("model.json"), """
                {"inputs": [{"feature": "user_ctr", "missing": 0.5}, {"feature": "ctr", "missing": 0.5},
                            {"feature": "watch_mean", "missing": 2}, {"feature": "tab", "categories": ["stall", "die"]}],
                 "outputs": ["watch", "click"]}""");
        succeed("run", application.toString(), "--no-serve", "--home", home);
        succeed(
                "import",
                application.toString(),
                "--model",
                scratch.resolve("model.onnx").toString(),
                "--manifest",
                scratch.resolve("model.json").toString(),
                "--home",
                home);
        succeed("promote", application.toString(), "v2", "--force", "--home", home);
        try (Running first = Command.serve(scratch, application.toString(), "--home", home, "--port", "0")) {
            for (String surface : List.of("stall", "die")) {
                String event =
                        "{\"user_id\": \"1\", \"video_id\": \"1\", \"play_time_ms\": 1, \"tab\": \"" + surface + "\"}";
                assertThat(first.send("POST", "/v1/events", "{\"events\": [" + event + "]}")
                                .statusCode())
                        .isEqualTo(202);
            }
        }
        running = Command.serve(scratch, application.toString(), "--home", home, "--port", "0");
    }

    private static void succeed(String... arguments) {
        Command.Result result = Command.run(scratch, arguments);
        assertThat(result.exitCode()).as(result.err()).isZero();
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static JsonNode feed(int user, String surface) throws IOException, InterruptedException {
        return running.get("/v1/feed/" + user + "?slots=10&tab=" + surface);
    }

    @Test
    void whileTheRankerStalls_answersComeWithinTheirDeadline_andSaySo() throws IOException, InterruptedException {
        assertThat(feed(5, "1").path("version").asText()).isEqualTo("v2");
        var latencies = new Latencies();
        for (int i = 0; i < Faults.times(40, 400); i++) {
            long start = System.nanoTime();
            JsonNode feed = feed(i % 300, "stall");
            latencies.add(System.nanoTime() - start);
            assertThat(feed.path("slots")).hasSize(10);
            assertThat(feed.path("degraded").toString()).as(feed.toString()).contains("rank");
        }
        System.out.printf(
                "ranker stalls 2 s: %d answers, all degraded, none failed, p50 %.0f ms, p99 %.0f ms%n",
                latencies.count(), latencies.percentile(0.5), latencies.percentile(0.99));
        // However slow the machine: nobody waits for what stalls.
        assertThat(latencies.percentile(0.5)).isLessThan(STALL_MILLIS / 2);
        if (Faults.isFull()) {
            assertThat(latencies.percentile(0.99)).isLessThan(DEADLINE_MILLIS + 20);
        }
    }

    @Test
    void withADeadRanker_answersAreNotEmpty_andSaySo() throws IOException, InterruptedException {
        int empty = 0;
        int answers = Faults.times(100, 2000);
        for (int i = 0; i < answers; i++) {
            JsonNode feed = feed(i % 300, "die");
            empty += feed.path("slots").isEmpty() ? 1 : 0;
            assertThat(feed.path("degraded").toString()).as(feed.toString()).contains("rank");
        }
        System.out.printf("ranker dead: %d of %d answers empty%n", empty, answers);
        assertThat(empty).isLessThanOrEqualTo(answers / 1000);
    }

    /**
     * Rates as in any linear network, and beside them, from the code of the surface c (0, 1: stall, 2: die): a loop of c(2-c)
     * times some millions, and a row c(c-1)50 of a table of three, which there is only for c below 2.
     */
    private static ModelProto network() {
        return Onnx.model(GraphProto.newBuilder()
                .setName("stalls")
                .addInput(rows("x", 4))
                .addInitializer(floats("w", List.of(4L, 2L), 0, 4, 0, 4, 1, -1.5f, 0, 0))
                .addInitializer(floats("table", List.of(3L), 0, 0, 0))
                .addInitializer(floats("zero", List.of(), 0))
                .addInitializer(longs("place", 3))
                .addInitializer(longs("one", 1))
                .addInitializer(longs("two", 2))
                .addInitializer(longs("fifty", 50))
                .addInitializer(longs("millions", 4_000_000))
                .addInitializer(TensorProto.newBuilder()
                        .setName("true")
                        .setDataType(TensorProto.DataType.BOOL.getNumber())
                        .addInt32Data(1))
                .addNode(node("MatMul", "y0", "x", "w"))
                .addNode(node("Gather", "surfaces", "x", "place").toBuilder()
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("axis")
                                .setType(AttributeProto.AttributeType.INT)
                                .setI(1))
                        .build())
                .addNode(node("ReduceMax", "surface", "surfaces").toBuilder()
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("keepdims")
                                .setType(AttributeProto.AttributeType.INT)
                                .setI(0))
                        .build())
                .addNode(node("Cast", "c", "surface").toBuilder()
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("to")
                                .setType(AttributeProto.AttributeType.INT)
                                .setI(TensorProto.DataType.INT64.getNumber()))
                        .build())
                .addNode(node("Sub", "less", "two", "c"))
                .addNode(node("Mul", "stalls", "c", "less"))
                .addNode(node("Mul", "trips", "stalls", "millions"))
                .addNode(node("Sub", "more", "c", "one"))
                .addNode(node("Mul", "dies", "c", "more"))
                .addNode(node("Mul", "row", "dies", "fifty"))
                .addNode(node("Gather", "found", "table", "row"))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Loop")
                        .addInput("trips")
                        .addInput("true")
                        .addInput("zero")
                        .addOutput("looped")
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("body")
                                .setType(AttributeProto.AttributeType.GRAPH)
                                .setG(body())))
                .addNode(node("Add", "y1", "y0", "found"))
                .addNode(node("Add", "y", "y1", "looped"))
                .addOutput(rows("y", 2)));
    }

    private static GraphProto body() {
        return GraphProto.newBuilder()
                .setName("body")
                .addInput(scalar("i", TensorProto.DataType.INT64))
                .addInput(scalar("goes", TensorProto.DataType.BOOL))
                .addInput(scalar("sum", TensorProto.DataType.FLOAT))
                .addNode(node("Identity", "on", "goes"))
                .addNode(node("Add", "next", "sum", "sum"))
                .addOutput(scalar("on", TensorProto.DataType.BOOL))
                .addOutput(scalar("next", TensorProto.DataType.FLOAT))
                .build();
    }
}
