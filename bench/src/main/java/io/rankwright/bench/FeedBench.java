package io.rankwright.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/** One client asks a running server for feeds, one after the other: {@code feed http://127.0.0.1:8080 [requests]}. */
final class FeedBench {
    private static final int WARM_UP = 2000;

    private FeedBench() {}

    static void run(String address, int requests) throws IOException, InterruptedException {
        var random = new SplittableRandom(1);
        var histogram = new Histogram(3);
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (int i = 0; i < WARM_UP + requests; i++) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/v1/feed/" + random.nextInt(27_000)))
                        .build();
                long start = System.nanoTime();
                HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
                long nanos = System.nanoTime() - start;
                if (response.statusCode() != 200) {
                    throw new IllegalStateException("status " + response.statusCode());
                }
                if (i >= WARM_UP) {
                    histogram.recordValue(nanos);
                }
            }
        }
        System.out.printf(
                "feed, one client, %d requests: p50 %.1f ms, p90 %.1f ms, p99 %.1f ms, max %.1f ms%n",
                requests,
                histogram.getValueAtPercentile(50) / 1e6,
                histogram.getValueAtPercentile(90) / 1e6,
                histogram.getValueAtPercentile(99) / 1e6,
                histogram.getMaxValue() / 1e6);
    }
}
