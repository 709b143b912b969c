package io.rankwright.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.pipeline.Audience;
import io.rankwright.cli.pipeline.Reporter;
import io.rankwright.log.EventLog;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rankwright simulate}: an audience with hidden tastes that watches what a server serves. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        description =
                "Lets a simulated audience watch the feed of a running server and post what it does, through the HTTP"
                        + " API: experiments, canaries and alarms have something to see. Everything that is made of its events is"
                        + " labelled; use a server whose log you can throw away.")
final class SimulateCommand implements Callable<Integer> {
    private static final int TOO_MANY = 429;
    /** How often who is told to come again does so. */
    private static final int MOST_RETURNS = 5;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int AT_ONCE = 16;
    private static final double FASTEST = 100_000;
    private static final double SECONDS_A_DAY = 86_400;
    private static final Fault NO_FAULT = new Fault("", 1);

    @Mixin
    private final ApplicationOptions options = new ApplicationOptions();

    @Option(
            names = "--address",
            defaultValue = "http://127.0.0.1:8080",
            description = "The server, which must be on this machine (default: ${DEFAULT-VALUE}).")
    @SuppressWarnings("NullAway.Init")
    private String address;

    @Option(
            names = "--speed",
            defaultValue = "50",
            description = "How many times as much happens as in the log (default: ${DEFAULT-VALUE}).")
    private double speed;

    @Option(names = "--minutes", defaultValue = "10", description = "For how long (default: ${DEFAULT-VALUE}).")
    private double minutes;

    @Option(names = "--slots", defaultValue = "20", description = "Items of a slate (default: ${DEFAULT-VALUE}).")
    private int slots;

    @Option(names = "--seed", defaultValue = "7", description = "Of tastes and draws (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--break",
            paramLabel = "COLUMN=FACTOR",
            description =
                    "From the middle on this column of the events is multiplied, as if a client had changed its unit.")
    private @Nullable String broken;

    @Option(names = "--format", defaultValue = "table", description = "table or json.")
    @SuppressWarnings("NullAway.Init")
    private Json.Format format;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** What those who were answered alike did. */
    private static final class Seen {
        private final AtomicLong sessions = new AtomicLong();
        private final AtomicLong looks = new AtomicLong();
        private final AtomicLong taken = new AtomicLong();
    }

    /** What a column is multiplied by. */
    private record Fault(String column, double factor) {}

    @Override
    public Integer call() throws InterruptedException {
        if (!(speed > 0 && speed <= FASTEST) || !(minutes > 0)) {
            throw new UserFault(
                    "--speed " + speed + " --minutes " + minutes + "; expected a speed up to 100000, and some time");
        }
        refuseStrangers();
        Fault fault = broken == null ? NO_FAULT : fault(broken);
        FeedApplication application = options.application();
        var reporter = Reporter.onErrorStream();
        reporter.say("SIMULATED AUDIENCE: nothing below is about people");
        Map<String, Seen> seen = new ConcurrentSkipListMap<>();
        var failed = new ConcurrentLinkedQueue<String>();
        try (EventLog log = EventLog.readOnly(options.state().resolve("log"), application)) {
            Audience audience;
            try (Reporter.Step step = reporter.step("tastes")) {
                audience = Audience.fit(application, log, seed);
                step.outcome(
                        "fitted on %,d exposures, %,.0f a day in the log; %s times as many from now on",
                        log.size(), audience.exposuresPerDay(), speed);
            }
            try (Reporter.Step step = reporter.step("watch")) {
                long sessions = watch(audience, fault, seen, failed, step);
                step.outcome(
                        "%,d sessions, %,d of them failed%s",
                        sessions, failed.size(), failed.isEmpty() ? "" : "; the first: " + failed.peek());
            }
        }
        print(seen, failed.size());
        return 0;
    }

    /** Events that are no person's belong into no log that somebody else relies on. */
    private void refuseStrangers() {
        try {
            URI uri = URI.create(address);
            if (uri.getHost() != null && InetAddress.getByName(uri.getHost()).isLoopbackAddress()) {
                return;
            }
        } catch (IllegalArgumentException | UnknownHostException _) {
            // Said below.
        }
        throw new UserFault(
                "the address '" + address + "'; expected a server on this machine, such as http://127.0.0.1:8080");
    }

    private static Fault fault(String text) {
        int equals = text.indexOf('=');
        try {
            return new Fault(text.substring(0, equals), Double.parseDouble(text.substring(equals + 1)));
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new UserFault("--break " + text + "; expected COLUMN=FACTOR, such as play_time_ms=1000");
        }
    }

    /**
     * Sessions begin at random moments, as often as the speed says; one that finds sixteen under way waits.
     *
     * @return how many began
     */
    private long watch(Audience audience, Fault fault, Map<String, Seen> seen, Queue<String> failed, Reporter.Step step)
            throws InterruptedException {
        double rate = audience.exposuresPerDay() / SECONDS_A_DAY * speed / Math.min(slots, Audience.looks());
        var random = new SplittableRandom(seed);
        long start = System.nanoTime();
        double seconds = 60 * minutes;
        long sessions = 0;
        var room = new Semaphore(AT_ONCE);
        try (HttpClient client = HttpClient.newHttpClient();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (double due = gap(random, rate); due < seconds; due += gap(random, rate)) {
                long wait = Math.round(due * 1e9) - (System.nanoTime() - start);
                if (wait > 0) {
                    Thread.sleep(Duration.ofNanos(wait));
                }
                room.acquire();
                sessions++;
                Fault now = due > seconds / 2 ? fault : NO_FAULT;
                SplittableRandom own = random.split();
                threads.execute(() -> {
                    try {
                        session(client, audience, now, own, seen);
                    } catch (IOException e) {
                        failed.add(e.toString());
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } finally {
                        room.release();
                    }
                });
                step.at(Math.round(due), Math.round(seconds), "seconds");
            }
        }
        return sessions;
    }

    private static double gap(SplittableRandom random, double rate) {
        return -Math.log(1 - random.nextDouble()) / rate;
    }

    /** One subject asks for a feed, looks at it, and tells what it did. */
    private void session(
            HttpClient client, Audience audience, Fault fault, SplittableRandom random, Map<String, Seen> seen)
            throws IOException, InterruptedException {
        String subject = audience.comes(random);
        String path = "/v1/feed/" + URLEncoder.encode(subject, StandardCharsets.UTF_8) + "?slots=" + slots;
        JsonNode feed = JSON.readTree(send(client, "GET", path, ""));
        List<String> slate = feed.path("slots")
                .valueStream()
                .map(slot -> slot.path("item").asText())
                .toList();
        List<Audience.Act> acts = audience.look(subject, slate, random);
        var events = new ArrayList<Map<String, String>>();
        acts.forEach(act -> events.add(changed(act.event(), fault)));
        if (!events.isEmpty()) {
            send(client, "POST", "/v1/events", JSON.writeValueAsString(Map.of("events", events)));
        }
        long taken = acts.stream().filter(Audience.Act::isTaken).count();
        var alike = new ArrayList<>(List.of("version " + feed.path("version").asText()));
        feed.path("arms").forEach(arm -> alike.add("arm " + arm.asText()));
        for (String who : alike) {
            Seen of = seen.computeIfAbsent(who, _ -> new Seen());
            of.sessions.incrementAndGet();
            of.looks.addAndGet(acts.size());
            of.taken.addAndGet(taken);
        }
    }

    private static Map<String, String> changed(Map<String, String> event, Fault fault) {
        event.computeIfPresent(
                fault.column(), (_, value) -> Double.toString(Double.parseDouble(value) * fault.factor()));
        return event;
    }

    private String send(HttpClient client, String method, String path, String body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path))
                .timeout(Duration.ofSeconds(30))
                .header("X-Simulated", "audience")
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        String key = System.getenv("RANKWRIGHT_KEY");
        if (key != null) {
            request.header("Authorization", "Bearer " + key);
        }
        HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        for (int again = 0; response.statusCode() == TOO_MANY && again < MOST_RETURNS; again++) {
            Thread.sleep(Duration.ofSeconds(
                    response.headers().firstValueAsLong("Retry-After").orElse(1)));
            response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
        if (response.statusCode() / 100 != 2) {
            throw new IOException(response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    private void print(Map<String, Seen> seen, long failed) {
        if (seen.isEmpty()) {
            throw new EnvironmentFault(
                    failed == 0
                            ? "nobody came in so short a time; expected more --minutes"
                            : address + " answered none of " + failed + " sessions; expected 'rankwright run' there",
                    true);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (format == Json.Format.json) {
            var of = new TreeMap<String, Object>();
            seen.forEach((who, one) -> of.put(
                    who, Map.of("sessions", one.sessions.get(), "looks", one.looks.get(), "taken", one.taken.get())));
            out.println(Json.text(Map.of("data", "simulated audience", "seen", of, "failed", failed)));
        } else {
            out.printf("simulated audience%n%-40s %10s %10s %10s%n", "answered by", "sessions", "looks", "taken");
            seen.forEach((who, one) -> out.printf(
                    Locale.ROOT,
                    "%-40s %,10d %,10d %9.2f%%%n",
                    who,
                    one.sessions.get(),
                    one.looks.get(),
                    100.0 * one.taken.get() / Math.max(1, one.looks.get())));
        }
        out.flush();
    }
}
