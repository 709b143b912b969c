package io.rankwright.registry;

/**
 * One time that a server trained by itself. Immutable.
 *
 * @param startedMillis by the clock of the machine
 * @param reason why
 * @param endedMillis 0 while it runs
 * @param outcome in words
 */
public record Retraining(long startedMillis, String reason, long endedMillis, String outcome) {
    /** One that begins. */
    public static Retraining started(long nowMillis, String reason) {
        return new Retraining(nowMillis, reason, 0, "runs");
    }

    /** The same, ended. */
    public Retraining ended(long nowMillis, String how) {
        return new Retraining(startedMillis, reason, nowMillis, how);
    }
}
