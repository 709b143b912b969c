package io.rankwright.serving;

import java.util.concurrent.Semaphore;

/**
 * The threads that carry virtual ones, which are those of the process. Native code, such as a network that scores, holds its
 * carrier until it ends; where it stalls on all of them, nothing else runs: no deadline ends, no request is refused. So there
 * is one more than cores, and one is never held.
 */
public final class Carriers {
    private static final String COUNT = "jdk.virtualThreadScheduler.parallelism";
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    /** Apart, so that it is made when somebody first holds one: until then {@link #reserve} may ask for more. */
    private static final class Free {
        static final Semaphore TO_HOLD =
                new Semaphore(Math.max(1, Math.min(CORES, Integer.getInteger(COUNT, CORES) - 1)), true);
    }

    private Carriers() {}

    /**
     * Asks for one carrier more than there are cores, unless somebody has chosen. To be called before the first virtual thread
     * of the process: how many there are is settled then. A process that does not call it scores on one core less.
     */
    public static void reserve() {
        if (System.getProperty(COUNT) == null) {
            System.setProperty(COUNT, Integer.toString(CORES + 1));
        }
    }

    /** Does work that holds its carrier, on as many virtual threads at once as there are cores; who has waited longest is next. */
    static void hold(Runnable work) {
        Free.TO_HOLD.acquireUninterruptibly();
        try {
            work.run();
        } finally {
            Free.TO_HOLD.release();
        }
    }
}
