package io.rankwright.spec;

/**
 * The root of every error that Rankwright throws on purpose. Its three kinds say who can mend it, and so which exit
 * code the command ends with; see {@code docs/reference/exit-codes.md}.
 */
public abstract sealed class RankwrightException extends RuntimeException
        permits UserFault, EnvironmentFault, InternalFault {
    private static final long serialVersionUID = 1L;

    RankwrightException(String message) {
        super(message);
    }

    RankwrightException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The exit code of a command that ends with this error. */
    public abstract int exitCode();
}
