package io.rankwright.features;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Numbers as few bytes: what is small and whole takes one or two, a fraction of the grid of sums four or five. */
final class Compact {
    private static final double GRID = FeatureState.GRID;
    private static final double LARGEST = 1L << 52;
    /** What no whole number begins with. */
    private static final int RAW = 0xFF;

    private Compact() {}

    /** A number from 0 to 2^56 in as many bytes as it needs; others as they are, in nine. */
    static void writeWhole(DataOutput out, long value) throws IOException {
        if (value < 0 || value >= 1L << 56) {
            out.writeByte(RAW);
            out.writeLong(value);
            return;
        }
        // The first byte says how many follow: as many as it has ones in front.
        int more = 0;
        while (more < 7 && value >= 1L << (7 + 7 * more)) {
            more++;
        }
        int ones = (0xFF00 >>> more) & 0xFF;
        out.writeByte(ones | (more == 7 ? 0 : (int) (value >>> (8 * more))));
        for (int shift = 8 * (more - 1); shift >= 0; shift -= 8) {
            out.writeByte((int) (value >>> shift));
        }
    }

    static long readWhole(DataInput in) throws IOException {
        int first = in.readUnsignedByte();
        return first == RAW ? in.readLong() : readWhole(first, in);
    }

    private static long readWhole(int first, DataInput in) throws IOException {
        int more = Integer.numberOfLeadingZeros(~(first << 24));
        long value = first & (0x7F >>> more);
        for (int i = 0; i < more; i++) {
            value = (value << 8) | in.readUnsignedByte();
        }
        return value;
    }

    /** A moment after 1970, or {@link Long#MIN_VALUE} for never. */
    static void writeTime(DataOutput out, long timeMillis) throws IOException {
        writeWhole(out, timeMillis == Long.MIN_VALUE ? 0 : timeMillis + 1);
    }

    static long readTime(DataInput in) throws IOException {
        long written = readWhole(in);
        return written == 0 ? Long.MIN_VALUE : written - 1;
    }

    /** Any number; bit for bit what {@link #readNumber} gives, but for the sign of zero. */
    static void writeNumber(DataOutput out, double value) throws IOException {
        double units = value * GRID;
        if (value >= 0 && value < LARGEST && value == (long) value) {
            writeWhole(out, (long) value << 1);
        } else if (units > 0 && units < LARGEST && units == (long) units) {
            writeWhole(out, ((long) units << 1) | 1);
        } else {
            out.writeByte(RAW);
            out.writeDouble(value);
        }
    }

    static double readNumber(DataInput in) throws IOException {
        int first = in.readUnsignedByte();
        if (first == RAW) {
            return in.readDouble();
        }
        long written = readWhole(first, in);
        return (written & 1) == 0 ? written >>> 1 : (written >>> 1) / GRID;
    }
}
