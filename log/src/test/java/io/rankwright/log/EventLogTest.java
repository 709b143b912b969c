package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.log.EventLog.Outcome;
import io.rankwright.spec.FeedApplication;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {
    @TempDir
    Path folder;

    static Map<String, String> watch(int user, int video, long time, double play) {
        return Map.of(
                "user_id",
                "u" + user,
                "video_id",
                "v" + video,
                "time_ms",
                Long.toString(time),
                "play_time_ms",
                Double.toString(play),
                "tab",
                "1");
    }

    @Test
    void anEventCountsOnce_withinABatchAndAcrossBatches() {
        try (EventLog log = EventLog.open(folder.resolve("log"), TestApplication.in(folder))) {
            var first = log.append(
                    "watch", List.of(watch(1, 1, 1_650_000_000_000L, 5), watch(1, 1, 1_650_000_000_000L, 5)), "test");
            var second = log.append(
                    "watch", List.of(watch(1, 1, 1_650_000_000_000L, 9), watch(1, 2, 1_650_000_000_001L, 5)), "test");

            assertThat(first.outcomes()).containsExactly(Outcome.ACCEPTED, Outcome.DUPLICATE);
            assertThat(second.outcomes()).containsExactly(Outcome.DUPLICATE, Outcome.ACCEPTED);
            assertThat(log.size()).isEqualTo(2);
        }
    }

    /** More marks than a reader asks events for must not look like the end of the log. */
    @Test
    void marksOfErasureDoNotHideTheEventsBehindThem() {
        try (EventLog log = EventLog.open(folder.resolve("log"), TestApplication.in(folder))) {
            log.append("watch", List.of(watch(1, 1, 1_650_000_000_000L, 5)), "test");
            for (int user = 10; user < 15; user++) {
                log.erase("watch", "u" + user, 1_650_000_000_000L);
            }
            log.append("watch", List.of(watch(2, 2, 1_650_000_000_001L, 5)), "test");

            assertThat(log.arrivedSince("watch", 0, 2)).hasSize(2);
            assertThat(log.arrivedSince("watch", 1, 2))
                    .extracting(Event::timeMillis)
                    .containsExactly(1_650_000_000_001L);
        }
    }

    @Test
    void eventsAreReadInTheOrderOfTimeWhateverTheOrderOfArrival() {
        var random = new SplittableRandom(3);
        try (EventLog log = EventLog.open(folder.resolve("log"), TestApplication.in(folder))) {
            for (int i = 0; i < 300; i++) {
                log.append(
                        "watch",
                        List.of(watch(i, i, 1_650_000_000_000L + random.nextInt(1000), random.nextInt(90_000))),
                        "test");
            }
            var times = new ArrayList<Long>();
            try (EventCursor cursor = log.read("watch")) {
                while (cursor.next()) {
                    times.add(cursor.timeMillis());
                }
            }
            assertThat(times).hasSize(300).isSorted();
            assertThat(log.lastTimeMillis("watch")).hasValue(times.getLast());
        }
    }

    /** Whole, fractional, negative and missing numbers and large codes come back as they were. */
    @Test
    void valuesComeBackAsTheyWere() {
        FeedApplication application = TestApplication.in(folder);
        try (EventLog log = EventLog.open(folder.resolve("log"), application)) {
            EventSchema schema = log.schema("watch");
            double[] values = {0, 1, 252, 253, 1e15, 0.1, -3, Double.NaN, 86_400_000, Math.PI};
            int[] codes = {1, 127, 128};
            double[] numbers = new double[schema.numberCount()];
            for (double value : values) {
                Arrays.fill(numbers, value);
                byte[] bytes = EventCodec.encode(schema, codes, numbers);
                int[] codesBack = new int[3];
                double[] numbersBack = new double[schema.numberCount()];
                EventCodec.decode(schema, bytes, codesBack, numbersBack);
                assertThat(codesBack).isEqualTo(codes);
                for (int i = 0; i < schema.storedNumberCount(); i++) {
                    assertThat(Double.compare(numbersBack[i], value)).isZero();
                }
            }
        }
    }

    @Test
    void entitiesArePutHiddenAndDeleted_andSurviveAStart() {
        FeedApplication application = TestApplication.in(folder);
        try (EventLog log = EventLog.open(folder.resolve("log"), application)) {
            assertThat(log.putEntity("video", "video_id", Map.of("video_id", "a", "tag", "1,2"), false))
                    .isEmpty();
            assertThat(log.putEntity("video", "video_id", Map.of("video_id", "b", "upload_dt", "soon"), false))
                    .hasValueSatisfying(reason -> assertThat(reason).contains("upload_dt is 'soon'"));
            log.hide("video", "video_id", "a", true);
        }
        try (EventLog log = EventLog.open(folder.resolve("log"), application)) {
            EntityTable table = log.table("video");
            int code = log.dictionary().domain("id:video").code("a");
            assertThat(table.isHidden(code)).isTrue();
            assertThat(table.list(table.place("tag"), code)).hasSize(2);
            assertThat(table.count()).isEqualTo(1);
            assertThat(log.deleteEntity("video", "a")).isTrue();
            assertThat(table.isKnown(code)).isFalse();
            assertThat(log.entity("video", "a")).isEmpty();
        }
    }

    /** What becomes of one entity says nothing of those beside it. */
    @Test
    void eachEntityStandsForItself() {
        FeedApplication application = TestApplication.in(folder);
        try (EventLog log = EventLog.open(folder.resolve("log"), application)) {
            EntityTable table = log.table("video");
            var random = new SplittableRandom(3);
            var isHidden = new HashMap<String, Boolean>();
            for (int i = 0; i < 600; i++) {
                String id = "v" + random.nextInt(150);
                boolean isToHide = random.nextBoolean();
                switch (random.nextInt(3)) {
                    case 0 -> {
                        log.putEntity("video", "video_id", Map.of("video_id", id), isToHide);
                        isHidden.put(id, isToHide);
                    }
                    case 1 -> {
                        log.hide("video", "video_id", id, isToHide);
                        isHidden.computeIfPresent(id, (_, _) -> isToHide);
                    }
                    default -> {
                        log.deleteEntity("video", id);
                        isHidden.remove(id);
                    }
                }
            }
            assertThat(table.count()).isEqualTo(isHidden.size());
            for (int v = 0; v < 150; v++) {
                int code = log.dictionary().domain("id:video").code("v" + v);
                Boolean hidden = isHidden.get("v" + v);
                assertThat(table.isKnown(code)).as("v" + v).isEqualTo(hidden != null);
                assertThat(table.isShown(code)).as("v" + v).isEqualTo(hidden != null && !hidden);
                if (hidden != null) {
                    assertThat(table.isHidden(code)).as("v" + v).isEqualTo(hidden);
                }
            }
        }
    }

    /** Another process appends and is killed as it does: what it said is in the log is in the log. */
    @Test
    void whatIsAcknowledgedSurvivesKill9() throws IOException, InterruptedException {
        TestApplication.in(folder);
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int acknowledged = 0;
        try (var lines = new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
            while (acknowledged < 200) {
                acknowledged = Integer.parseInt(lines.readLine());
            }
            writer.destroyForcibly().waitFor();
        }

        try (EventLog log = EventLog.open(folder.resolve("log"), FeedApplication.read(folder.resolve("app")))) {
            int read = 0;
            try (EventCursor cursor = log.read("watch")) {
                while (cursor.next()) {
                    read++;
                }
            }
            assertThat(read).isGreaterThanOrEqualTo(acknowledged).isEqualTo((int) log.size());
        }
    }

    /** Appends until it is killed, and prints how many events it was told are in the log. */
    public static final class Writer {
        public static void main(String[] arguments) {
            Path folder = Path.of(arguments[0]);
            try (EventLog log = EventLog.open(folder.resolve("log"), FeedApplication.read(folder.resolve("app")))) {
                for (int i = 1; ; i++) {
                    log.append("watch", List.of(watch(i % 50, i, 1_650_000_000_000L + i, i)), "test");
                    System.out.println(i);
                }
            }
        }
    }
}
