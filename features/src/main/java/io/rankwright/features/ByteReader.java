package io.rankwright.features;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Reads what {@link ByteWriter} wrote. One thread at a time. */
final class ByteReader {
    private final byte[] bytes;
    private int place;

    ByteReader(byte[] bytes, int from) {
        this.bytes = bytes;
        this.place = from;
    }

    boolean isAtEnd() {
        return place == bytes.length;
    }

    long whole() {
        int first = bytes[place++] & 0xFF;
        return first == ByteWriter.RAW ? raw() : whole(first);
    }

    private long raw() {
        place += Long.BYTES;
        return (long) ByteWriter.LONG.get(bytes, place - Long.BYTES);
    }

    private long whole(int first) {
        int more = Integer.numberOfLeadingZeros(~(first << 24));
        long value = first & (0x7F >>> more);
        for (int i = 0; i < more; i++) {
            value = (value << 8) | (bytes[place++] & 0xFF);
        }
        return value;
    }

    long time() {
        long written = whole();
        return written == 0 ? Long.MIN_VALUE : written - 1;
    }

    double number() {
        int first = bytes[place++] & 0xFF;
        if (first == ByteWriter.RAW) {
            return Double.longBitsToDouble(raw());
        }
        long written = whole(first);
        return (written & 1) == 0 ? written >>> 1 : (written >>> 1) / FeatureState.GRID;
    }

    String text() {
        int length = (int) whole();
        place += length;
        return new String(bytes, place - length, length, UTF_8);
    }
}
