package io.rankwright.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.log.Catalog;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.io.TempDir;

/** State in one piece and state in cells give the same values, bit for bit. */
class FeatureCellsTest {
    @TempDir
    Path folder;

    private static List<Event> events(EventLog log) {
        var events = new ArrayList<Event>();
        try (EventCursor cursor = log.read("watch")) {
            while (cursor.next()) {
                events.add(cursor.event());
            }
        }
        return events;
    }

    /** A catalog whose codes are others: another process that has met the entities in another order. */
    private static Catalog elsewhere(TestLog test, long seed) {
        var catalog = new Catalog(test.application());
        for (String entity : List.of("user", "video")) {
            var rows = new ArrayList<Map<String, String>>();
            for (int code = 1; code < test.log().table(entity).capacity(); code++) {
                if (test.log().table(entity).isKnown(code)) {
                    rows.add(test.log().table(entity).texts(code));
                }
            }
            Collections.shuffle(rows, new Random(seed));
            rows.forEach(row -> catalog.put(entity, row));
        }
        return catalog;
    }

    @RepeatedTest(2)
    void rowsPutTogetherFromCellsEqualThoseOfAReplay(RepetitionInfo repetition) {
        try (TestLog test = TestLog.simulated(folder, 80, 50, 3, repetition.getCurrentRepetition())) {
            Catalog catalog = elsewhere(test, 5);
            var senders = new FeatureCells(test.application(), catalog);
            var rows = new FeatureCells(test.application(), catalog);
            var keepers = new FeatureCells(test.application(), new Catalog(test.application()));
            Map<FeatureCells.Key, Cell> cells = new HashMap<>();
            var pending = new ArrayList<FeatureCells.Change>();
            long[] now = new long[1];
            try (EventCursor cursor = test.log().read("watch")) {
                var state = new FeatureState(test.application(), test.log().catalog());
                Replay.run(cursor, state, (event, expected, reader) -> {
                    Event own = catalog.event("watch", test.log().catalog().texts("watch", event), event.offset());
                    if (event.timeMillis() != now[0]) {
                        pending.forEach(change -> cells.merge(
                                change.key(),
                                keepers.apply(keepers.empty(change.key().kind()), change),
                                (known, _) -> keepers.apply(known, change)));
                        pending.clear();
                        now[0] = event.timeMillis();
                    }
                    List<FeatureCells.Change> changes = senders.changes(own);
                    List<FeatureCells.Reading> readings = new ArrayList<>();
                    for (FeatureCells.Change change : changes) {
                        Cell cell = cells.get(change.key());
                        if (cell != null) {
                            readings.add(keepers.reading(cell, change));
                        }
                    }
                    Collections.shuffle(readings, new Random(event.offset()));
                    double[] found = new double[expected.length];
                    rows.row(own, readings, found);
                    for (int c = 0; c < found.length; c++) {
                        FeatureColumn column = state.columns().get(c);
                        if (column.kind() == FeatureColumn.Kind.CATEGORY) {
                            assertThat(rows.state().categoryText(c, (int) found[c]))
                                    .as(column.name())
                                    .isEqualTo(state.categoryText(c, (int) expected[c]));
                        } else {
                            assertThat(Double.valueOf(found[c]))
                                    .as(column.name())
                                    .isEqualTo(Double.valueOf(expected[c]));
                        }
                    }
                    pending.addAll(changes);
                });
            }
        }
    }

    @RepeatedTest(2)
    void cellsFilledInAnyOrderAndStoredAsBytesReadAsTheStateDoes(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        try (TestLog test = TestLog.simulated(folder, 80, 50, 3, seed)) {
            List<Event> events = events(test.log());
            var whole = new FeatureState(test.application(), test.log().catalog());
            events.forEach(whole::apply);
            Collections.shuffle(events, new Random(seed));
            var senders = new FeatureCells(test.application(), test.log().catalog());
            var keepers = new FeatureCells(test.application(), new Catalog(test.application()));
            Map<FeatureCells.Key, byte[]> store = new HashMap<>();
            for (Event event : events) {
                for (FeatureCells.Change change : senders.changes(event)) {
                    int kind = change.key().kind();
                    byte[] stored = store.get(change.key());
                    Cell cell = stored == null ? keepers.empty(kind) : keepers.read(kind, stored, 0);
                    store.put(change.key(), keepers.apply(cell, change).bytes());
                }
            }
            var loaded = new FeatureCells(test.application(), test.log().catalog());
            long now = whole.columns().size()
                    + events.stream().mapToLong(Event::timeMillis).max().orElseThrow();
            double[] context = {1};
            double[] expected = new double[whole.columns().size()];
            double[] found = new double[expected.length];
            for (int subject = 0; subject < 82; subject += 3) {
                for (int item = 0; item < 52; item += 5) {
                    loaded.clear();
                    for (FeatureCells.Slot slot : loaded.slots(subject, new int[] {item}, now, context)) {
                        byte[] stored = store.get(slot.key());
                        int kind = slot.key().kind();
                        loaded.load(slot, stored == null ? loaded.empty(kind) : loaded.read(kind, stored, 0));
                    }
                    whole.reader().read(subject, item, now, context, expected);
                    loaded.state().reader().read(subject, item, now, context, found);
                    assertThat(found).as("%d × %d", subject, item).isEqualTo(expected);
                }
            }
        }
    }
}
