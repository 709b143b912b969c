package io.rankwright.features;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Writes numbers in few bytes, for {@link ByteReader}: what is small and whole takes one or two, a fraction of the grid
 * of sums four or five. One thread at a time.
 */
final class ByteWriter {
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    /** What no whole number from 0 to 2^56 begins with. */
    static final int RAW = 0xFF;

    private static final double LARGEST = 1L << 52;

    private byte[] bytes = new byte[64];
    private int size;

    byte[] bytes() {
        return Arrays.copyOf(bytes, size);
    }

    int size() {
        return size;
    }

    /** Bytes as they are, without their length. */
    void bytes(byte[] more) {
        makeRoom(more.length);
        System.arraycopy(more, 0, bytes, size, more.length);
        size += more.length;
    }

    private void makeRoom(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * bytes.length + more);
        }
    }

    /** A number from 0 to 2^56 in as many bytes as it needs; others as they are, in nine. */
    void whole(long value) {
        makeRoom(Long.BYTES + 1);
        if (value < 0 || value >= 1L << 56) {
            raw(value);
            return;
        }
        // The first byte says how many follow: as many as it has ones in front.
        int more = 0;
        while (more < 7 && value >= 1L << (7 + 7 * more)) {
            more++;
        }
        int ones = (0xFF00 >>> more) & 0xFF;
        bytes[size++] = (byte) (ones | (more == 7 ? 0 : (int) (value >>> (8 * more))));
        for (int shift = 8 * (more - 1); shift >= 0; shift -= 8) {
            bytes[size++] = (byte) (value >>> shift);
        }
    }

    private void raw(long bits) {
        bytes[size++] = (byte) RAW;
        LONG.set(bytes, size, bits);
        size += Long.BYTES;
    }

    /** A moment after 1970, or {@link Long#MIN_VALUE} for never. */
    void time(long timeMillis) {
        whole(timeMillis == Long.MIN_VALUE ? 0 : timeMillis + 1);
    }

    /** Any number; it comes back as it was, but for the sign of zero. */
    void number(double value) {
        double units = value * FeatureState.GRID;
        if (value >= 0 && value < LARGEST && value == (long) value) {
            whole((long) value << 1);
        } else if (units > 0 && units < LARGEST && units == (long) units) {
            whole(((long) units << 1) | 1);
        } else {
            makeRoom(Long.BYTES + 1);
            raw(Double.doubleToRawLongBits(value));
        }
    }

    void text(String text) {
        byte[] encoded = text.getBytes(UTF_8);
        whole(encoded.length);
        bytes(encoded);
    }
}
