package io.rankwright.log;

import io.rankwright.spec.InternalFault;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * A place in an {@link ArrivalLog}: for each of its partitions the offset of what comes next. Immutable.
 *
 * @param offsets in the order of the partitions
 */
public record Position(long... offsets) {
    public Position {
        offsets = offsets.clone();
    }

    @Override
    public long[] offsets() {
        return offsets.clone();
    }

    /** The position just behind an arrival, all else as it is. */
    public Position behind(Arrival arrival) {
        long[] moved = offsets.clone();
        moved[arrival.partition()] = Math.max(moved[arrival.partition()], arrival.offset() + 1);
        return new Position(moved);
    }

    /** Whether nothing up to the other position is left. */
    public boolean hasReached(Position other) {
        for (int i = 0; i < other.offsets.length; i++) {
            if (i >= offsets.length || offsets[i] < other.offsets[i]) {
                return false;
            }
        }
        return true;
    }

    /** The offsets with commas between. */
    @Override
    public String toString() {
        return LongStream.of(offsets).mapToObj(Long::toString).collect(Collectors.joining(","));
    }

    /** Reads what {@link #toString} wrote. */
    public static Position parse(String text) {
        try {
            return new Position(
                    Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray());
        } catch (NumberFormatException e) {
            throw new InternalFault("a position that cannot be read: " + text, e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Position position && Arrays.equals(offsets, position.offsets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(offsets);
    }
}
