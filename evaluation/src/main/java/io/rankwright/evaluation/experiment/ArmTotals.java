package io.rankwright.evaluation.experiment;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What each unit of an arm did so far in one metric, while requests add to it. Units that come when there are {@link
 * #MOST_UNITS} already are not counted: those before them are as random a sample.
 *
 * <p>Thread-safety: any thread adds and reads.
 */
final class ArmTotals {
    private static final int MOST_UNITS = 50_000;

    /** By the unit's number, the sums of numerators and denominators. */
    private final Map<Integer, double[]> units = new ConcurrentHashMap<>();

    void add(int unit, double numerator, double denominator) {
        double[] totals = units.size() < MOST_UNITS
                ? units.computeIfAbsent(unit, _ -> new double[2])
                : units.getOrDefault(unit, new double[2]);
        synchronized (totals) {
            totals[0] += numerator;
            totals[1] += denominator;
        }
    }

    int count() {
        return units.size();
    }

    Outcomes outcomes() {
        var outcomes = new Outcomes();
        for (double[] totals : units.values()) {
            synchronized (totals) {
                outcomes.add(totals[0], totals[1]);
            }
        }
        return outcomes;
    }
}
