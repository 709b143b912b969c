package io.rankwright.training;

import io.rankwright.models.UpliftModel;
import io.rankwright.training.BoostedTrainer.Rows;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Learns from a log whose treatment was drawn by lot how much the treatment moves each unit, on boosted trees. Stateless but
 * for its settings; the same rows and seed give the same model.
 *
 * @param learner how
 * @param trees the settings of every ensemble
 */
public record UpliftTrainer(Learner learner, BoostedTrainer trees) {
    /** How an effect is learnt that no unit shows: each was treated, or was not. */
    public enum Learner {
        /** The outcome of the treated and that of the others by a model each; the effect is their difference. */
        T("T-learner"),
        /**
         * What each unit's outcome was beside what the other model expects of it, learnt once over the treated and once over
         * the others, and mixed by the share of the treated (Künzel et al., 2019).
         */
        X("X-learner"),
        /**
         * Whether a unit is one that was treated and responded, or was not and did not: twice its probability less 1 is the
         * effect (Jaśkowski and Jaroszewicz, 2012). Outcomes are 0 or 1.
         */
        CLASS("class transformation");

        private final String title;

        Learner(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    /**
     * Learns from rows.
     *
     * @param rows one behind the other; a missing number is NaN
     * @param isTreated whether a unit was
     * @param outcomes 0 or 1
     * @throws IllegalArgumentException if all units were treated, or none, or an outcome is neither 0 nor 1
     */
    public UpliftModel train(float[] rows, int columns, boolean[] isTreated, float[] outcomes) {
        int[] treated = which(isTreated, true);
        int[] others = which(isTreated, false);
        if (treated.length == 0 || others.length == 0) {
            throw new IllegalArgumentException(treated.length + " treated units and " + others.length + " others");
        }
        for (float outcome : outcomes) {
            if (outcome != 0 && outcome != 1) {
                throw new IllegalArgumentException("the outcome " + outcome + "; 0 or 1");
            }
        }
        double share = (double) treated.length / isTreated.length;
        Rows ofTreated = rows(rows, columns, treated, outcomes);
        Rows ofOthers = rows(rows, columns, others, outcomes);
        return switch (learner) {
            case T -> UpliftModel.difference(trees.probabilities(ofTreated), trees.probabilities(ofOthers), columns);
            case X -> crossed(ofTreated, ofOthers, share, columns);
            case CLASS -> transformed(rows, columns, isTreated, outcomes, share);
        };
    }

    private static int[] which(boolean[] isTreated, boolean wanted) {
        return IntStream.range(0, isTreated.length)
                .filter(unit -> isTreated[unit] == wanted)
                .toArray();
    }

    private static Rows rows(float[] rows, int columns, int[] units, float[] outcomes) {
        float[] chosen = new float[units.length * columns];
        float[] labels = new float[units.length];
        for (int i = 0; i < units.length; i++) {
            System.arraycopy(rows, units[i] * columns, chosen, i * columns, columns);
            labels[i] = outcomes[units[i]];
        }
        return new Rows(chosen, columns, labels);
    }

    private UpliftModel crossed(Rows ofTreated, Rows ofOthers, double share, int columns) {
        byte[] treated = trees.probabilities(ofTreated);
        byte[] others = trees.probabilities(ofOthers);
        float[] gains = new float[ofTreated.labels().length];
        float[] losses = new float[ofOthers.labels().length];
        try (UpliftModel apart = UpliftModel.difference(treated, others, columns)) {
            double[] expected = apart.untreated(ofTreated.rows(), gains.length);
            double[] hoped = apart.treated(ofOthers.rows(), losses.length);
            for (int i = 0; i < gains.length; i++) {
                gains[i] = (float) (ofTreated.labels()[i] - expected[i]);
            }
            for (int i = 0; i < losses.length; i++) {
                losses[i] = (float) (hoped[i] - ofOthers.labels()[i]);
            }
        }
        return UpliftModel.mixed(
                trees.amounts(new Rows(ofTreated.rows(), columns, gains)),
                trees.amounts(new Rows(ofOthers.rows(), columns, losses)),
                share,
                columns);
    }

    private UpliftModel transformed(float[] rows, int columns, boolean[] isTreated, float[] outcomes, double share) {
        float[] labels = new float[outcomes.length];
        float[] weights = new float[outcomes.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = isTreated[i] ? outcomes[i] : 1 - outcomes[i];
            // As if half had been treated.
            weights[i] = (float) (isTreated[i] ? 0.5 / share : 0.5 / (1 - share));
        }
        byte[] ensemble = trees.probabilities(new Rows(Arrays.copyOf(rows, rows.length), columns, labels), weights);
        return UpliftModel.transformed(ensemble, columns);
    }
}
