package io.rankwright.training;

import io.rankwright.models.Calibration;
import io.rankwright.spec.Model.Calibrate;

/** Fits how raw scores become what is expected. Stateless, safe for any thread. */
public final class CalibrationFit {
    private static final int STEPS = 100;

    private CalibrationFit() {}

    /**
     * The calibration of a method.
     *
     * @param isBinary whether scores are log-odds of outcomes 0 or 1, and not amounts
     */
    public static Calibration fit(Calibrate method, double[] scores, double[] outcomes, boolean isBinary) {
        return switch (method) {
            case ISOTONIC -> IsotonicFit.fit(scores, outcomes);
            case PLATT -> isBinary ? logistic(scores, outcomes, true) : linear(scores, outcomes, true);
            case TEMPERATURE -> isBinary ? logistic(scores, outcomes, false) : linear(scores, outcomes, false);
            case NONE -> none(isBinary);
        };
    }

    /** A log-odds as its probability, an amount as it is. */
    static Calibration none(boolean isBinary) {
        return isBinary ? new Calibration.Logistic(1, 0) : new Calibration.Linear(1, 0);
    }

    /** The slope and, if wanted, the shift with the least log loss, by Newton's method. */
    private static Calibration.Logistic logistic(double[] scores, double[] outcomes, boolean withShift) {
        double slope = 1;
        double shift = 0;
        for (int step = 0; step < STEPS; step++) {
            double ofSlope = 0;
            double ofShift = 0;
            double slopes = 1e-9;
            double shifts = 1e-9;
            double both = 0;
            for (int i = 0; i < scores.length; i++) {
                double probability = 1 / (1 + Math.exp(-slope * scores[i] - shift));
                double error = probability - outcomes[i];
                double curvature = probability * (1 - probability);
                ofSlope += error * scores[i];
                ofShift += error;
                slopes += curvature * scores[i] * scores[i];
                shifts += curvature;
                both += curvature * scores[i];
            }
            double determinant = slopes * shifts - both * both;
            double slopeStep = withShift ? (shifts * ofSlope - both * ofShift) / determinant : ofSlope / slopes;
            double shiftStep = withShift ? (slopes * ofShift - both * ofSlope) / determinant : 0;
            if (!Double.isFinite(slopeStep) || !Double.isFinite(shiftStep)) {
                break;
            }
            slope -= slopeStep;
            shift -= shiftStep;
            if (Math.abs(slopeStep) + Math.abs(shiftStep) < 1e-10) {
                break;
            }
        }
        return new Calibration.Logistic(slope, shift);
    }

    /** The line with the least squared error, through zero if no shift is wanted. */
    private static Calibration.Linear linear(double[] scores, double[] outcomes, boolean withShift) {
        double meanScore = withShift ? mean(scores) : 0;
        double meanOutcome = withShift ? mean(outcomes) : 0;
        double products = 0;
        double squares = 0;
        for (int i = 0; i < scores.length; i++) {
            products += (scores[i] - meanScore) * (outcomes[i] - meanOutcome);
            squares += (scores[i] - meanScore) * (scores[i] - meanScore);
        }
        double slope = squares == 0 ? 1 : products / squares;
        return new Calibration.Linear(slope, meanOutcome - slope * meanScore);
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
