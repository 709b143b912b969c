package io.rankwright.models;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** What an output of a network means: from its number to the raw score of a head. Immutable. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "meaning")
@JsonSubTypes({
    @JsonSubTypes.Type(value = NetworkOutput.Scaled.class, name = "scaled"),
    @JsonSubTypes.Type(value = NetworkOutput.Odds.class, name = "odds"),
    @JsonSubTypes.Type(value = NetworkOutput.Quantile.class, name = "quantile")
})
public sealed interface NetworkOutput {
    /** The raw score; {@code inputs} holds the ranker's row from {@code start} on. */
    double apply(double output, float[] inputs, int start);

    /** A log-odds as it is (1 and 0), or an amount that was scaled to be learnt. */
    record Scaled(double scale, double shift) implements NetworkOutput {
        @Override
        public double apply(double output, float[] inputs, int start) {
            return scale * output + shift;
        }
    }

    /**
     * The logarithm of an amount as odds: weighted logistic regression (Covington et al., "Deep Neural Networks for
     * YouTube Recommendations", 2016); the amount is the logarithm of one plus it.
     */
    record Odds() implements NetworkOutput {
        @Override
        public double apply(double output, float[] inputs, int start) {
            return output > 30 ? output : Math.log1p(Math.exp(output));
        }
    }

    /**
     * The rank of an amount among those of the same group, 0 to 1 (Zhan et al., "Deconfounding Duration Bias in
     * Watch-time Prediction for Video Recommendation", 2022).
     *
     * @param place where the row says which group it is in, an index from 1, NaN for the first
     * @param amounts for each group its quantiles, ascending
     */
    record Quantile(int place, double[][] amounts) implements NetworkOutput {
        @Override
        public double apply(double output, float[] inputs, int start) {
            float group = inputs[start + place];
            double[] curve = amounts[Float.isNaN(group) || group >= amounts.length ? 0 : (int) group];
            double at = Math.clamp(output, 0, 1) * (curve.length - 1);
            int below = Math.min((int) at, curve.length - 2);
            return curve[below] + (at - below) * (curve[below + 1] - curve[below]);
        }
    }
}
