package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

/** One fault in a file: where it stands, what was found, and what would be right. Immutable. */
public record Problem(Location location, String found, String expected) {
    public Problem {
        requireNonNull(location, "location");
        requireNonNull(found, "found");
        requireNonNull(expected, "expected");
    }

    @Override
    public String toString() {
        return location + ": " + found + "; expected " + expected;
    }
}
