package io.rankwright.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A door before a server that lets in two of three requests, and tells the third to come again at once. */
final class BusyDoor implements AutoCloseable {
    private static final List<String> PASSED = List.of("X-Simulated", "Content-Type");

    private final HttpServer door;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String behind;
    private final AtomicInteger come = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    BusyDoor(String behind) throws IOException {
        this.behind = behind;
        this.door = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        door.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        door.createContext("/", this::pass);
        door.start();
    }

    String address() {
        return "http://127.0.0.1:" + door.getAddress().getPort();
    }

    int refused() {
        return refused.get();
    }

    private void pass(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (come.incrementAndGet() % 3 == 0) {
                refused.incrementAndGet();
                exchange.getResponseHeaders().set("Retry-After", "0");
                exchange.sendResponseHeaders(429, -1);
                return;
            }
            var request = HttpRequest.newBuilder(URI.create(behind + exchange.getRequestURI()))
                    .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
            PASSED.forEach(name -> exchange.getRequestHeaders()
                    .getOrDefault(name, List.of())
                    .forEach(value -> request.header(name, value)));
            HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            answer.headers()
                    .firstValue("Retry-After")
                    .ifPresent(seconds -> exchange.getResponseHeaders().set("Retry-After", seconds));
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            if (answer.body().length > 0) {
                exchange.getResponseBody().write(answer.body());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        door.stop(0);
        client.close();
    }
}
