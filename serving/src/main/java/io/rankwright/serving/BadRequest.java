package io.rankwright.serving;

/** A request that cannot be answered as it is; the message says what would be right. */
public final class BadRequest extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param message what was found and what was expected */
    public BadRequest(String message) {
        super(message);
    }

    public BadRequest(String found, String expected) {
        super(found + "; expected " + expected);
    }
}
