package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rankwright.cli.Command.Running;
import io.rankwright.dev.Faults;
import io.rankwright.dev.SmallDisk;
import io.rankwright.features.FeatureCells;
import io.rankwright.features.FeatureState;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.log.EventLog;
import io.rankwright.models.Artefact;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that takes events in while it is killed again and again, and one whose disk fills up. */
class KilledServerTest {
    private static final int KILLS = Faults.times(2, 50);
    private static final int EVENTS = Faults.times(4_000, 100_000);
    private static final int BATCH = 100;
    private static final long SEED = 20220507;

    @TempDir
    static Path scratch;

    private static Path application;
    private static Path home;

    @BeforeAll
    static void make() {
        application = Command.smallApplication(scratch);
        home = scratch.resolve("home");
        Command.trainedHome(home);
    }

    private static Path copied(String name) throws IOException {
        Path copy = scratch.resolve(name);
        Command.copy(home, copy);
        return copy;
    }

    private static Running serve(Path home) {
        return Command.serve(scratch, application.toString(), "--home", home.toString(), "--port", "0");
    }

    /** The events from one number on, a few of which were posted before: they count once. */
    private static String events(int from, long firstMillis) {
        var events = new ArrayList<String>();
        for (int i = Math.max(0, from - 5); i < from + BATCH; i++) {
            events.add(
                    "{\"user_id\": \"%d\", \"video_id\": \"%d\", \"time_ms\": %d, \"play_time_ms\": %d, \"tab\": \"1\"}"
                            .formatted(1 + i * 7919L % 900, 1 + i * 104_729L % 300, firstMillis + i, 100 * (i % 400)));
        }
        return "{\"events\": [" + String.join(",", events) + "]}";
    }

    private static boolean isAcknowledged(Running running, int from, long firstMillis) throws InterruptedException {
        try {
            return running.send("POST", "/v1/events", events(from, firstMillis)).statusCode() == 202;
        } catch (IOException _) {
            return false;
        }
    }

    /** What the log holds, and what the features come to. */
    private static String outcome(Path home) throws IOException {
        FeedApplication read = FeedApplication.read(application);
        try (EventLog log = EventLog.open(home.resolve("simulated/log"), read)) {
            var state = new FeatureState(read, log.catalog());
            log.arrivedSince("watch", 0, Integer.MAX_VALUE).forEach(state::apply);
            var cells = new ArrayList<String>();
            new FeatureCells(read, log.catalog(), state)
                    .forEach(0, (key, cell) -> cells.add(key + Arrays.toString(StoreWriter.stored(0, cell))));
            cells.sort(null);
            return log.size() + " events " + log.contentHash() + ", " + cells.size() + " cells "
                    + Artefact.hash(String.join("\n", cells).getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void killedWhileEventsArrive_noneIsLost_andNoneCountsTwice() throws IOException, InterruptedException {
        Path undisturbed = copied("undisturbed");
        long firstMillis;
        try (Running running = serve(undisturbed)) {
            firstMillis = running.get("/v1/feed/1?slots=1").path("timeMillis").asLong() - 10_000_000;
            for (int i = 0; i < EVENTS; i += BATCH) {
                assertThat(isAcknowledged(running, i, firstMillis)).isTrue();
            }
        }
        Path disturbed = copied("disturbed");
        var random = new SplittableRandom(SEED);
        int acknowledged = 0;
        int killed = 0;
        while (killed < KILLS || acknowledged < EVENTS) {
            Running running = serve(disturbed);
            boolean isLast = killed == KILLS;
            int goal = isLast ? EVENTS : EVENTS / KILLS * (killed + 1);
            if (!isLast) {
                CompletableFuture.delayedExecutor(random.nextInt(20, 900), TimeUnit.MILLISECONDS)
                        .execute(() -> running.process().destroyForcibly());
            }
            while (acknowledged < goal && isAcknowledged(running, acknowledged, firstMillis)) {
                acknowledged += BATCH;
            }
            if (isLast) {
                running.close();
            } else {
                running.process().waitFor();
                killed++;
            }
        }
        System.out.printf("killed %d times while %,d events arrived%n", killed, EVENTS);

        assertThat(outcome(disturbed)).isEqualTo(outcome(undisturbed));
    }

    @Test
    void onAFullDiskEventsAreRefused_feedsAreAnswered_andWithRoomItGoesOnByItself() throws Exception {
        Optional<SmallDisk> mounted = SmallDisk.in(scratch.resolve("disk"), 400);
        Assumptions.assumeTrue(mounted.isPresent(), "a small file system cannot be mounted here");
        try (SmallDisk disk = mounted.get()) {
            Command.copy(home, disk.folder().resolve("home"));
            try (Running running = serve(disk.folder().resolve("home"))) {
                long now = running.get("/v1/feed/1?slots=1").path("timeMillis").asLong();
                assertThat(isAcknowledged(running, 0, now)).isTrue();
                Path filler = disk.fill();
                int refused = 0;
                for (int i = 1; i < 200 && refused == 0; i++) {
                    int status = running.send("POST", "/v1/events", events(i * BATCH, now))
                            .statusCode();
                    assertThat(status).isIn(202, 507);
                    refused = status == 507 ? i : 0;
                }
                assertThat(refused).isPositive();
                JsonNode feed = running.get("/v1/feed/2?slots=10");
                assertThat(feed.path("slots")).hasSize(10);

                Files.delete(filler);

                assertThat(isAcknowledged(running, refused * BATCH, now)).isTrue();
                assertThat(running.process().isAlive()).isTrue();
            }
        }
    }

    /** In full with a log of a million events, of which only the features are worth the wait. */
    private static Path servedApplication() throws IOException {
        Path yaml = Command.smallApplication(scratch.resolve("served")).resolve("app.yaml");
        if (Faults.isFull()) {
            Files.writeString(
                    yaml,
                    Files.readString(yaml)
                            .replace("users: 900, videos: 300, days: 6", "users: 75k, videos: 5k, days: 12")
                            .replace("rounds: 40", "rounds: 10")
                            .replaceAll("    (dcn|affinity|ease|ials): .*\n", ""));
        }
        return yaml.getParent();
    }

    @Test
    void killedWhileServing_itAnswersAsBefore_soonAfterItsStart() throws Exception {
        Path served = servedApplication();
        String[] arguments = {
            served.toString(), "--home", scratch.resolve("served-home").toString(), "--port", "0"
        };
        String feed = "/v1/feed/7?slots=20&seed=5";
        String before;
        try (Running running = Command.serve(scratch, arguments)) {
            before = items(running.get(feed));
            running.process().destroyForcibly();
        }
        long start = System.nanoTime();
        try (Running running = Command.serve(scratch, arguments)) {
            String after = items(running.get(feed));
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf("killed while serving: the first right answer %.1f s after the start%n", seconds);
            assertThat(after).isEqualTo(before);
            if (Faults.isFull()) {
                assertThat(seconds).isLessThan(10);
            }
        }
    }

    private static String items(JsonNode feed) {
        var items = new ArrayList<String>();
        feed.path("slots").forEach(slot -> items.add(slot.path("item").asText()));
        return items.toString();
    }
}
