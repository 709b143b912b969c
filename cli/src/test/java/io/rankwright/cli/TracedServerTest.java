package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.rankwright.cli.Command.Running;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose traces go to a collector of the OpenTelemetry protocol. */
class TracedServerTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @TempDir
    Path scratch;

    @Test
    void aRequestIsASpan_withAStageEach_inTheTraceOfWhoAsks() throws Exception {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        Map<String, String> environment = Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                        "http://127.0.0.1:" + collector.getAddress().getPort(),
                "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
                "OTEL_BSP_SCHEDULE_DELAY", "200");
        String application = Command.trainedApplication(scratch).toString();
        try (Running running = Command.serve(scratch, environment, application, "--port", "0");
                HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(running.address() + "/v1/feed/7?slots=5"))
                    .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                    .build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);

            var all = new StringBuilder();
            String id = new String(HexFormat.of().parseHex(TRACE), StandardCharsets.ISO_8859_1);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            // Stages end, and may be sent, before the request does.
            while (!all.toString().contains("rankwright.version") && System.nanoTime() < deadline) {
                String some = received.poll(1, TimeUnit.SECONDS);
                all.append(some == null ? "" : some);
            }
            assertThat(all.toString())
                    .contains(id)
                    .contains("GET /v1/feed/{subject}")
                    .contains("retrieve")
                    .contains("rerank")
                    .contains("rankwright.version");
        } finally {
            collector.stop(0);
        }
    }
}
