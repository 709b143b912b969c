package io.rankwright.dev;

/**
 * How often the tests bring a fault about: a few times in every build, as often as the promise says where
 * {@code -Pfaults} asks for it. Figures that depend on the machine are judged only then.
 */
public final class Faults {
    private static final boolean IS_FULL = Boolean.getBoolean("rankwright.faults");

    private Faults() {}

    /** Whether every fault is brought about as often as the promise says. */
    public static boolean isFull() {
        return IS_FULL;
    }

    /** How often to do what is done so often in every build, and so often in a full run. */
    public static int times(int usually, int inFull) {
        return IS_FULL ? inFull : usually;
    }
}
