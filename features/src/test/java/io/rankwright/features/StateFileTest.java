package io.rankwright.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.log.Event;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
    @TempDir
    Path folder;

    private static FeatureState empty(TestLog test) {
        return new FeatureState(test.application(), test.log().catalog());
    }

    private static double[][] rows(FeatureState state, long now) {
        double[][] rows = new double[40][state.columns().size()];
        FeatureState.Reader reader = state.reader();
        for (int i = 0; i < rows.length; i++) {
            reader.read(1 + 2 * i, 1 + i % 50, now, new double[] {1}, rows[i]);
        }
        return rows;
    }

    @RepeatedTest(3)
    void aStateThatIsTakenUp_goesOnAsIfItHadNeverStopped(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        try (TestLog test = TestLog.simulated(folder, 80, 50, 3, seed)) {
            List<Event> events = test.log().arrivedSince("watch", 0, Integer.MAX_VALUE);
            Collections.shuffle(events, new Random(seed));
            FeatureState undisturbed = empty(test);
            events.forEach(undisturbed::apply);
            var file = new StateFile(
                    folder.resolve("state"), test.application(), test.log().catalog());
            FeatureState first = empty(test);
            int half = events.size() / 2;
            events.subList(0, half).forEach(first::apply);
            file.write(first, half);

            FeatureState second = empty(test);
            assertThat(file.offset(second)).hasValue(half);
            file.read(second);
            events.subList(half, events.size()).forEach(second::apply);

            long now = 1 + events.stream().mapToLong(Event::timeMillis).max().orElseThrow();
            assertThat(Arrays.deepToString(rows(second, now))).isEqualTo(Arrays.deepToString(rows(undisturbed, now)));
        }
    }

    @Test
    void aFileThatIsDamaged_orOfOtherFeatures_countsAsNone() throws IOException {
        try (TestLog test = TestLog.simulated(folder, 80, 50, 3, 4)) {
            Path path = folder.resolve("state");
            var file = new StateFile(path, test.application(), test.log().catalog());
            FeatureState state = empty(test);
            assertThat(file.offset(state)).isEmpty();
            file.write(state, 7);
            assertThat(file.offset(state)).hasValue(7);

            Path changed = Files.createDirectories(folder.resolve("other"));
            Files.writeString(
                    changed.resolve("app.yaml"),
                    Files.readString(Path.of("../apps/video-feed/app.yaml")).replace("window: 1d", "window: 2d"));
            Files.createDirectories(changed.resolve("contracts"));
            for (String contract : List.of("watch.yaml", "user.yaml", "video.yaml")) {
                Files.copy(
                        Path.of("../apps/video-feed/contracts").resolve(contract),
                        changed.resolve("contracts").resolve(contract));
            }
            FeedApplication other = FeedApplication.read(changed);
            var ofOthers = new StateFile(path, other, test.log().catalog());
            assertThat(ofOthers.offset(new FeatureState(other, test.log().catalog())))
                    .isEmpty();

            byte[] bytes = Files.readAllBytes(path);
            bytes[bytes.length / 2] ^= 4;
            Files.write(path, bytes);
            assertThat(file.offset(state)).isEmpty();
            Files.write(path, new byte[3]);
            assertThat(file.offset(state)).isEmpty();
        }
    }
}
