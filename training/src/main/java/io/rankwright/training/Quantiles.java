package io.rankwright.training;

import io.rankwright.models.NetworkInputs;
import java.util.Arrays;

/** How a network sees a number: by its quantile among those it learns from. Stateless. */
final class Quantiles {
    /** How many are kept of each number. */
    static final int COUNT = 101;

    /** A number gets an indicator of its own if more than this share of its values is missing. */
    private static final double RARELY_MISSING = 0.001;

    private Quantiles() {}

    /**
     * The quantiles of one place of some rows.
     *
     * @param rows one behind the other; NaN is missing
     */
    static NetworkInputs.Numeric of(float[] rows, int width, int place) {
        int count = rows.length / width;
        float[] known = new float[count];
        int size = 0;
        for (int i = 0; i < count; i++) {
            float value = rows[i * width + place];
            if (!Float.isNaN(value)) {
                known[size++] = value;
            }
        }
        Arrays.sort(known, 0, size);
        // A number that was never there says nothing when it comes: its quantile stays within -1 and 1.
        float[] quantiles = new float[COUNT];
        for (int q = 0; q < quantiles.length && size > 0; q++) {
            quantiles[q] = known[(int) ((long) q * (size - 1) / (COUNT - 1))];
        }
        return new NetworkInputs.Numeric(place, quantiles, count - size > RARELY_MISSING * count, 0);
    }
}
