package io.rankwright.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RingTest {
    private static final long RETENTION = 500;
    private static final long[] WINDOWS = {500, 60};
    private static final int[] BOTH = {0, 1};

    /** Events a little out of order, windows asked for at moments that go forward and back again. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void windowsAreTheSumsOfWhatLiesInThem(long seed) {
        var random = new SplittableRandom(seed);
        var ring = new Ring(2, WINDOWS.length);
        List<long[]> events = new ArrayList<>();
        long newest = 10_000;
        for (int step = 0; step < 2000; step++) {
            newest += random.nextInt(8) * random.nextInt(8);
            long[] event = {newest - random.nextInt(40), random.nextInt(10), random.nextInt(3)};
            events.add(event);
            ring.add(event[0], new double[] {event[1], event[2]}, BOTH, RETENTION);
            long now = newest + 1 + random.nextInt(30) - (step % 7 == 0 ? 50 : 0);
            for (int w = 0; w < WINDOWS.length; w++) {
                long from = Math.max(now - WINDOWS[w], newest - RETENTION);
                if (from > now - WINDOWS[w]) {
                    continue;
                }
                for (int a : BOTH) {
                    double expected = events.stream()
                            .filter(each -> each[0] >= from && each[0] < now)
                            .mapToLong(each -> each[1 + a])
                            .sum();
                    assertThat(ring.window(from, now, w, a)).isCloseTo(expected, within(1e-9));
                }
            }
            double all = events.stream()
                    .filter(each -> each[0] < now)
                    .mapToLong(each -> each[1])
                    .sum();
            assertThat(ring.before(now, 0)).isCloseTo(all, within(1e-9));
        }
    }
}
