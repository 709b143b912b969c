package io.rankwright.spec;

/** The machine or a service refused: a full disk, a port in use, a folder held by another process. */
public final class EnvironmentFault extends RankwrightException {
    private static final long serialVersionUID = 1L;

    private final boolean isRetryable;

    public EnvironmentFault(String message, boolean isRetryable) {
        super(message);
        this.isRetryable = isRetryable;
    }

    public EnvironmentFault(String message, boolean isRetryable, Throwable cause) {
        super(message, cause);
        this.isRetryable = isRetryable;
    }

    /** Whether the same call may succeed later without anything being changed by hand. */
    public boolean isRetryable() {
        return isRetryable;
    }

    @Override
    public int exitCode() {
        return 3;
    }
}
