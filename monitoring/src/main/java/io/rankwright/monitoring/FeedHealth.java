package io.rankwright.monitoring;

import java.util.HashMap;
import java.util.Map;

/** What people are shown, taken together, in a stretch of time. One thread at a time. */
public final class FeedHealth {
    private static final int MOST_SHOWN = 10;

    private final Map<Integer, Long> shown = new HashMap<>();
    private long answers;
    private long slots;
    private long repeated;

    /**
     * Adds an answer.
     *
     * @param items that were shown
     * @param repeated how many of them were in the subject's last answer too
     */
    public void add(int[] items, int repeated) {
        answers++;
        slots += items.length;
        this.repeated += repeated;
        for (int item : items) {
            shown.merge(item, 1L, Long::sum);
        }
    }

    /** How many answers there are. */
    public long answers() {
        return answers;
    }

    /** How many different items were shown. */
    public int items() {
        return shown.size();
    }

    /** The share of all slots that the ten items have which were shown most; NaN if nothing was shown. */
    public double concentration() {
        long most = shown.values().stream()
                .sorted((a, b) -> Long.compare(b, a))
                .limit(MOST_SHOWN)
                .mapToLong(Long::longValue)
                .sum();
        return slots == 0 ? Double.NaN : (double) most / slots;
    }

    /** The share of slots whose item the subject had in its last answer too; NaN if nothing was shown. */
    public double repeated() {
        return slots == 0 ? Double.NaN : (double) repeated / slots;
    }
}
