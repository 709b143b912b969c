package io.rankwright.bench;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * A load on a running server: requests for feeds and posted events, or queries of a file, the same for the same seed. Open loop: a request
 * starts when its time has come, whether or not those before it were answered, and its latency counts from that time, so
 * that a server that stalls cannot hide it (Tene, "How NOT to Measure Latency", 2015). With {@code --peak} the loop is
 * closed: some clients ask as fast as they are answered.
 */
final class LoadBench {
    /** Few users ask often: the exponent of their popularity. */
    private static final double SKEW = 0.8;

    private final String address;
    /** What is asked of a search; empty for a feed. */
    private final List<String> queries;

    private final int users;
    private final int items;
    private final double events;
    private final HttpClient http;
    private final ConcurrentHistogram latencies =
            new ConcurrentHistogram(Duration.ofMinutes(2).toNanos(), 3);
    private final Map<Integer, LongAdder> statuses = new TreeMap<>();
    private final LongAdder degraded = new LongAdder();
    private final LongAdder failures = new LongAdder();

    private LoadBench(String address, List<String> queries, int users, int items, double events, HttpClient http) {
        this.address = address;
        this.queries = List.copyOf(queries);
        this.users = users;
        this.items = items;
        this.events = events;
        this.http = http;
        for (int status : new int[] {200, 202, 429, 500, 503}) {
            statuses.put(status, new LongAdder());
        }
    }

    /** The second column of a CSV file whose texts hold no line breaks. */
    private static List<String> queries(String file) throws IOException {
        return file.isEmpty()
                ? List.of()
                : Files.readAllLines(Path.of(file)).stream()
                        .skip(1)
                        .map(line -> line.substring(line.indexOf(',') + 1).replace("\"", ""))
                        .toList();
    }

    static void run(Options options) throws InterruptedException, IOException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                HttpClient http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .executor(threads)
                        .build()) {
            String address = options.text("address", "http://127.0.0.1:8080");
            var load = new LoadBench(
                    address,
                    queries(options.text("queries", "")),
                    options.number("users", 27_000),
                    options.number("items", 7_000),
                    options.share("events", 0.05),
                    http);
            int seconds = options.number("seconds", 30);
            long seed = options.number("seed", 1);
            int warmUp = options.number("warm-up", 10);
            int clients = options.number("peak", 0);
            if (clients > 0) {
                load.closed(threads, clients, warmUp, seed);
                load.forget();
                load.closed(threads, clients, seconds, seed + 1);
                load.print("peak, %d clients that wait for each answer".formatted(clients), seconds);
            } else {
                int rate = options.number("rate", 200);
                load.open(threads, rate, warmUp, seed);
                load.forget();
                load.open(threads, rate, seconds, seed + 1);
                load.print("%d requests/s on schedule".formatted(rate), seconds);
            }
        }
    }

    private void forget() {
        latencies.reset();
        statuses.values().forEach(LongAdder::reset);
        degraded.reset();
        failures.reset();
    }

    private void open(ExecutorService threads, int rate, int seconds, long seed) throws InterruptedException {
        var random = new SplittableRandom(seed);
        long count = (long) rate * seconds;
        var underWay = new Semaphore(0);
        long start = System.nanoTime() + 1_000_000;
        for (long i = 0; i < count; i++) {
            long scheduled = start + i * 1_000_000_000L / rate;
            HttpRequest request = request(random);
            for (long left = scheduled - System.nanoTime(); left > 0; left = scheduled - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            threads.execute(() -> {
                ask(request, scheduled);
                underWay.release();
            });
        }
        underWay.acquire((int) count);
    }

    private void closed(ExecutorService threads, int clients, int seconds, long seed) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        var done = new Semaphore(0);
        var seeds = new AtomicLong(seed * 1000);
        for (int c = 0; c < clients; c++) {
            threads.execute(() -> {
                var random = new SplittableRandom(seeds.incrementAndGet());
                while (System.nanoTime() < end) {
                    ask(request(random), System.nanoTime());
                }
                done.release();
            });
        }
        done.acquire(clients);
    }

    private HttpRequest request(SplittableRandom random) {
        if (!queries.isEmpty()) {
            String query = queries.get(random.nextInt(queries.size()));
            return HttpRequest.newBuilder(
                            URI.create(address + "/v1/search?q=" + URLEncoder.encode(query, StandardCharsets.UTF_8)))
                    .build();
        }
        int user = 1 + (int) (users * Math.pow(random.nextDouble(), 1 / (1 - SKEW)));
        if (random.nextDouble() >= events) {
            return HttpRequest.newBuilder(URI.create(address + "/v1/feed/" + user))
                    .build();
        }
        String event = "{\"user_id\": \"%d\", \"video_id\": \"%d\", \"play_time_ms\": %d, \"tab\": \"1\"}"
                .formatted(user, 1 + random.nextInt(items), 1000 + random.nextInt(60_000));
        return HttpRequest.newBuilder(URI.create(address + "/v1/events"))
                .POST(BodyPublishers.ofString(event))
                .header("Content-Type", "application/json")
                .build();
    }

    private void ask(HttpRequest request, long scheduled) {
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            if (response.statusCode() != 429) {
                latencies.recordValue(System.nanoTime() - scheduled);
            }
            statuses.getOrDefault(response.statusCode(), failures).increment();
            if (response.statusCode() == 200 && !response.body().contains("\"degraded\":[]")) {
                degraded.increment();
            }
        } catch (IOException e) {
            failures.increment();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long count(int status) {
        return statuses.getOrDefault(status, failures).sum();
    }

    private void print(String load, int seconds) {
        Histogram seen = latencies.copy();
        long good = count(200) + count(202);
        System.out.printf(
                "%s: %,.0f answers/s; p50 %.1f, p90 %.1f, p99 %.1f, p99.9 %.1f, max %.1f ms; degraded %.2f%%;"
                        + " 429 %d, 5xx %d, failed %d%n",
                load,
                good / (double) seconds,
                seen.getValueAtPercentile(50) / 1e6,
                seen.getValueAtPercentile(90) / 1e6,
                seen.getValueAtPercentile(99) / 1e6,
                seen.getValueAtPercentile(99.9) / 1e6,
                seen.getMaxValue() / 1e6,
                100.0 * degraded.sum() / Math.max(1, count(200)),
                count(429),
                count(500) + count(503),
                failures.sum());
    }
}
