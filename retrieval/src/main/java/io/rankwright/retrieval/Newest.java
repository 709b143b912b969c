package io.rankwright.retrieval;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.lucene.util.IntroSorter;

/**
 * The items in the order of their birth, so that the youngest are found without a look at the others. What was there at
 * the start is one sorted array; what was put since is merged in.
 *
 * <p>Thread-safety: any thread.
 */
final class Newest {
    /** An item with the birth under which it was filed. */
    private record Born(long millis, int code) {}

    private static final Comparator<Born> YOUNGEST_FIRST =
            Comparator.comparingLong(Born::millis).reversed().thenComparingInt(Born::code);

    private final IntToDoubleFunction birth;
    /** What was there at the start, the youngest first: the births under which it was filed, and its codes. */
    private final long[] births;

    private final int[] codes;
    private final ConcurrentSkipListSet<Born> since = new ConcurrentSkipListSet<>(YOUNGEST_FIRST);

    /**
     * @param capacity one more than the greatest code that is there at the start
     * @param birth gives when the item of a code was born, NaN if there is none or nobody knows; asked again when it is found
     */
    Newest(int capacity, IntToDoubleFunction birth) {
        this.birth = birth;
        this.codes = IntStream.range(1, capacity)
                .filter(code -> !Double.isNaN(birth.applyAsDouble(code)))
                .toArray();
        this.births = IntStream.of(codes).mapToLong(this::born).toArray();
        new YoungestFirst(births, codes).sort(0, codes.length);
    }

    /** Sorts births and codes together. */
    private static final class YoungestFirst extends IntroSorter {
        private final long[] births;
        private final int[] codes;
        private long pivotBirth;
        private int pivotCode;

        YoungestFirst(long[] births, int[] codes) {
            this.births = births;
            this.codes = codes;
        }

        @Override
        protected void setPivot(int i) {
            pivotBirth = births[i];
            pivotCode = codes[i];
        }

        @Override
        protected int comparePivot(int j) {
            return pivotBirth == births[j] ? Integer.compare(pivotCode, codes[j]) : Long.compare(births[j], pivotBirth);
        }

        @Override
        protected void swap(int i, int j) {
            long birth = births[i];
            births[i] = births[j];
            births[j] = birth;
            int code = codes[i];
            codes[i] = codes[j];
            codes[j] = code;
        }
    }

    /** An item was put; its birth may be another one now. */
    void put(int code) {
        if (!Double.isNaN(birth.applyAsDouble(code))) {
            since.add(new Born(born(code), code));
        }
    }

    private long born(int code) {
        return (long) birth.applyAsDouble(code);
    }

    /** The youngest allowed items that were born between two moments, equal ones in the order of the code. */
    int[] find(long fromMillis, long toMillis, int k, IntPredicate allowed) {
        int next = firstBorn(toMillis);
        Iterator<Born> more = since.tailSet(new Born(toMillis, 0)).iterator();
        Born put = more.hasNext() ? more.next() : null;
        int[] found = new int[k];
        int size = 0;
        int last = 0;
        while (size < k && (next < codes.length || put != null)) {
            Born held = next < codes.length ? new Born(births[next], codes[next]) : null;
            boolean isPut = put != null && (held == null || YOUNGEST_FIRST.compare(put, held) <= 0);
            Born born = requireNonNull(isPut ? put : held);
            if (born.millis() < fromMillis) {
                break;
            }
            if (isPut) {
                put = more.hasNext() ? more.next() : null;
            } else {
                next++;
            }
            // An item that was put again may be filed under two births, and one may be gone.
            if (born.code() != last && birth.applyAsDouble(born.code()) == born.millis() && allowed.test(born.code())) {
                found[size++] = born.code();
                last = born.code();
            }
        }
        return Arrays.copyOf(found, size);
    }

    /** The place of the first that was born at a moment or before. */
    private int firstBorn(long millis) {
        int low = 0;
        int high = births.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (births[middle] > millis) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
