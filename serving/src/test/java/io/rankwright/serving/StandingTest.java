package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.features.FeatureState;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandingTest {
    private static final long NOON = 1_650_000_000_000L;
    private static final int MANY = 20;

    private final FeedApplication application = FeedApplication.read(Path.of("../apps/video-feed"));

    @TempDir
    Path folder;

    private EventLog log;

    @BeforeEach
    void open() {
        log = EventLog.open(folder, application);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private void watch(int from, int to) {
        var posted = new ArrayList<Map<String, String>>();
        for (int i = from; i < to; i++) {
            posted.add(Map.of(
                    "user_id", "u" + i % 3,
                    "video_id", "v" + i % 5,
                    "time_ms", String.valueOf(NOON + 1000L * i),
                    "is_click", "1",
                    "play_time_ms", "4000",
                    "duration_ms", "9000",
                    "tab", "1"));
        }
        assertThat(log.append("watch", posted, "test").accepted()).hasSize(to - from);
    }

    private FeatureState empty() {
        return new FeatureState(application, log.catalog());
    }

    /** What a start does: the state from disk if it fits, else from the log; kept afterwards. */
    private boolean started() {
        var standing = new Standing(application, log, MANY);
        FeatureState state = empty();
        boolean isTakenUp = standing.fits(state);
        if (isTakenUp) {
            standing.restore(state);
        } else {
            log.arrivedSince("watch", 0, Integer.MAX_VALUE).forEach(state::apply);
        }
        standing.keep(state);
        return isTakenUp;
    }

    @Test
    void aStartTakesUpWhatTheLastOneKept_onceItIsWorthIt() {
        watch(0, MANY - 1);
        assertThat(List.of(started(), started())).containsOnly(false);
        watch(MANY - 1, MANY);
        assertThat(started()).isFalse();
        assertThat(started()).isTrue();
    }

    @Test
    void afterAnErasure_theKeptStateIsGone_andTheNextIsKeptAgain() {
        watch(0, 2 * MANY);
        assertThat(List.of(started(), started())).containsExactly(false, true);

        log.erase("watch", "u1", NOON + 1_000_000);

        assertThat(new Standing(application, log, MANY).fits(empty())).isFalse();
        assertThat(folder.resolve("features.state")).doesNotExist();
        assertThat(List.of(started(), started())).containsExactly(false, true);
    }

    @Test
    void whileServing_theKeptStateIsBroughtForward() throws Exception {
        watch(0, MANY);
        var standing = new Standing(application, log, MANY);
        assertThat(standing.fits(empty())).isFalse();
        FeatureState state = empty();
        log.arrivedSince("watch", 0, Integer.MAX_VALUE).forEach(state::apply);
        standing.keep(state);
        byte[] first = Files.readAllBytes(folder.resolve("features.state"));

        watch(MANY, 2 * MANY - 1);
        standing.advance(empty());
        assertThat(Files.readAllBytes(folder.resolve("features.state"))).isEqualTo(first);

        watch(2 * MANY - 1, 2 * MANY);
        standing.advance(empty());
        assertThat(Files.readAllBytes(folder.resolve("features.state"))).isNotEqualTo(first);
        assertThat(started()).isTrue();
    }
}
