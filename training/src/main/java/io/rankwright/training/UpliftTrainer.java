package io.rankwright.training;

import io.rankwright.models.UpliftModel;
import io.rankwright.models.UpliftModel.Ensembles;
import io.rankwright.spec.ScoreApplication.Learner;
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
    /**
     * Learns from rows.
     *
     * @param rows one behind the other; a missing number is NaN
     * @param isTreated whether a unit was
     * @param outcomes 0 or 1
     * @throws IllegalArgumentException if all units were treated, or none, or an outcome is neither 0 nor 1
     */
    public Ensembles train(float[] rows, int columns, boolean[] isTreated, float[] outcomes) {
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
            case T -> Ensembles.difference(trees.probabilities(ofTreated), trees.probabilities(ofOthers));
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

    private Ensembles crossed(Rows ofTreated, Rows ofOthers, double share, int columns) {
        byte[] treated = trees.probabilities(ofTreated);
        byte[] others = trees.probabilities(ofOthers);
        float[] gains = new float[ofTreated.labels().length];
        float[] losses = new float[ofOthers.labels().length];
        try (var apart = new UpliftModel(Ensembles.difference(treated, others), columns)) {
            double[] expected = apart.untreated(ofTreated.rows(), gains.length);
            double[] hoped = apart.treated(ofOthers.rows(), losses.length);
            for (int i = 0; i < gains.length; i++) {
                gains[i] = (float) (ofTreated.labels()[i] - expected[i]);
            }
            for (int i = 0; i < losses.length; i++) {
                losses[i] = (float) (hoped[i] - ofOthers.labels()[i]);
            }
        }
        return Ensembles.mixed(
                trees.amounts(new Rows(ofTreated.rows(), columns, gains)),
                trees.amounts(new Rows(ofOthers.rows(), columns, losses)),
                share);
    }

    private Ensembles transformed(float[] rows, int columns, boolean[] isTreated, float[] outcomes, double share) {
        float[] labels = new float[outcomes.length];
        float[] weights = new float[outcomes.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = isTreated[i] ? outcomes[i] : 1 - outcomes[i];
            // As if half had been treated.
            weights[i] = (float) (isTreated[i] ? 0.5 / share : 0.5 / (1 - share));
        }
        byte[] ensemble = trees.probabilities(new Rows(Arrays.copyOf(rows, rows.length), columns, labels), weights);
        return Ensembles.transformed(ensemble);
    }
}
