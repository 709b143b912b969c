package io.rankwright.spec;

/** An invariant of Rankwright itself does not hold: our bug, worth a report with its stack trace. */
public final class InternalFault extends RankwrightException {
    private static final long serialVersionUID = 1L;

    public InternalFault(String message) {
        super(message);
    }

    public InternalFault(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public int exitCode() {
        return 70;
    }
}
