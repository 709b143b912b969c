package io.rankwright.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
    @TempDir
    Path folder;

    private TestLog test;

    @BeforeEach
    void open() {
        test = TestLog.simulated(folder, 900, 90, 3, 11);
    }

    @AfterEach
    void close() {
        test.close();
    }

    private FeatureState empty() {
        return new FeatureState(test.application(), test.log().catalog());
    }

    /** A state of its own for each event, read before the events of its moment are taken in, on one thread. */
    private List<double[]> oneByOne(FeatureState state, EventCursor cursor, List<int[]> sequences) {
        var rows = new ArrayList<double[]>();
        var together = new ArrayList<Event>();
        FeatureState.Reader reader = state.reader();
        while (cursor.next()) {
            Event event = cursor.event();
            if (!together.isEmpty() && together.getFirst().timeMillis() != event.timeMillis()) {
                together.forEach(state::apply);
                together.clear();
            }
            double[] row = new double[state.columns().size()];
            reader.read(event, row);
            rows.add(row);
            sequences.add(sequence(state, reader, event));
            together.add(event);
        }
        together.forEach(state::apply);
        return rows;
    }

    private int[] sequence(FeatureState state, Sequences recent, Event event) {
        int subject =
                event.codes()[test.log().schema("watch").codeIndex("user_id").orElseThrow()];
        String name = state.sequences().getFirst();
        int[] items = new int[state.last(name)];
        return Arrays.copyOf(items, recent.sequence(name, subject, items));
    }

    @Test
    void onSeveralThreadsEachRowIsAsOnOne_alsoWhereTheStateHasBegun() {
        FeatureState expected = empty();
        FeatureState found = empty();
        long half;
        try (EventCursor cursor = test.log().read("watch")) {
            var times = new ArrayList<Long>();
            while (cursor.next()) {
                times.add(cursor.timeMillis());
            }
            assertThat(times.size()).isGreaterThan(3_000);
            half = times.get(times.size() / 2);
        }
        long[][] stretches = {{0, half}, {half, Long.MAX_VALUE}};
        for (long[] stretch : stretches) {
            var sequences = new ArrayList<int[]>();
            List<double[]> rows;
            try (EventCursor cursor = test.log().read("watch", stretch[0], stretch[1])) {
                rows = oneByOne(expected, cursor, sequences);
            }
            int[] place = new int[1];
            try (EventCursor cursor = test.log().read("watch", stretch[0], stretch[1])) {
                long count = Replay.run(cursor, found, (event, row, recent) -> {
                    assertThat(row).isEqualTo(rows.get(place[0]));
                    assertThat(sequence(found, recent, event)).isEqualTo(sequences.get(place[0]++));
                });
                assertThat(count).isEqualTo(rows.size()).isEqualTo(place[0]);
            }
        }
    }

    @Test
    void whatIsRestoredOnAllCoresIsWhatOneThreadTakesIn() {
        FeatureState expected = empty();
        FeatureState found = empty();
        var told = new ArrayList<Long>();
        try (EventCursor cursor = test.log().read("watch")) {
            Replay.each(cursor, expected::apply);
        }
        try (EventCursor cursor = test.log().read("watch")) {
            Replay.restore(cursor, found, event -> told.add(event.offset()));
        }
        assertThat(told).hasSize(Math.toIntExact(test.log().size()));
        double[] context = {1};
        double[] left = new double[expected.columns().size()];
        double[] right = new double[left.length];
        for (int subject = 0; subject < 405; subject += 7) {
            for (int item = 0; item < 95; item += 11) {
                expected.reader().read(subject, item, Long.MAX_VALUE / 4, context, left);
                found.reader().read(subject, item, Long.MAX_VALUE / 4, context, right);
                assertThat(right).isEqualTo(left);
            }
        }
    }

    @Test
    void whatAVisitorThrowsEndsTheReplayAndItsThreads() {
        try (EventCursor cursor = test.log().read("watch")) {
            assertThatThrownBy(() -> Replay.run(cursor, empty(), (_, _, _) -> {
                        throw new IllegalStateException("enough");
                    }))
                    .hasMessage("enough");
        }
        assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                .doesNotContain("read-ahead", "replay-ahead");
    }
}
