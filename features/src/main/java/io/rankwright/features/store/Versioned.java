package io.rankwright.features.store;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** A value as it lies in a store: the version in front, so that texts compare as times do. */
final class Versioned {
    static final int HEADER = Long.BYTES;

    private Versioned() {}

    static byte[] bytes(OnlineStore.Entry entry) {
        // With the sign bit turned over, bytes from high to low are in the order of the numbers.
        return ByteBuffer.allocate(HEADER + entry.value().length)
                .putLong(entry.versionMillis() ^ Long.MIN_VALUE)
                .put(entry.value())
                .array();
    }

    static byte[] value(byte[] stored) {
        return Arrays.copyOfRange(stored, HEADER, stored.length);
    }

    static boolean isOlder(byte[] stored, byte[] than) {
        return Arrays.compareUnsigned(stored, 0, HEADER, than, 0, HEADER) < 0;
    }
}
