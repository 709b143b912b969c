package io.rankwright.serving;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;

/**
 * Waiting at most so long, at the price of waiting without end. A timed wait of a virtual thread sets a timer and takes it
 * back, and wakes the thread of all timers where it is the first to end: .1 ms of a processor for each stage of a request
 * that takes 2.5 (docs/decisions/0023-waits-without-timers.md). Here one thread looks every few milliseconds who has waited long enough; while nobody
 * waits it sleeps. Any number of threads may wait.
 */
final class Deadlines {
    /** A wait ends so much late at most. */
    static final Duration TICK = Duration.ofMillis(5);

    /** After so many ticks without anybody who waits it sleeps until somebody does. */
    static final int IDLE_TICKS = 100;

    private static final Set<Wait> WAITS = ConcurrentHashMap.newKeySet();
    private static final Thread WATCH =
            Thread.ofPlatform().daemon().name("deadlines").start(Deadlines::watch);
    private static volatile boolean isAsleep;

    private Deadlines() {}

    /** A wait for a latch, whose end may be moved by others while somebody waits. */
    static final class Wait {
        private final CountDownLatch latch;
        private volatile long until;

        Wait(CountDownLatch latch, Duration most) {
            this.latch = latch;
            endIn(most);
        }

        /** Moves the end to so long from now, sooner or later than it was. */
        void endIn(Duration most) {
            until = System.nanoTime() + most.toNanos();
            if (!most.isPositive()) {
                open(latch);
            }
        }

        /**
         * Returns when the latch is open. When the time is over it is opened, whatever it still counted: who waits looks itself
         * at what is done.
         */
        void await() throws InterruptedException {
            if (latch.getCount() == 0) {
                return;
            }
            WAITS.add(this);
            if (isAsleep) {
                LockSupport.unpark(WATCH);
            }
            try {
                latch.await();
            } finally {
                WAITS.remove(this);
            }
        }
    }

    /** Returns when a latch is open, or the time is over, as {@link Wait#await} does. */
    static void await(CountDownLatch latch, Duration most) throws InterruptedException {
        new Wait(latch, most).await();
    }

    /** Work that counts a latch down when it has ended: with success, a fault or because it was cancelled. */
    static <T> FutureTask<T> task(Callable<T> work, CountDownLatch latch) {
        return new FutureTask<>(work) {
            @Override
            protected void done() {
                latch.countDown();
            }
        };
    }

    /** Lets everybody go on who waits for a latch. */
    static void open(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            latch.countDown();
        }
    }

    private static void watch() {
        int idle = 0;
        while (true) {
            idle = WAITS.isEmpty() ? idle + 1 : 0;
            if (idle > IDLE_TICKS) {
                isAsleep = true;
                // Who came before this was said did not wake it.
                if (WAITS.isEmpty()) {
                    LockSupport.park();
                }
                isAsleep = false;
                idle = 0;
            }
            long now = System.nanoTime();
            for (Wait wait : WAITS) {
                if (now - wait.until >= 0) {
                    open(wait.latch);
                }
            }
            LockSupport.parkNanos(TICK.toNanos());
        }
    }
}
