package io.rankwright.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureStateTest {
    @TempDir
    Path folder;

    private static List<Event> events(TestLog test) {
        var events = new ArrayList<Event>();
        try (EventCursor cursor = test.log().read("watch")) {
            while (cursor.next()) {
                events.add(cursor.event());
            }
        }
        return events;
    }

    /** Whatever the order in which the events of a log arrive, the values after them are the same, bit for bit. */
    @RepeatedTest(3)
    void theStateDoesNotDependOnTheOrderOfArrival(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        System.out.println("seed " + seed);
        try (TestLog test = TestLog.simulated(folder, 120, 60, 3, seed)) {
            List<Event> events = events(test);
            var inOrder = new FeatureState(test.application(), test.log().catalog());
            events.forEach(inOrder::apply);
            List<Event> shuffled = new ArrayList<>(events);
            Collections.shuffle(shuffled, new Random(seed));
            var outOfOrder = new FeatureState(test.application(), test.log().catalog());
            shuffled.forEach(outOfOrder::apply);

            long now = events.getLast().timeMillis() + 1;
            double[] expected = new double[inOrder.columns().size()];
            double[] found = new double[expected.length];
            double[] context = {1};
            FeatureState.Reader expectedReader = inOrder.reader();
            FeatureState.Reader foundReader = outOfOrder.reader();
            for (int subject = 0; subject < 125; subject += 3) {
                for (int item = 0; item < 65; item += 7) {
                    expectedReader.read(subject, item, now, context, expected);
                    foundReader.read(subject, item, now, context, found);
                    assertThat(found).isEqualTo(expected);
                }
            }
        }
    }

    /** Candidates of one subject share what does not differ from item to item. */
    @Test
    void theNextItemsReadAsIfEachWereReadAlone() {
        try (TestLog test = TestLog.simulated(folder, 120, 60, 3, 7)) {
            var state = new FeatureState(test.application(), test.log().catalog());
            List<Event> events = events(test);
            events.forEach(state::apply);
            long now = events.getLast().timeMillis() + 1;
            double[] context = {1};
            double[] alone = new double[state.columns().size()];
            double[] next = new double[alone.length];
            FeatureState.Reader first = state.reader();
            FeatureState.Reader second = state.reader();
            // More than are looked ahead at once; known and unknown ones, some twice.
            int[] items = IntStream.range(0, 90).map(i -> i * 7 % 65).toArray();
            for (int s = 0; s < 125; s += 5) {
                int subject = s;
                var told = new ArrayList<Integer>();
                second.read(subject, items[1], now, context, next);
                second.readNext(items, 2, items.length - 1, next, i -> {
                    first.read(subject, items[i], now, context, alone);
                    assertThat(next).isEqualTo(alone);
                    told.add(i);
                });
                assertThat(told)
                        .containsExactlyElementsOf(
                                IntStream.range(2, items.length - 1).boxed().toList());
            }
        }
    }

    @Test
    void anEventIsNotSeenByItselfNorByItsTies() {
        try (TestLog test = TestLog.simulated(folder, 60, 30, 2, 9)) {
            var state = new FeatureState(test.application(), test.log().catalog());
            List<Event> events = events(test);
            Event first = events.getFirst();
            var tie = new Event(first.offset() + 1, first.timeMillis(), first.codes(), first.numbers());
            int count =
                    state.columns().stream().map(FeatureColumn::name).toList().indexOf("user_exposures_1d");
            double[] row = new double[state.columns().size()];
            FeatureState.Reader reader = state.reader();

            state.apply(first);
            reader.read(tie, row);
            assertThat(row[count]).isZero();
            state.apply(tie);
            var later = new Event(first.offset() + 2, first.timeMillis() + 1, first.codes(), first.numbers());
            reader.read(later, row);
            assertThat(row[count]).isEqualTo(2);
            var aDayLater =
                    new Event(first.offset() + 2, first.timeMillis() + 86_400_001, first.codes(), first.numbers());
            reader.read(aDayLater, row);
            assertThat(row[count]).isZero();
        }
    }

    @Test
    void somebodyUnknownReadsAsMissing() {
        try (TestLog test = TestLog.simulated(folder, 60, 30, 2, 9)) {
            var state = new FeatureState(test.application(), test.log().catalog());
            double[] row = new double[state.columns().size()];

            state.reader().read(0, 0, 1_700_000_000_000L, new double[] {0}, row);

            List<String> names =
                    state.columns().stream().map(FeatureColumn::name).toList();
            assertThat(row[names.indexOf("user_exposures")]).isZero();
            assertThat(row[names.indexOf("since_exposure")]).isNaN();
            assertThat(row[names.indexOf("fans")]).isNaN();
        }
    }
}
