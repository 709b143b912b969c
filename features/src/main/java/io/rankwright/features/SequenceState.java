package io.rankwright.features;

import io.rankwright.log.EntityTable;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last items of each subject, in the order of time, newest last. What came before the log is the start of the
 * sequence.
 *
 * <p>Thread-safety: readers beside each other; a writer alone.
 */
final class SequenceState {
    private final int last;
    private final int condition;
    private final Optional<EntityTable> startTable;
    private final int startPlace;
    private @Nullable Items[] items = new @Nullable Items[1024];

    private static final class Items {
        final int[] codes;
        final long[] times;
        int size;

        Items(int last) {
            codes = new int[last];
            times = new long[last];
        }
    }

    SequenceState(int last, int condition, Optional<EntityTable> startTable, int startPlace) {
        this.last = last;
        this.condition = condition;
        this.startTable = startTable;
        this.startPlace = startPlace;
    }

    int last() {
        return last;
    }

    void apply(Situation situation, double[] values) {
        if (values[condition] == 0 || situation.subject <= 0 || situation.item <= 0) {
            return;
        }
        Items list = itemsOf(situation.subject);
        if (list.size == last) {
            if (situation.timeMillis < list.times[0]) {
                return;
            }
            System.arraycopy(list.codes, 1, list.codes, 0, last - 1);
            System.arraycopy(list.times, 1, list.times, 0, last - 1);
            list.size--;
        }
        int place = list.size;
        while (place > 0 && list.times[place - 1] > situation.timeMillis) {
            list.codes[place] = list.codes[place - 1];
            list.times[place] = list.times[place - 1];
            place--;
        }
        list.codes[place] = situation.item;
        list.times[place] = situation.timeMillis;
        list.size++;
    }

    private Items itemsOf(int subject) {
        if (subject >= items.length) {
            items = Arrays.copyOf(items, Math.max(subject + 1, items.length * 2));
        }
        Items list = items[subject];
        if (list == null) {
            list = new Items(last);
            int[] start = start(subject);
            int kept = Math.min(start.length, last);
            System.arraycopy(start, start.length - kept, list.codes, 0, kept);
            Arrays.fill(list.times, 0, kept, Long.MIN_VALUE);
            list.size = kept;
            items[subject] = list;
        }
        return list;
    }

    private int[] start(int subject) {
        return startTable.map(table -> table.list(startPlace, subject)).orElse(new int[0]);
    }

    /** Copies the sequence of a subject, newest last; the answer is its length. */
    int read(int subject, int[] out) {
        Items list = subject > 0 && subject < items.length ? items[subject] : null;
        if (list != null) {
            System.arraycopy(list.codes, 0, out, 0, list.size);
            return list.size;
        }
        int[] start = start(subject);
        int kept = Math.min(start.length, last);
        System.arraycopy(start, start.length - kept, out, 0, kept);
        return kept;
    }
}
