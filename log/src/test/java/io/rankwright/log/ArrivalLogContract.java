package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.spec.FeedApplication;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link ArrivalLog} must hold, whatever it is made of. */
abstract class ArrivalLogContract {
    private static final long MONDAY = 1_650_000_000_000L;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private ArrivalLog arrivals;

    /** A new and empty log of the events {@code watch}; called once a test. */
    abstract ArrivalLog open(FeedApplication application);

    /** The log as another process finds it. */
    abstract ArrivalLog reopened(FeedApplication application);

    FeedApplication application() {
        return TestApplication.in(folder);
    }

    @BeforeEach
    void open() {
        arrivals = open(application());
    }

    @AfterEach
    void close() {
        arrivals.close();
    }

    static Arrival.Happened watch(String user, int video, long time) {
        var fields = Map.of(
                "user_id",
                user,
                "video_id",
                "v" + video,
                "time_ms",
                Long.toString(time),
                "play_time_ms",
                "7.5",
                "is_click",
                "1",
                "tab",
                "1");
        return new Arrival.Happened(user, time, fields);
    }

    private static List<Arrival.Content> watches(String user, int from, int to) {
        var all = new ArrayList<Arrival.Content>();
        for (int i = from; i < to; i++) {
            all.add(watch(user, i, MONDAY + i * 1000L));
        }
        return all;
    }

    /** Everything from a position to the present end. */
    static List<Arrival> walk(ArrivalLog log, Position from) {
        var found = new ArrayList<Arrival>();
        Position end = log.end();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (ArrivalLog.Reader reader = log.read(from)) {
            // The embedded log's end is that of all types: a walk without anything new has come to it as well.
            for (List<Arrival> some = List.of(); !reader.position().hasReached(end); ) {
                some = reader.next(Duration.ofMillis(500));
                found.addAll(some);
                if (some.isEmpty() && System.nanoTime() > deadline) {
                    break;
                }
            }
        }
        return found;
    }

    private static List<Arrival.Content> contents(List<Arrival> arrivals) {
        return arrivals.stream().map(Arrival::content).toList();
    }

    @Test
    void whatWasAppendedIsReadInItsOrder_alsoByAnotherProcess() {
        arrivals.append(watches("u1", 0, 40));
        arrivals.append(watches("u1", 40, 41));

        assertThat(contents(walk(arrivals, arrivals.beginning()))).isEqualTo(watches("u1", 0, 41));
        arrivals.close();
        arrivals = reopened(application());
        assertThat(contents(walk(arrivals, arrivals.beginning()))).isEqualTo(watches("u1", 0, 41));
    }

    @Test
    void aReaderGoesOnFromAnyOffset() {
        arrivals.append(watches("u1", 0, 30));
        List<Arrival> all = walk(arrivals, arrivals.beginning());

        for (int i = 0; i < 30; i += 7) {
            Position behind = arrivals.beginning();
            for (Arrival arrival : all.subList(0, i)) {
                behind = behind.behind(arrival);
            }
            assertThat(walk(arrivals, behind)).isEqualTo(all.subList(i, 30));
        }
    }

    @Test
    void aReaderWaitsForWhatComesNext() throws InterruptedException {
        try (ArrivalLog.Reader reader = arrivals.read(arrivals.end())) {
            assertThat(reader.next(Duration.ofMillis(50))).isEmpty();
            Thread sender = Thread.ofVirtual().start(() -> arrivals.append(watches("u1", 0, 1)));
            var found = new ArrayList<Arrival>();
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (found.isEmpty() && System.nanoTime() < deadline) {
                found.addAll(reader.next(Duration.ofSeconds(5)));
            }
            sender.join();
            assertThat(contents(found)).isEqualTo(watches("u1", 0, 1));
        }
    }

    @Test
    void aReaderByTimeMissesNothingFromThenOn() {
        // In the order 0, 1, 9, 3, 4, …: 9 came too early.
        List<Arrival.Content> shuffled = new ArrayList<>(watches("u1", 0, 9));
        shuffled.add(2, watch("u1", 9, MONDAY + 9_000));
        arrivals.append(shuffled);

        for (int i = 0; i < 10; i++) {
            int from = i;
            List<Arrival.Content> since = contents(walk(arrivals, arrivals.at(MONDAY + from * 1000L)));
            assertThat(since)
                    .containsAll(shuffled.stream()
                            .filter(content -> ((Arrival.Happened) content).timeMillis() >= MONDAY + from * 1000L)
                            .toList());
            assertThat(((Arrival.Happened) since.getFirst()).timeMillis())
                    .isGreaterThanOrEqualTo(MONDAY + from * 1000L);
        }
        assertThat(walk(arrivals, arrivals.at(MONDAY + 60_000))).isEmpty();
    }

    @Test
    void eachConsumerHasAPositionOfItsOwn_thatStays() {
        arrivals.append(watches("u1", 0, 10));
        Position third = arrivals.beginning();
        for (Arrival arrival : walk(arrivals, arrivals.beginning()).subList(0, 3)) {
            third = third.behind(arrival);
        }
        assertThat(arrivals.committed("trainer")).isEmpty();

        arrivals.commit("trainer", third);
        arrivals.commit("monitor", arrivals.end());
        arrivals.close();
        arrivals = reopened(application());

        assertThat(contents(walk(arrivals, arrivals.committed("trainer").orElseThrow())))
                .isEqualTo(watches("u1", 3, 10));
        assertThat(walk(arrivals, arrivals.committed("monitor").orElseThrow())).isEmpty();
    }

    /** Who reads counts an event once, however often its sender tried. */
    @Test
    void anEventThatIsSentAgainCountsOnce() {
        arrivals.append(watches("u1", 0, 10));
        arrivals.append(watches("u1", 5, 15));

        assertThat(taken(walk(arrivals, arrivals.beginning())))
                .hasSize(15)
                .containsExactlyInAnyOrderElementsOf(watches("u1", 0, 15).stream()
                        .map(content -> new TreeMap<>(((Arrival.Happened) content).fields()))
                        .toList());
    }

    @Test
    void whatLiesBeforeAPositionCanBeDropped() {
        arrivals.append(watches("u1", 0, 10));
        Position cut = arrivals.at(MONDAY + 4_000);

        arrivals.dropBefore(cut);

        assertThat(contents(walk(arrivals, arrivals.beginning()))).isEqualTo(watches("u1", 4, 10));
        assertThat(contents(walk(arrivals, arrivals.at(0)))).isEqualTo(watches("u1", 4, 10));
        arrivals.append(watches("u1", 20, 21));
        assertThat(contents(walk(arrivals, arrivals.beginning())).getLast())
                .isEqualTo(watches("u1", 20, 21).getFirst());
    }

    @Test
    void behindTheMarkOfErasureNothingOfTheSubjectIsLeft() {
        arrivals.append(watches("u1", 0, 5));
        arrivals.append(watches("u2", 0, 5));
        arrivals.append(List.of(new Arrival.Erased("u1", MONDAY + 90_000)));
        arrivals.append(watches("u1", 100, 102));

        List<Arrival> all = walk(arrivals, arrivals.beginning());

        assertThat(contents(all)).contains(new Arrival.Erased("u1", MONDAY + 90_000));
        assertThat(taken(all))
                .extracting(fields -> fields.get("user_id") + fields.get("video_id"))
                .containsExactlyInAnyOrder("u2v0", "u2v1", "u2v2", "u2v3", "u2v4", "u1v100", "u1v101");
    }

    /** Who died before saying how far it was is told all again. */
    @Test
    void anErasureThatIsDeliveredAgainTakesNothingLaterWithIt() {
        arrivals.append(watches("u1", 0, 5));
        arrivals.append(List.of(new Arrival.Erased("u1", MONDAY + 90_000)));
        arrivals.append(watches("u1", 100, 102));
        try (EventLog taker = EventLog.open(folder.resolve("taker"), application())) {
            var intake = new Intake(taker, "watch", arrivals);
            Position beginning = arrivals.beginning();
            intake.take(
                    walk(arrivals, beginning),
                    beginning.behind(walk(arrivals, beginning).getFirst()));

            intake.catchUp(Progress.SILENT);

            assertThat(taker.size()).isEqualTo(2);
        }
    }

    /** The events of another log that has taken in what arrived. */
    private List<Map<String, String>> taken(List<Arrival> arrived) {
        try (EventLog taker = EventLog.open(folder.resolve("taker"), application())) {
            new Intake(taker, "watch", arrivals).take(arrived, arrivals.end());
            return contents(walk(taker.arrivals("watch"), new Position(0))).stream()
                    .filter(Arrival.Happened.class::isInstance)
                    .map(content -> (Map<String, String>) new TreeMap<>(((Arrival.Happened) content).fields()))
                    .toList();
        }
    }
}
