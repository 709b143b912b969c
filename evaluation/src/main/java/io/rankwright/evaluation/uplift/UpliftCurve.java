package io.rankwright.evaluation.uplift;

import io.rankwright.evaluation.Bootstrap;
import java.util.Comparator;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What is gained by treating the units with the greatest predicted effect first, point by point: after each group of units
 * with the same prediction, how many were treated and not, and what came of them. Needs units whose treatment was drawn by lot.
 * Immutable; any thread.
 */
public final class UpliftCurve {
    /** Of each point how many units are in front of it. */
    private final int[] units;

    private final int[] treated;
    private final double[] treatedOutcomes;
    private final double[] controlOutcomes;

    /**
     * @param predicted effects
     * @param isTreated whether a unit was
     * @param outcomes of each
     */
    public UpliftCurve(double[] predicted, boolean[] isTreated, double[] outcomes) {
        int size = predicted.length;
        if (size == 0 || isTreated.length != size || outcomes.length != size) {
            throw new IllegalArgumentException(
                    size + " predictions, " + isTreated.length + " treatments, " + outcomes.length + " outcomes");
        }
        int[] order = IntStream.range(0, size)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer unit) -> predicted[unit])
                        .reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        int points = 1;
        for (int i = 0; i < size; i++) {
            points += i + 1 == size || predicted[order[i]] != predicted[order[i + 1]] ? 1 : 0;
        }
        units = new int[points];
        treated = new int[points];
        treatedOutcomes = new double[points];
        controlOutcomes = new double[points];
        int at = 1;
        int count = 0;
        double gain = 0;
        double loss = 0;
        for (int i = 0; i < size; i++) {
            int unit = order[i];
            if (isTreated[unit]) {
                count++;
                gain += outcomes[unit];
            } else {
                loss += outcomes[unit];
            }
            if (i + 1 == size || predicted[unit] != predicted[order[i + 1]]) {
                units[at] = i + 1;
                treated[at] = count;
                treatedOutcomes[at] = gain;
                controlOutcomes[at++] = loss;
            }
        }
        if (count == 0 || count == size) {
            throw new IllegalArgumentException("units of one kind only; expected treated and untreated ones");
        }
    }

    /** The 95% interval of a figure of such a curve, by resampling units. */
    public static Bootstrap.Interval interval(
            double[] predicted,
            boolean[] isTreated,
            double[] outcomes,
            ToDoubleFunction<UpliftCurve> figure,
            int resamples,
            long seed) {
        return Bootstrap.interval(
                predicted.length,
                counts -> {
                    int[] drawn = IntStream.range(0, counts.length)
                            .flatMap(i -> IntStream.generate(() -> i).limit(counts[i]))
                            .toArray();
                    double[] effects = new double[drawn.length];
                    boolean[] treatedOnes = new boolean[drawn.length];
                    double[] happened = new double[drawn.length];
                    for (int i = 0; i < drawn.length; i++) {
                        effects[i] = predicted[drawn[i]];
                        treatedOnes[i] = isTreated[drawn[i]];
                        happened[i] = outcomes[drawn[i]];
                    }
                    return figure.applyAsDouble(new UpliftCurve(effects, treatedOnes, happened));
                },
                resamples,
                seed);
    }

    /** How many points there are; the first is (0, 0). */
    public int size() {
        return units.length;
    }

    /** How many units are in front of a point. */
    public int units(int point) {
        return units[point];
    }

    /** The outcomes gained by the treated, at a point, over the untreated if there were as many (Radcliffe, 2007). */
    public double qini(int point) {
        int control = units[point] - treated[point];
        double scaled = control == 0 ? 0 : controlOutcomes[point] * treated[point] / control;
        return treatedOutcomes[point] - scaled;
    }

    /** The mean effect among the units in front of a point, times how many they are (Gutierrez and Gérardy, 2017). */
    public double uplift(int point) {
        int control = units[point] - treated[point];
        double ofTreated = treated[point] == 0 ? 0 : treatedOutcomes[point] / treated[point];
        double ofControl = control == 0 ? 0 : controlOutcomes[point] / control;
        return (ofTreated - ofControl) * units[point];
    }

    private interface Height {
        double at(int point);
    }

    private double area(Height height) {
        double area = 0;
        for (int p = 1; p < units.length; p++) {
            area += (units[p] - units[p - 1]) * (height.at(p) + height.at(p - 1)) / 2;
        }
        return area;
    }

    /** The area under the curve less that under the straight line to its end. */
    private double aboveChance(Height height) {
        int last = units.length - 1;
        return area(height) - units[last] * height.at(last) / 2;
    }

    /** The area between {@link #qini} and chance, by unit squared: 0 for a prediction that tells nothing. */
    public double qiniCoefficient() {
        double all = units[units.length - 1];
        return aboveChance(this::qini) / all / all;
    }

    /** The area between {@link #uplift} and chance, by unit squared. */
    public double auuc() {
        double all = units[units.length - 1];
        return aboveChance(this::uplift) / all / all;
    }

    /**
     * The mean effect among the share of the units with the greatest predictions.
     *
     * @param share above 0, at most 1
     */
    public double upliftAt(double share) {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException("the share " + share + "; above 0, at most 1");
        }
        double wanted = share * units[units.length - 1];
        int point = 1;
        while (units[point] < wanted) {
            point++;
        }
        return uplift(point) / units[point];
    }
}
