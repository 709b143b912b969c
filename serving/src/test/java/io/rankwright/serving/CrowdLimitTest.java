package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A limit before a simulated machine of a few cores: who comes while all of them are busy takes as much longer. */
class CrowdLimitTest {
    private static final int CORES = 4;
    private static final long ALONE_NANOS = TimeUnit.MILLISECONDS.toNanos(8);

    private final CrowdLimit limit = new CrowdLimit(CORES, 64);
    private long now = 1;

    /** So many clients ask again and again for some seconds; those beyond the limit are refused. */
    private void ask(int clients, int seconds, double slower) {
        long end = now + TimeUnit.SECONDS.toNanos(seconds);
        while (now < end) {
            int underWay = Math.min(clients, limit.getLimit());
            if (clients > underWay) {
                limit.refused();
            }
            long taken = (long) (slower * ALONE_NANOS * Math.max(1, underWay / (double) CORES));
            for (int i = 0; i < underWay; i++) {
                limit.onSample(now, taken, underWay, false);
            }
            now += taken;
        }
    }

    @Test
    void throughTwoMinutesOfOverloadHardlyMoreAreUnderWayThanThereAreCores() {
        ask(2, 10, 1);
        ask(200, 5, 1);

        for (int second = 0; second < 120; second++) {
            ask(200, 1, 1);
            assertThat(limit.getLimit()).isBetween(CORES, CORES + 2);
        }
    }

    @Test
    void aBurstIsLetInWhileNobodyIsRefused() {
        ask(10, 10, 1);

        assertThat(limit.getLimit()).isGreaterThan(10);
    }

    @Test
    void afterAnOverloadABurstIsLetInAgain() {
        ask(2, 10, 1);
        ask(200, 30, 1);
        ask(4, 10, 1);

        assertThat(limit.getLimit()).isGreaterThan(2 * CORES - 1);
    }

    @Test
    void aMachineThatHasBecomeSlowerIsTheNewNorm() {
        ask(2, 30, 1);
        ask(4, 30, 3);
        ask(200, 10, 3);

        int greatest = 0;
        for (int second = 0; second < 20; second++) {
            ask(200, 1, 3);
            greatest = Math.max(greatest, limit.getLimit());
        }

        // What takes three times as long does so whoever else is there: beside the old norm all would seem to wait.
        assertThat(greatest).isGreaterThan(CORES);
    }

    @Test
    void answersThatComeTooLateLetInFewer_butAsManyAsCores() {
        for (int i = 0; i < 10_000; i++) {
            limit.onSample(now, ALONE_NANOS, 1, true);
            now += ALONE_NANOS;
        }

        assertThat(limit.getLimit()).isEqualTo(CORES);
    }

    @Test
    void theMaximumHolds() {
        var one = new CrowdLimit(CORES, 1);
        for (int i = 0; i < 1000; i++) {
            one.onSample(now, ALONE_NANOS, 1, i % 2 == 0);
            now += ALONE_NANOS;
        }

        assertThat(one.getLimit()).isEqualTo(1);
    }
}
