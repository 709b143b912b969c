package io.rankwright.monitoring;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Holds the values of some variables window by window against those of a reference: the last window in which the variable was
 * as before. So what grows with time is no alarm, and what has changed at once stays one. A window ends when it is old enough
 * and has enough rows.
 *
 * <p>Rows should come from different requests: rows that tell of the same thing make chance look like change.
 *
 * <p>Thread-safety: any thread.
 */
public final class DriftWatch {
    /** Fewer rows say little. */
    public static final int LEAST_ROWS = 1000;

    private final List<Variable> variables;
    private final long windowMillis;
    private final double psiLimit;
    /** Of each variable; empty before a window is whole. */
    private List<Distribution> reference = List.of();

    private Window window;
    private List<Shift> shifts = List.of();

    /** A variable: a number, or the code of a category. */
    public record Variable(String name, boolean isCategory) {}

    /**
     * The values of a variable in its reference, to be kept on disk.
     *
     * @param categories how often each came; none of a number
     * @param sketch of the numbers; an empty one of a category
     */
    public record Kept(
            String variable,
            boolean isCategory,
            long count,
            long missing,
            Map<String, Long> categories,
            byte[] sketch) {}

    /** The values of all variables since a moment. */
    private record Window(long startMillis, List<Distribution> values) {
        static Window of(List<Variable> variables, long startMillis) {
            return new Window(
                    startMillis,
                    variables.stream()
                            .map(variable -> new Distribution(variable.isCategory()))
                            .toList());
        }

        boolean isOver(long nowMillis, long lengthMillis) {
            return nowMillis - startMillis >= lengthMillis && values.getFirst().count() >= LEAST_ROWS;
        }
    }

    /**
     * @param window how long a window lasts at least
     * @param psiLimit of the population stability index, that raises an alarm
     */
    public DriftWatch(List<Variable> variables, Duration window, double psiLimit, long nowMillis) {
        this.variables = List.copyOf(variables);
        this.windowMillis = window.toMillis();
        this.psiLimit = psiLimit;
        this.window = Window.of(variables, nowMillis);
    }

    /** Adds a row, of each variable a value; NaN is a missing one. True if it ended a window: {@link #shifts} are new then. */
    public synchronized boolean add(float[] row, long nowMillis) {
        if (row.length != variables.size()) {
            throw new IllegalArgumentException(row.length + " values of " + variables.size() + " variables");
        }
        boolean isOver = !variables.isEmpty() && window.isOver(nowMillis, windowMillis);
        if (isOver) {
            end(nowMillis);
        }
        for (int v = 0; v < row.length; v++) {
            window.values().get(v).add(row[v]);
        }
        return isOver;
    }

    private void end(long nowMillis) {
        List<Distribution> now = window.values();
        if (reference.isEmpty()) {
            reference = now;
        } else {
            var found = new ArrayList<Shift>();
            var next = new ArrayList<Distribution>();
            for (int v = 0; v < variables.size(); v++) {
                Shift shift = Shift.of(variables.get(v).name(), reference.get(v), now.get(v), psiLimit);
                found.add(shift);
                next.add(shift.alarm().isPresent() ? reference.get(v) : now.get(v));
            }
            shifts = List.copyOf(found);
            reference = List.copyOf(next);
        }
        window = Window.of(variables, nowMillis);
    }

    /** The reference of each variable, to be kept; empty before there is one. */
    public synchronized List<Kept> kept() {
        var kept = new ArrayList<Kept>();
        for (int v = 0; v < reference.size(); v++) {
            kept.add(reference.get(v).kept(variables.get(v).name()));
        }
        return kept;
    }

    /** Takes up the reference that was kept of the same variables; does nothing if they are others. */
    public synchronized void restore(List<Kept> kept) {
        boolean isSame = kept.size() == variables.size();
        for (int v = 0; isSame && v < kept.size(); v++) {
            isSame = kept.get(v).variable().equals(variables.get(v).name())
                    && kept.get(v).isCategory() == variables.get(v).isCategory();
        }
        if (isSame) {
            reference = kept.stream().map(Distribution::new).toList();
        }
    }

    /** How far each variable of the last whole window is from the reference; empty before there is one. */
    public synchronized List<Shift> shifts() {
        return shifts;
    }

    /** What there is of the window that is under way. */
    public synchronized long rows() {
        return variables.isEmpty() ? 0 : window.values().getFirst().count();
    }

    /** Whether values are compared yet: the reference is whole. */
    public synchronized boolean hasReference() {
        return !reference.isEmpty();
    }
}
