package io.rankwright.features;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * The feature state of one key, apart from all others: what an online store holds under a key, and what a Flink task
 * keeps for it. {@link FeatureCells} makes cells and understands them. Belongs to one thread at a time.
 */
public sealed interface Cell {
    /** The time of the newest event in it; {@link Long#MIN_VALUE} if there is none. */
    long versionMillis();

    /** A copy that shares nothing. */
    Cell copy();

    void write(DataOutput out) throws IOException;

    /** The cell as bytes, for {@link FeatureCells#read}. */
    default byte[] bytes() {
        var bytes = new ByteArrayOutputStream();
        try {
            write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Opens bytes for reading. */
    static DataInput open(byte[] bytes) {
        return new DataInputStream(new ByteArrayInputStream(bytes));
    }

    /** Sums, counts and last times of a key. */
    record Sums(@Nullable Ring ring, double[] totals, long[] lastTimes, long versionMillis) implements Cell {
        @Override
        public Cell copy() {
            return new Sums(ring == null ? null : ring.copy(), totals.clone(), lastTimes.clone(), versionMillis);
        }

        @Override
        public void write(DataOutput out) throws IOException {
            for (double total : totals) {
                Compact.writeNumber(out, total);
            }
            for (long time : lastTimes) {
                Compact.writeTime(out, time);
            }
            Compact.writeTime(out, versionMillis);
            if (ring != null) {
                ring.write(out);
            }
        }
    }

    /** The last items of a subject, as ids, with their times, newest last. */
    record Recent(String[] items, long[] times) implements Cell {
        @Override
        public long versionMillis() {
            return times.length == 0 ? Long.MIN_VALUE : times[times.length - 1];
        }

        @Override
        public Cell copy() {
            return new Recent(items.clone(), times.clone());
        }

        @Override
        public void write(DataOutput out) throws IOException {
            Compact.writeWhole(out, items.length);
            for (int i = 0; i < items.length; i++) {
                out.writeUTF(items[i]);
                Compact.writeTime(out, times[i]);
            }
        }

        static Recent read(DataInput in) throws IOException {
            int length = (int) Compact.readWhole(in);
            String[] items = new String[length];
            long[] times = new long[length];
            for (int i = 0; i < length; i++) {
                items[i] = in.readUTF();
                times[i] = Compact.readTime(in);
            }
            return new Recent(items, times);
        }
    }
}
