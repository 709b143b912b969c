package io.rankwright.evaluation.offpolicy;

import io.rankwright.spec.UserFault;
import java.util.Arrays;

/**
 * What a logging policy decided, one row for each item that was shown, and what another policy would have done. The arrays
 * belong to this and are not changed.
 *
 * @param rewards what came of each
 * @param propensities the probability with which the logging policy showed the item
 * @param targets the probability with which the judged policy would have shown it there
 * @param predicted what a model expects of each shown item; empty if there is no model
 * @param expected what the model expects of the judged policy in each place: its mean over all items; empty if there is none
 */
public record Decisions(
        double[] rewards, double[] propensities, double[] targets, double[] predicted, double[] expected) {
    public Decisions {
        int rows = rewards.length;
        if (rows == 0 || propensities.length != rows || targets.length != rows) {
            throw new IllegalArgumentException("rewards, propensities and targets of " + rows + ", "
                    + propensities.length + " and " + targets.length + " rows; expected as many of each, at least one");
        }
        if (predicted.length != expected.length || (predicted.length != 0 && predicted.length != rows)) {
            throw new IllegalArgumentException("a model's figures for " + predicted.length + " of " + rows + " rows");
        }
        for (int i = 0; i < rows; i++) {
            if (!(propensities[i] > 0 && propensities[i] <= 1)) {
                throw new UserFault("row " + (i + 1) + " has the propensity " + propensities[i]
                        + "; expected the probability with which it was shown, above 0 and at most 1: nothing can be said of"
                        + " another policy without");
            }
            if (!(targets[i] >= 0 && targets[i] <= 1)) {
                throw new UserFault("row " + (i + 1) + " would be shown with the probability " + targets[i]
                        + "; expected from 0 to 1");
            }
        }
    }

    /** Decisions without a model of rewards. */
    public static Decisions of(double[] rewards, double[] propensities, double[] targets) {
        return new Decisions(rewards, propensities, targets, new double[0], new double[0]);
    }

    int size() {
        return rewards.length;
    }

    boolean hasModel() {
        return predicted.length > 0;
    }

    /** How much more often the judged policy does what was done. */
    double weight(int row) {
        return targets[row] / propensities[row];
    }

    /** How many rows of the judged policy the log is worth: (Σw)² / Σw² (Kong, 1992). */
    public double effectiveSize() {
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < size(); i++) {
            sum += weight(i);
            squares += weight(i) * weight(i);
        }
        return squares == 0 ? 0 : sum * sum / squares;
    }

    /** What the logging policy earned. */
    public double logged() {
        return Arrays.stream(rewards).average().orElseThrow();
    }
}
