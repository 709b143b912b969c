package io.rankwright.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.features.store.DiskStore;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.StoreReader;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.log.Event;
import io.rankwright.log.Progress;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreWriterTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private static FeatureState stateOf(FeedApplication application, TestLog test, List<Event> events) {
        var state = new FeatureState(application, test.log().catalog());
        events.forEach(state::apply);
        return state;
    }

    private static void assertReadsAs(
            FeatureState whole, FeedApplication application, TestLog test, OnlineStore store) {
        var reader = new StoreReader(
                application,
                test.log().catalog(),
                new FeatureState(application, test.log().catalog()),
                store);
        long now = test.log().lastTimeMillis("watch").orElseThrow() + 1;
        double[] expected = new double[whole.columns().size()];
        double[] found = new double[expected.length];
        for (int subject = 0; subject < 82; subject += 3) {
            for (int item = 0; item < 52; item += 5) {
                StoreReader.Loaded loaded = reader.load(subject, new int[] {item}, now, new double[] {1}, PATIENCE);
                whole.reader().read(subject, item, now, new double[] {1}, expected);
                loaded.state().reader().read(subject, item, now, new double[] {1}, found);
                loaded.giveBack().run();
                assertThat(found).as("%d × %d", subject, item).isEqualTo(expected);
            }
        }
    }

    /** Filled from history, then event by event, with a writer that dies and goes on from where it does not know. */
    @Test
    void theStoreReadsAsTheStateDoes_howeverOftenEventsAreTaken() {
        try (TestLog test = TestLog.simulated(folder, 80, 50, 3, 4);
                OnlineStore store = DiskStore.open(folder.resolve("store"), 1 << 20)) {
            List<Event> events = test.log().arrivedSince("watch", 0, Integer.MAX_VALUE);
            int half = events.size() / 2;
            var writer = new StoreWriter(test.application(), test.log().catalog(), store);
            assertThat(writer.filledUpTo()).isEmpty();

            long newest = events.subList(0, half).stream()
                    .mapToLong(Event::timeMillis)
                    .max()
                    .orElseThrow();
            writer.fill(
                    stateOf(test.application(), test, events.subList(0, half)),
                    events.get(half).offset(),
                    newest,
                    Progress.SILENT);
            assertThat(writer.filledUpTo()).hasValue(events.get(half).offset());
            for (int from = half; from < events.size(); from += 50) {
                List<Event> some = events.subList(from, Math.min(events.size(), from + 50));
                writer.apply(some.subList(0, some.size() / 2));
                var another = new StoreWriter(test.application(), test.log().catalog(), store);
                another.apply(some);
            }

            assertThat(writer.filledUpTo()).hasValue(events.getLast().offset() + 1);
            assertReadsAs(stateOf(test.application(), test, events), test.application(), test, store);
        }
    }

    @Test
    void onlyWhatAFeatureOfANewDefinitionNeedsIsFilled() throws IOException {
        try (TestLog test = TestLog.simulated(folder, 80, 50, 3, 4);
                OnlineStore store = DiskStore.open(folder.resolve("store"), 1 << 20)) {
            List<Event> events = test.log().arrivedSince("watch", 0, Integer.MAX_VALUE);
            FeatureState full = stateOf(test.application(), test, events);
            long end = test.log().nextOffset();
            long newest = test.log().lastTimeMillis("watch").orElseThrow();
            var before = new StoreWriter(test.application(), test.log().catalog(), store);
            long all = before.fill(full, end, newest, Progress.SILENT);
            assertThat(before.fill(full, end, newest, Progress.SILENT)).isZero();

            Path changed = folder.resolve("changed/contracts");
            Files.createDirectories(changed);
            for (String contract : List.of("watch", "user", "video")) {
                Files.copy(
                        Path.of("../apps/video-feed/contracts", contract + ".yaml"),
                        changed.resolve(contract + ".yaml"),
                        StandardCopyOption.REPLACE_EXISTING);
            }
            Files.writeString(
                    folder.resolve("changed/app.yaml"),
                    Files.readString(Path.of("../apps/video-feed/app.yaml"))
                            .replace(
                                    "  video:\n",
                                    "  video:\n    music_month: { sum: watch_seconds, window: 30d, by: video.music_id }\n"));
            FeedApplication withMore = FeedApplication.read(folder.resolve("changed"));
            var after = new StoreWriter(withMore, test.log().catalog(), store);
            assertThat(after.filledUpTo()).isEmpty();
            assertThat(after.missing()).containsExactly("sums by video.music_id");

            FeatureState fullWithMore = stateOf(withMore, test, events);
            assertThat(after.fill(fullWithMore, end, newest, Progress.SILENT))
                    .isPositive()
                    .isLessThan(all / 10);
            assertThat(after.filledUpTo()).hasValue(end);
            assertThat(before.filledUpTo()).hasValue(end);
            assertReadsAs(fullWithMore, withMore, test, store);
        }
    }
}
