package io.rankwright.evaluation.offpolicy;

/**
 * What a policy would have earned a decision. Immutable.
 *
 * @param value the estimate
 * @param low,high the 95% interval
 * @param effectiveSize how many rows of the judged policy the log is worth
 */
public record Estimate(double value, double low, double high, double effectiveSize) {
    /** Below this many rows the interval itself is not to be believed. */
    public static final double LEAST_SIZE = 1000;

    /** Whether anything may be concluded. */
    public boolean isReliable() {
        return effectiveSize >= LEAST_SIZE;
    }

    /** Whether a figure lies in the interval. */
    public boolean covers(double figure) {
        return low <= figure && figure <= high;
    }
}
