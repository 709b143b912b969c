package io.rankwright.models;

import java.util.List;

/**
 * Says how much a treatment moves a unit: the probability of its outcome with the treatment less that without. Made of
 * boosted trees. Any number of threads; {@link #close} needs them out.
 */
public final class UpliftModel implements AutoCloseable {
    /** How effects come of the ensembles. */
    public enum Kind {
        /** The probability that the one gives the treated, less that which the other gives those who were not. */
        DIFFERENCE,
        /** What the two say of the effect itself, learnt over the treated and over the others. */
        MIXED,
        /** Twice the probability that the one gives, less 1. */
        TRANSFORMED
    }

    /**
     * What was learnt.
     *
     * @param first as XGBoost writes it
     * @param second the same; of no bytes where there is one only
     * @param share of the treated
     */
    public record Ensembles(Kind kind, byte[] first, byte[] second, double share) {
        public static Ensembles difference(byte[] treated, byte[] others) {
            return new Ensembles(Kind.DIFFERENCE, treated, others, 0);
        }

        /**
         * @param gains learnt over the treated
         * @param losses learnt over the others
         */
        public static Ensembles mixed(byte[] gains, byte[] losses, double share) {
            return new Ensembles(Kind.MIXED, gains, losses, share);
        }

        public static Ensembles transformed(byte[] ensemble) {
            return new Ensembles(Kind.TRANSFORMED, ensemble, new byte[0], 0);
        }
    }

    private final Kind kind;
    private final BoostedTrees first;
    private final BoostedTrees second;
    private final double share;

    /** @param columns how many numbers a row has */
    public UpliftModel(Ensembles ensembles, int columns) {
        this.kind = ensembles.kind();
        this.first = new BoostedTrees(List.of(ensembles.first()), columns);
        this.second = kind == Kind.TRANSFORMED ? first : new BoostedTrees(List.of(ensembles.second()), columns);
        this.share = ensembles.share();
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
