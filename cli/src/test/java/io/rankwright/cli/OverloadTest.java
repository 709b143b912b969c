package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.cli.Command.Running;
import io.rankwright.dev.Faults;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is asked for three times as much as it can answer goes on answering what it can. */
class OverloadTest {
    private static final long UNLOADED_SECONDS = Faults.times(2, 20);
    private static final long PEAK_SECONDS = Faults.times(3, 30);
    private static final long OVERLOAD_SECONDS = Faults.times(5, 120);

    @TempDir
    static Path scratch;

    /** What came back in some seconds. */
    private static final class Seen {
        private final Latencies answered = new Latencies();
        private final Latencies refused = new Latencies();
        private final AtomicInteger failed = new AtomicInteger();
        private final AtomicInteger asked = new AtomicInteger();

        void ask(Running running) {
            int user = asked.incrementAndGet() % 900;
            long start = System.nanoTime();
            try {
                HttpResponse<String> response = running.send("GET", "/v1/feed/" + user + "?slots=20", "");
                long taken = System.nanoTime() - start;
                switch (response.statusCode()) {
                    case 200 -> answered.add(taken);
                    case 429 -> refused.add(taken);
                    default -> failed.incrementAndGet();
                }
            } catch (IOException _) {
                failed.incrementAndGet();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** So many ask one after the other. */
    private static Seen closed(Running running, int askers, long seconds) {
        var seen = new Seen();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < askers; i++) {
                pool.execute(() -> {
                    while (System.nanoTime() < end) {
                        seen.ask(running);
                    }
                });
            }
        }
        return seen;
    }

    /** Requests begin on schedule, whatever became of those before. */
    private static Seen open(Running running, double perSecond, long seconds) {
        var seen = new Seen();
        long start = System.nanoTime();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < perSecond * seconds; i++) {
                long due = start + (long) (i * 1e9 / perSecond);
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                pool.execute(() -> seen.ask(running));
            }
        }
        return seen;
    }

    @Test
    void whatIsTooMuchIsRefusedAtOnce_andTheRestIsAnsweredAsBefore() {
        Path application = Command.trainedApplication(scratch);
        try (Running running = Command.serve(scratch, application.toString(), "--port", "0")) {
            closed(running, 2, PEAK_SECONDS);
            Seen unloaded = closed(running, 1, UNLOADED_SECONDS);
            double peak = closed(running, 4, PEAK_SECONDS).answered.count() / (double) PEAK_SECONDS;

            Seen overload = open(running, 3 * peak, OVERLOAD_SECONDS);

            double good = overload.answered.count() / (double) OVERLOAD_SECONDS;
            Seen after = closed(running, 1, UNLOADED_SECONDS);
            System.out.printf(
                    "peak %.0f answers/s; asked for %.0f/s: %.0f answered (%.0f%% of the peak), %d refused, %d failed%n"
                            + "p99 of answers %.0f ms (one at a time %.0f ms, after it %.0f ms); of refusals p50 %.1f ms%n",
                    peak,
                    3 * peak,
                    good,
                    100 * good / peak,
                    overload.refused.count(),
                    overload.failed.get(),
                    overload.answered.percentile(0.99),
                    unloaded.answered.percentile(0.99),
                    after.answered.percentile(0.99),
                    overload.refused.percentile(0.5));
            assertThat(overload.failed.get()).isZero();
            assertThat(overload.refused.count()).isPositive();
            assertThat(overload.answered.count()).isPositive();
            assertThat(after.failed.get() + after.refused.count()).isZero();
            if (Faults.isFull()) {
                assertThat(good).isGreaterThan(0.9 * peak);
                assertThat(overload.answered.percentile(0.99))
                        .isLessThanOrEqualTo(
                                2 * Math.max(unloaded.answered.percentile(0.99), after.answered.percentile(0.99)));
            }
        }
    }
}
