package io.rankwright.serving;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What each subject was shown last, so that an event tells what became of an answer. Of no more subjects than {@link
 * #MOST_SUBJECTS} it is remembered, in some 30 MB. Any number of threads.
 */
final class LastSlates {
    private static final int MOST_SUBJECTS = 100_000;
    /** No item has this code. */
    private static final int TAKEN = -1;

    private final Map<Integer, Slate> slates = new ConcurrentHashMap<>();

    /**
     * One slate.
     *
     * @param version that answered
     * @param arms of the subject
     * @param items by their codes, in the order of the slots
     * @param predicted the chance that each is taken; NaN if none was predicted
     * @param slices of each item the values of the features that slice, as the ranker had them
     */
    record Slate(int version, List<String> arms, int[] items, float[] predicted, float[][] slices) {}

    /**
     * An item of a slate of which an event tells.
     *
     * @param isFirst whether it is the first event on the slate
     */
    record Shown(int version, List<String> arms, double predicted, float[] slices, boolean isFirst) {}

    /** Remembers a slate; the answer is how many of its items were in the one before. */
    int put(int subject, Slate slate) {
        if (subject == 0 || (slates.size() >= MOST_SUBJECTS && !slates.containsKey(subject))) {
            return 0;
        }
        Slate before = slates.put(subject, slate);
        if (before == null) {
            return 0;
        }
        synchronized (before) {
            return (int) Arrays.stream(slate.items())
                    .filter(item -> place(before, item) >= 0)
                    .count();
        }
    }

    /** What a subject was shown of an item; the second event on it tells of nothing. */
    Optional<Shown> take(int subject, int item) {
        Slate slate = slates.get(subject);
        if (slate == null) {
            return Optional.empty();
        }
        synchronized (slate) {
            int place = place(slate, item);
            if (place < 0) {
                return Optional.empty();
            }
            boolean isFirst = place(slate, TAKEN) < 0;
            slate.items()[place] = TAKEN;
            return Optional.of(
                    new Shown(slate.version(), slate.arms(), slate.predicted()[place], slate.slices()[place], isFirst));
        }
    }

    private static int place(Slate slate, int item) {
        for (int i = 0; i < slate.items().length; i++) {
            if (slate.items()[i] == item) {
                return i;
            }
        }
        return -1;
    }
}
