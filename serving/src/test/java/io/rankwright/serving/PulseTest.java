package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PulseTest {
    private static FeedAnswer answer(double millis, String... degraded) {
        return new FeedAnswer(
                "r",
                "7",
                0,
                "v1",
                List.of(),
                Map.of(),
                0,
                "real",
                true,
                List.of(),
                "cascade",
                List.of(degraded),
                1,
                Map.of(),
                0,
                Map.of("retrieve", millis / 4, "rank", millis * 3 / 4));
    }

    @Test
    void ratesPercentilesAndStagesAreThoseOfTheLastMinute() {
        var pulse = new Pulse();
        for (int second = 1000; second < 1060; second++) {
            for (int i = 0; i < 10; i++) {
                pulse.answered(second % 20 == 0 && i == 0 ? answer(200, "rank: deadline") : answer(20), second);
            }
        }

        Pulse.View view = pulse.view(1059);

        assertThat(view.answersPerSecond()).isCloseTo(10, within(1e-9));
        assertThat(view.p50()).isCloseTo(20, within(1.5));
        assertThat(view.p99()).isCloseTo(20, within(1.5));
        assertThat(view.degradedShare()).isCloseTo(3 / 600.0, within(1e-9));
        assertThat(view.stages().get("rank")).isCloseTo((597 * 15 + 3 * 150) / 600.0, within(1e-9));
        assertThat(view.rates()).hasSize(Pulse.SECONDS / Pulse.STEP);
        assertThat(view.rates().getLast()).isCloseTo(10, within(1e-9));
        assertThat(view.rates().getFirst()).isZero();
        assertThat(view.p99s().getFirst()).isNaN();
        assertThat(view.cpuPerThousand()).isPositive();
        assertThat(view.allocatedPerAnswer()).isPositive();
    }

    @Test
    void whatIsOldIsForgotten() {
        var pulse = new Pulse();
        for (int i = 0; i < 200; i++) {
            pulse.answered(answer(5), 1000);
        }

        assertThat(pulse.view(1100).answersPerSecond()).isZero();
        assertThat(pulse.view(1100).p99()).isNaN();
        assertThat(pulse.view(1400).cpuPerThousand()).isNaN();
        assertThat(pulse.view(1100).rates()).contains(200.0 / Pulse.STEP);
        // The place of that second is used again.
        pulse.answered(answer(5), 1000 + Pulse.SECONDS);
        assertThat(pulse.view(1000 + Pulse.SECONDS).answersPerSecond()).isCloseTo(1 / 60.0, within(1e-9));
    }
}
