package io.rankwright.models;

import java.util.List;

/**
 * Says how much a treatment moves a unit: the probability of its outcome with the treatment less that without. Made of
 * boosted trees. Any number of threads; {@link #close} needs them out.
 */
public final class UpliftModel implements AutoCloseable {
    /** How effects come of the two ensembles. */
    private enum Kind {
        DIFFERENCE,
        MIXED,
        TRANSFORMED
    }

    private final Kind kind;
    private final BoostedTrees first;
    private final BoostedTrees second;
    private final double share;

    private UpliftModel(Kind kind, byte[] first, byte[] second, double share, int columns) {
        this.kind = kind;
        this.first = new BoostedTrees(List.of(first), columns);
        this.second = kind == Kind.TRANSFORMED ? this.first : new BoostedTrees(List.of(second), columns);
        this.share = share;
    }

    /** The probability that the one ensemble gives the treated, less that which the other gives those who were not. */
    public static UpliftModel difference(byte[] treated, byte[] others, int columns) {
        return new UpliftModel(Kind.DIFFERENCE, treated, others, 0, columns);
    }

    /**
     * What two ensembles say of the effect itself.
     *
     * @param gains learnt over the treated
     * @param losses learnt over the others
     * @param share of the treated
     */
    public static UpliftModel mixed(byte[] gains, byte[] losses, double share, int columns) {
        return new UpliftModel(Kind.MIXED, gains, losses, share, columns);
    }

    /** Twice the probability that one ensemble gives, less 1. */
    public static UpliftModel transformed(byte[] ensemble, int columns) {
        return new UpliftModel(Kind.TRANSFORMED, ensemble, ensemble, 0, columns);
    }

    /** The effect on each row, between -1 and 1 but for an X-learner's, which may be a little more. */
    public double[] effects(float[] rows, int count) {
        double[] ones = first.margins(rows, count);
        double[] others = kind == Kind.TRANSFORMED ? ones : second.margins(rows, count);
        double[] effects = new double[count];
        for (int i = 0; i < count; i++) {
            effects[i] = switch (kind) {
                case DIFFERENCE -> probability(ones[i]) - probability(others[i]);
                // Künzel et al.: what was learnt over few counts little.
                case MIXED -> (1 - share) * ones[i] + share * others[i];
                case TRANSFORMED -> 2 * probability(ones[i]) - 1;
            };
        }
        return effects;
    }

    /** Of a difference: the probability of each row's outcome with the treatment. */
    public double[] treated(float[] rows, int count) {
        return probabilities(first, rows, count);
    }

    /** Of a difference: the probability of each row's outcome without the treatment. */
    public double[] untreated(float[] rows, int count) {
        return probabilities(second, rows, count);
    }

    private static double[] probabilities(BoostedTrees trees, float[] rows, int count) {
        double[] margins = trees.margins(rows, count);
        for (int i = 0; i < count; i++) {
            margins[i] = probability(margins[i]);
        }
        return margins;
    }

    private static double probability(double logOdds) {
        return 1 / (1 + Math.exp(-logOdds));
    }

    @Override
    public void close() {
        first.close();
        if (kind != Kind.TRANSFORMED) {
            second.close();
        }
    }
}
