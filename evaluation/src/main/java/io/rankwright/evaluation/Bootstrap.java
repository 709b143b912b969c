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
     * @param statistic the figure for the units with these indexes
     * @param resamples how often to draw, at least 40
     */
    public static Interval interval(int size, ToDoubleFunction<int[]> statistic, int resamples, long seed) {
        if (size == 0 || resamples < 40) {
            throw new IllegalArgumentException(size + " units, " + resamples + " resamples; at least 1 and 40");
        }
        int[] all = new int[size];
        Arrays.setAll(all, i -> i);
        double[] values = new double[resamples];
        var random = new SplittableRandom(seed);
        int[] drawn = new int[size];
        for (int r = 0; r < resamples; r++) {
            for (int i = 0; i < size; i++) {
                drawn[i] = random.nextInt(size);
            }
            values[r] = statistic.applyAsDouble(drawn);
        }
        Arrays.sort(values);
        return new Interval(
                statistic.applyAsDouble(all),
                values[(int) Math.floor(0.025 * (resamples - 1))],
                values[(int) Math.ceil(0.975 * (resamples - 1))]);
    }

    /** The 95% interval of a mean. */
    public static Interval mean(double[] values, int resamples, long seed) {
        return interval(
                values.length,
                indexes -> {
                    double sum = 0;
                    for (int index : indexes) {
                        sum += values[index];
                    }
                    return sum / indexes.length;
                },
                resamples,
                seed);
    }
}
