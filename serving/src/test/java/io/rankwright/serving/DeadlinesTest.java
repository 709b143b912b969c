package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class DeadlinesTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @Test
    void whoWaitsGoesOnWhenTheWorkHasEnded() throws Exception {
        var left = new CountDownLatch(1);
        FutureTask<Integer> task = Deadlines.task(() -> 7, left);
        long start = System.nanoTime();
        Thread.ofVirtual().start(task);

        Deadlines.await(left, LONG);

        assertThat(task.state()).isEqualTo(Future.State.SUCCESS);
        assertThat(task.resultNow()).isEqualTo(7);
        assertThat(System.nanoTime() - start).isLessThan(LONG.toNanos());
    }

    @Test
    void workThatFailsEndsTheWaitToo() throws Exception {
        var left = new CountDownLatch(1);
        FutureTask<Integer> task = Deadlines.task(
                () -> {
                    throw new IllegalStateException("as asked");
                },
                left);
        Thread.ofVirtual().start(task);

        Deadlines.await(left, LONG);

        assertThat(task.exceptionNow()).hasMessage("as asked");
    }

    @Test
    void aWaitEndsWhenItsTimeIsOverHoweverManyWaitLonger() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waits = new ArrayList<Future<Long>>();
            var never = new CountDownLatch(1);
            Future<?> patient = threads.submit(() -> {
                Deadlines.await(never, LONG);
                return null;
            });
            for (int millis : new int[] {1, 30, 60, 90}) {
                waits.add(threads.submit(() -> {
                    long start = System.nanoTime();
                    Deadlines.await(new CountDownLatch(2), Duration.ofMillis(millis));
                    return Duration.ofNanos(System.nanoTime() - start).toMillis() - millis;
                }));
            }
            for (Future<Long> late : waits) {
                // A tick, and what a busy machine takes.
                assertThat(late.get()).isBetween(0L, 500L);
            }
            assertThat(patient.isDone()).isFalse();
            never.countDown();
            patient.get();
        }
    }

    @Test
    void whoHasNoTimeDoesNotWaitForATick() throws Exception {
        var never = new CountDownLatch(3);

        Deadlines.await(never, Duration.ZERO);

        assertThat(never.getCount()).isZero();
    }

    @Test
    void itIsWokenAfterAQuietTime() throws Exception {
        // Longer than it goes on ticking for nobody.
        Thread.sleep(Deadlines.TICK.multipliedBy(Deadlines.IDLE_TICKS + 50));
        long start = System.nanoTime();

        Deadlines.await(new CountDownLatch(1), Duration.ofMillis(10));

        assertThat(Duration.ofNanos(System.nanoTime() - start).toMillis()).isBetween(10L, 510L);
    }
}
