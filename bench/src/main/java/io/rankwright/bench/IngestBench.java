package io.rankwright.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * How many events a second a running server takes in, and how long after its acknowledgement an event is in the features
 * of the next request: at once where state is in memory, else when nothing of the log is missing in the store.
 */
final class IngestBench {
    private static final int CLIENTS = 2;
    private static final int BATCH = 200;
    private static final int SINGLES = 500;
    private static final Pattern LAG = Pattern.compile("^rankwright_store_lag (\\S+)$", Pattern.MULTILINE);

    private IngestBench() {}

    static void run(String address, int batches) throws IOException, InterruptedException, ExecutionException {
        HttpClient http = HttpClient.newHttpClient();
        long first = System.nanoTime();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Callable<Boolean>> work = new ArrayList<>();
            for (int c = 0; c < CLIENTS; c++) {
                int client = c;
                work.add(() -> {
                    for (int b = client; b < batches; b += CLIENTS) {
                        int batch = b;
                        post(
                                http,
                                address,
                                IntStream.range(0, BATCH)
                                        .mapToObj(i -> event(batch * BATCH + i))
                                        .collect(Collectors.joining(",", "{\"events\": [", "]}")));
                    }
                    return true;
                });
            }
            for (Future<Boolean> done : clients.invokeAll(work)) {
                done.get();
            }
        }
        double seconds = (System.nanoTime() - first) / 1e9;
        System.out.printf(
                "%,d events in batches of %d: %,.0f events/s%n", batches * BATCH, BATCH, batches * BATCH / seconds);
        while (lag(http, address) > 0) {
            Thread.onSpinWait();
        }
        System.out.printf("in the features: %,.0f events/s%n", batches * BATCH / ((System.nanoTime() - first) / 1e9));
        var acknowledged = new Histogram(3);
        var visible = new Histogram(3);
        for (int i = 0; i < SINGLES; i++) {
            long start = System.nanoTime();
            post(http, address, event(10_000_000 + i));
            long answered = System.nanoTime();
            while (lag(http, address) > 0) {
                Thread.onSpinWait();
            }
            acknowledged.recordValue(answered - start);
            visible.recordValue(System.nanoTime() - answered);
        }
        print("one event: until it is acknowledged", acknowledged);
        print("from then until it is in the features, one look at the metrics included", visible);
    }

    private static String event(int i) {
        return "{\"user_id\": \"%d\", \"video_id\": \"%d\", \"play_time_ms\": %d, \"tab\": \"1\"}"
                .formatted(1 + i % 997, 1 + i * 31L % 7001, 1000 + i % 60_000);
    }

    private static void post(HttpClient http, String address, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(address + "/v1/events"))
                .POST(BodyPublishers.ofString(body))
                .header("Content-Type", "application/json")
                .build();
        var response = http.send(request, BodyHandlers.ofString());
        if (response.statusCode() != 202) {
            throw new IOException(response.statusCode() + ": " + response.body());
        }
    }

    private static double lag(HttpClient http, String address) throws IOException, InterruptedException {
        Matcher lag = LAG.matcher(http.send(
                        HttpRequest.newBuilder(URI.create(address + "/metrics")).build(), BodyHandlers.ofString())
                .body());
        return lag.find() ? Double.parseDouble(lag.group(1)) : 0;
    }

    private static void print(String what, Histogram histogram) {
        System.out.printf(
                "%s: p50 %.1f ms, p99 %.1f ms%n",
                what, histogram.getValueAtPercentile(50) / 1e6, histogram.getValueAtPercentile(99) / 1e6);
    }
}
