package io.rankwright.features;

import org.jspecify.annotations.Nullable;

/**
 * The feature state of one key, apart from all others: what an online store holds under a key, and what a Flink task
 * keeps for it. {@link FeatureCells} makes cells and understands them. Belongs to one thread at a time.
 */
public sealed interface Cell {
    /** The time of the newest event in it; {@link Long#MIN_VALUE} if there is none. */
    long versionMillis();

    /** The cell as bytes, for {@link FeatureCells#read}. */
    byte[] bytes();

    /** Sums, counts and last times of a key. */
    record Sums(@Nullable Ring ring, double[] totals, long[] lastTimes, long versionMillis) implements Cell {
        @Override
        public byte[] bytes() {
            var out = new ByteWriter();
            for (double total : totals) {
                out.number(total);
            }
            for (long time : lastTimes) {
                out.time(time);
            }
            out.time(versionMillis);
            if (ring != null) {
                ring.write(out);
            }
            return out.bytes();
        }
    }

    /** The last items of a subject, as ids, with their times, newest last. */
    record Recent(String[] items, long[] times) implements Cell {
        @Override
        public long versionMillis() {
            return times.length == 0 ? Long.MIN_VALUE : times[times.length - 1];
        }

        @Override
        public byte[] bytes() {
            var out = new ByteWriter();
            out.whole(items.length);
            for (int i = 0; i < items.length; i++) {
                out.text(items[i]);
                out.time(times[i]);
            }
            return out.bytes();
        }

        static Recent read(ByteReader in) {
            int length = (int) in.whole();
            String[] items = new String[length];
            long[] times = new long[length];
            for (int i = 0; i < length; i++) {
                items[i] = in.text();
                times[i] = in.time();
            }
            return new Recent(items, times);
        }
    }
}
