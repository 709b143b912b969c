package io.rankwright.models;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/**
 * Turns the raw score of a head into what is expected: a log-odds into a probability, an amount into an amount. Never
 * falling, immutable, safe for any thread.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "method")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Isotonic.class, name = "isotonic"),
    @JsonSubTypes.Type(value = Calibration.Logistic.class, name = "logistic"),
    @JsonSubTypes.Type(value = Calibration.Linear.class, name = "linear")
})
public sealed interface Calibration permits Isotonic, Calibration.Logistic, Calibration.Linear {
    /** The calibrated value of a raw score. */
    double apply(double score);

    /**
     * A probability from a log-odds: both numbers fitted by Platt (1999), the slope alone by temperature scaling (Guo et
     * al., 2017), 1 and 0 where nothing was fitted.
     */
    record Logistic(double slope, double shift) implements Calibration {
        @Override
        public double apply(double score) {
            return 1 / (1 + Math.exp(-slope * score - shift));
        }
    }

    /** An amount from an amount. */
    record Linear(double slope, double shift) implements Calibration {
        @Override
        public double apply(double score) {
            return slope * score + shift;
        }
    }
}
