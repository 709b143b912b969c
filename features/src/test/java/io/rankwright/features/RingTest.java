package io.rankwright.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
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
            if (step % 500 == 499) {
                ring = copied(ring);
            }
        }
    }

    /** What was written and read again goes on as before. */
    private static Ring copied(Ring ring) {
        var out = new ByteWriter();
        ring.write(out);
        return Ring.read(2, WINDOWS.length, new ByteReader(out.bytes(), 0));
    }

    @Test
    void numbersComeBackAsTheyWere() {
        var random = new SplittableRandom(8);
        var numbers = new ArrayList<Double>(List.of(0.0, 1.0, 63.0, 64.0, 0.5, 1 / 3.0, -1.0, 1e300, 0x1p52, 0x1p60));
        numbers.addAll(List.of(Double.NaN, Double.POSITIVE_INFINITY, Math.ulp(1.0), 1.0 / (1 << 20)));
        var wholes = new ArrayList<>(
                List.of(0L, 1L, 127L, 128L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, (1L << 56) - 1, 1L << 56));
        for (int i = 0; i < 3000; i++) {
            wholes.add(random.nextLong() >>> random.nextInt(64));
            numbers.add(random.nextInt(1 << 30) / (double) (1 << random.nextInt(24)));
        }
        var out = new ByteWriter();
        numbers.forEach(out::number);
        wholes.forEach(out::whole);
        out.text("é");
        out.time(Long.MIN_VALUE);
        var in = new ByteReader(out.bytes(), 0);
        for (Double number : numbers) {
            assertThat(Double.valueOf(in.number())).isEqualTo(number);
        }
        for (long whole : wholes) {
            assertThat(in.whole()).isEqualTo(whole);
        }
        assertThat(in.text()).isEqualTo("é");
        assertThat(in.time()).isEqualTo(Long.MIN_VALUE);
        assertThat(in.isAtEnd()).isTrue();
    }
}
