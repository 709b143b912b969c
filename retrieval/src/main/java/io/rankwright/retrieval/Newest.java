package io.rankwright.retrieval;

import io.rankwright.log.EntityTable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

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

    private final EntityTable items;
    private final int place;
    private final Born[] atStart;
    private final ConcurrentSkipListSet<Born> since = new ConcurrentSkipListSet<>(YOUNGEST_FIRST);

    /** @param column the time or date at which an item was born */
    Newest(EntityTable items, String column) {
        this.items = items;
        this.place = items.place(column);
        this.atStart = IntStream.range(1, items.capacity())
                .filter(items::isKnown)
                .filter(code -> !Double.isNaN(items.number(place, code)))
                .mapToObj(code -> new Born(born(code), code))
                .sorted(YOUNGEST_FIRST)
                .toArray(Born[]::new);
    }

    /** An item was put; its birth may be another one now. */
    void put(int code) {
        if (!Double.isNaN(items.number(place, code))) {
            since.add(new Born(born(code), code));
        }
    }

    private long born(int code) {
        return (long) items.number(place, code);
    }

    /** The youngest allowed items that were born between two moments, equal ones in the order of the code. */
    int[] find(long fromMillis, long toMillis, int k, IntPredicate allowed) {
        var from = new Born(toMillis, 0);
        int next = Arrays.binarySearch(atStart, from, YOUNGEST_FIRST);
        next = next < 0 ? -next - 1 : next;
        Iterator<Born> more = since.tailSet(from).iterator();
        Born put = more.hasNext() ? more.next() : null;
        int[] found = new int[k];
        int size = 0;
        int last = 0;
        while (size < k && (next < atStart.length || put != null)) {
            boolean isPut = put != null && (next == atStart.length || YOUNGEST_FIRST.compare(put, atStart[next]) <= 0);
            Born born = isPut && put != null ? put : atStart[next];
            if (born.millis() < fromMillis) {
                break;
            }
            if (isPut) {
                put = more.hasNext() ? more.next() : null;
            } else {
                next++;
            }
            // An item that was put again may be filed under two births: the table knows which one holds.
            if (born.code() != last
                    && items.isKnown(born.code())
                    && born(born.code()) == born.millis()
                    && allowed.test(born.code())) {
                found[size++] = born.code();
                last = born.code();
            }
        }
        return Arrays.copyOf(found, size);
    }
}
