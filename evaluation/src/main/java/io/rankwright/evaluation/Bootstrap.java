package io.rankwright.evaluation;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/** How sure a figure is: percentile intervals by resampling (Efron, 1979). Stateless, safe for any thread. */
public final class Bootstrap {
    private Bootstrap() {}

    /** A figure with the bounds between which 95% of its resamples lie. */
    public record Interval(double value, double low, double high) {}

    /**
     * The 95% interval of a statistic of a sample.
     *
     * @param size how many units (users, exposures) the sample has
     * @param statistic the figure for a sample in which each unit is there so many times
     * @param resamples how often to draw, at least 40
     */
    public static Interval interval(int size, ToDoubleFunction<int[]> statistic, int resamples, long seed) {
        if (size == 0 || resamples < 40) {
            throw new IllegalArgumentException(size + " units, " + resamples + " resamples; at least 1 and 40");
        }
        int[] counts = new int[size];
        Arrays.fill(counts, 1);
        double value = statistic.applyAsDouble(counts);
        double[] values = new double[resamples];
        var random = new SplittableRandom(seed);
        for (int r = 0; r < resamples; r++) {
            Arrays.fill(counts, 0);
            for (int i = 0; i < size; i++) {
                counts[random.nextInt(size)]++;
            }
            values[r] = statistic.applyAsDouble(counts);
        }
        Arrays.sort(values);
        return new Interval(
                value,
                values[(int) Math.floor(0.025 * (resamples - 1))],
                values[(int) Math.ceil(0.975 * (resamples - 1))]);
    }

    /** The 95% interval of a mean. */
    public static Interval mean(double[] values, int resamples, long seed) {
        return interval(
                values.length,
                counts -> {
                    double sum = 0;
                    for (int i = 0; i < values.length; i++) {
                        sum += counts[i] * values[i];
                    }
                    return sum / values.length;
                },
                resamples,
                seed);
    }
}
