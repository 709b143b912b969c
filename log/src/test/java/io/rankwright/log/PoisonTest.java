package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.dev.Faults;
import io.rankwright.spec.FeedApplication;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Among many events one of a thousand breaks its contract: it lies in quarantine with its reason, and costs the others little. */
class PoisonTest {
    private static final int EVENTS = Faults.times(10_000, 200_000);
    private static final int ROUNDS = Faults.times(1, 7);
    private static final int BATCH = 1_000;

    @TempDir
    Path folder;

    private static List<Map<String, String>> watches(int from, boolean isPoisoned) {
        var watches = new ArrayList<Map<String, String>>();
        for (int i = from; i < from + BATCH; i++) {
            boolean isPoison = isPoisoned && i % 1000 == 17;
            watches.add(EventLogTest.watch(1 + i % 50, 1 + i % 30, 1_650_000_000_000L + i, isPoison ? -1 : 5));
        }
        return watches;
    }

    /** Events a second. */
    private double taken(FeedApplication application, String name, boolean isPoisoned) {
        try (EventLog log = EventLog.open(folder.resolve(name), application)) {
            long start = System.nanoTime();
            for (int from = 0; from < EVENTS; from += BATCH) {
                log.append("watch", watches(from, isPoisoned), "test");
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            int poison = isPoisoned ? EVENTS / 1000 : 0;
            assertThat(log.size()).isEqualTo(EVENTS - poison);
            assertThat(log.quarantined(poison + 1))
                    .hasSize(poison)
                    .allSatisfy(row -> assertThat(row.reason()).contains("play_time_ms"));
            return EVENTS / seconds;
        }
    }

    @Test
    void poisonIsSetApart_andTheOthersAreTakenAsFast() {
        FeedApplication application = TestApplication.in(folder);
        var clean = new ArrayList<Double>();
        var poisoned = new ArrayList<Double>();
        for (int round = 0; round <= ROUNDS; round++) {
            clean.add(taken(application, "clean" + round, false));
            poisoned.add(taken(application, "poisoned" + round, true));
        }
        // The first round warms up.
        double ratio = median(poisoned.subList(1, ROUNDS + 1)) / median(clean.subList(1, ROUNDS + 1));
        System.out.printf("with 0.1%% poison events are taken in %.3f times as fast%n", ratio);
        if (Faults.isFull()) {
            assertThat(ratio).isGreaterThan(0.95);
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
