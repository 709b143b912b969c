package io.rankwright.features;

import io.rankwright.log.Dictionary;
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
    private final Dictionary.Domain ids;
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

    SequenceState(int last, int condition, Optional<EntityTable> startTable, int startPlace, Dictionary.Domain ids) {
        this.ids = ids;
        this.last = last;
        this.condition = condition;
        this.startTable = startTable;
        this.startPlace = startPlace;
    }

    int last() {
        return last;
    }

    /** The formula that says whether an event is one of the sequence. */
    int condition() {
        return condition;
    }

    void apply(Situation situation, double[] values) {
        if (values[condition] != 0 && situation.subject > 0 && situation.item > 0) {
            add(situation.subject, situation.item, situation.timeMillis);
        }
    }

    /** Adds an item to the sequence of a subject. Of one moment the order is that of the ids, whichever came first. */
    void add(int subject, int item, long timeMillis) {
        Items list = itemsOf(subject);
        int place = list.size;
        while (place > 0 && isBehind(list, place - 1, item, timeMillis)) {
            place--;
        }
        if (list.size == last) {
            if (place == 0) {
                return;
            }
            place--;
            System.arraycopy(list.codes, 1, list.codes, 0, place);
            System.arraycopy(list.times, 1, list.times, 0, place);
        } else {
            System.arraycopy(list.codes, place, list.codes, place + 1, list.size - place);
            System.arraycopy(list.times, place, list.times, place + 1, list.size - place);
            list.size++;
        }
        list.codes[place] = item;
        list.times[place] = timeMillis;
    }

    private boolean isBehind(Items list, int place, int item, long timeMillis) {
        return list.times[place] > timeMillis
                || (list.times[place] == timeMillis
                        && ids.text(list.codes[place]).compareTo(ids.text(item)) > 0);
    }

    /** The events of a subject's sequence, without what came before the log. */
    Cell.Recent cell(int subject) {
        Items list = itemsOf(subject);
        int first = 0;
        while (first < list.size && list.times[first] == Long.MIN_VALUE) {
            first++;
        }
        String[] texts = new String[list.size - first];
        for (int i = first; i < list.size; i++) {
            texts[i - first] = ids.text(list.codes[i]);
        }
        return new Cell.Recent(texts, Arrays.copyOfRange(list.times, first, list.size));
    }

    /** One more than the greatest subject that has a sequence. */
    int subjects() {
        return items.length;
    }

    boolean isKnown(int subject) {
        return items[subject] != null;
    }

    /** Begins all sequences anew with what came before the log. */
    void clear() {
        Arrays.fill(items, null);
    }

    /** Begins the sequence of a subject anew with what came before the log. */
    void forget(int subject) {
        if (subject < items.length) {
            items[subject] = null;
        }
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
