package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

/** A place in a text file; line and column count from 1. Immutable. */
public record Location(String file, int line, int column) {
    public Location {
        requireNonNull(file, "file");
    }

    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
