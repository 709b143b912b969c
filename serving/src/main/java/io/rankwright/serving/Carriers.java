package io.rankwright.serving;

/**
 * The threads that carry virtual ones. Native code, such as a network that scores, holds its carrier until it ends; where it
 * stalls on all of them, nothing else runs: no deadline ends, no request is refused. So there is one more than cores, and
 * one is never held.
 */
public final class Carriers {
    private static final String COUNT = "jdk.virtualThreadScheduler.parallelism";

    private Carriers() {}

    /**
     * Asks for one carrier more than there are cores, unless somebody has chosen. To be called before the first virtual thread
     * of the process: how many there are is settled then. A process that does not call it scores on one core less.
     */
    public static void reserve() {
        if (System.getProperty(COUNT) == null) {
            System.setProperty(COUNT, Integer.toString(Runtime.getRuntime().availableProcessors() + 1));
        }
    }

    /** How many may be held at once. */
    static int toHold() {
        return Math.max(1, Integer.getInteger(COUNT, Runtime.getRuntime().availableProcessors()) - 1);
    }
}
