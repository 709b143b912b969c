package io.rankwright.models;

import java.util.Arrays;
import java.util.Objects;

/**
 * A calibration curve that never falls: linear between its points, constant outside them (Zadrozny and Elkan, 2002).
 * Immutable, safe for any thread.
 *
 * @param inputs scores in ascending order
 * @param outputs the calibrated value at each, never falling
 */
public record Isotonic(double[] inputs, double[] outputs) implements Calibration {
    public Isotonic {
        if (inputs.length != outputs.length || inputs.length == 0) {
            throw new IllegalArgumentException(inputs.length + " inputs for " + outputs.length + " outputs");
        }
        inputs = inputs.clone();
        outputs = outputs.clone();
        for (int i = 1; i < inputs.length; i++) {
            if (inputs[i] <= inputs[i - 1] || outputs[i] < outputs[i - 1]) {
                throw new IllegalArgumentException("not ascending at point " + i);
            }
        }
    }

    @Override
    public double apply(double score) {
        int place = Arrays.binarySearch(inputs, score);
        if (place >= 0) {
            return outputs[place];
        }
        int above = -place - 1;
        if (above == 0) {
            return outputs[0];
        }
        if (above == inputs.length) {
            return outputs[inputs.length - 1];
        }
        double share = (score - inputs[above - 1]) / (inputs[above] - inputs[above - 1]);
        return outputs[above - 1] + share * (outputs[above] - outputs[above - 1]);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Isotonic isotonic
                && Arrays.equals(inputs, isotonic.inputs)
                && Arrays.equals(outputs, isotonic.outputs);
    }

    @Override
    public int hashCode() {
        return Objects.hash(Arrays.hashCode(inputs), Arrays.hashCode(outputs));
    }

    @Override
    public String toString() {
        return "Isotonic[" + inputs.length + " points]";
    }
}
