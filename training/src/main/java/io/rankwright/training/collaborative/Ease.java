package io.rankwright.training.collaborative;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import java.util.Arrays;

/**
 * The linear model of each item by all others that has a closed form: Steck, "Embarrassingly Shallow Autoencoders for
 * Sparse Data" (2019), on interactions weighed by how much subjects and items have.
 *
 * <p>With P = (XᵀX + λI)⁻¹ the weight of item i for item j is −P_ij / P_jj. Where there are fewer subjects than items the
 * inverse is taken over subjects, K = (XXᵀ + λI)⁻¹, since P = (I − XᵀKX) / λ and, for what a subject has not taken,
 * XP = KX: the same scores from a smaller matrix. Immutable, any number of threads.
 */
public final class Ease implements Scorer {
    /**
     * How to learn.
     *
     * @param regularisation λ
     * @param subjectPower each subject's row is divided by what it has to this power; 0 leaves it
     * @param itemPower each item's column is divided by what it has to this power; 0 leaves it
     * @param outputPower scores are multiplied by what an item has to this power; 0 leaves them
     */
    public record Settings(double regularisation, double subjectPower, double itemPower, double outputPower) {}

    private final Interactions interactions;
    private final Interactions transposed;
    private final float[] subjectScales;
    private final float[] itemScales;
    private final float[] outputScales;
    private final boolean isBySubject;
    private final float regularisation;
    private final SymmetricMatrix inverse;

    private Ease(Interactions interactions, Settings settings) {
        this.interactions = interactions;
        this.transposed = interactions.transposed();
        this.subjectScales = interactions.scales(-settings.subjectPower());
        this.itemScales = transposed.scales(-settings.itemPower());
        this.outputScales = transposed.scales(settings.outputPower());
        this.isBySubject = interactions.subjects() < interactions.items();
        this.regularisation = (float) settings.regularisation();
        this.inverse = new SymmetricMatrix(isBySubject ? interactions.subjects() : interactions.items());
    }

    /**
     * Solves. Cost: the cube of the smaller side in operations, twice its square in bytes.
     */
    public static Ease learn(Interactions interactions, Settings settings, Progress progress) {
        var ease = new Ease(interactions, settings);
        ease.gram();
        ease.inverse.invert(progress);
        ease.divideByDiagonal();
        return ease;
    }

    /** The interactions with the side of the inverse as rows, and the scales of both sides. */
    private Interactions rows() {
        return isBySubject ? interactions : transposed;
    }

    private void gram() {
        int[][] bySubject = rows().bySubject();
        int[][] byItem = (isBySubject ? transposed : interactions).bySubject();
        float[] rowScales = isBySubject ? subjectScales : itemScales;
        float[] columnScales = isBySubject ? itemScales : subjectScales;
        Workers.forEach(bySubject.length, Progress.SILENT, "rows", () -> {
            float[] sums = new float[bySubject.length];
            return row -> {
                Arrays.fill(sums, 0, row + 1, 0);
                for (int column : bySubject[row]) {
                    float square = rowScales[row] * columnScales[column] * columnScales[column];
                    for (int other : byItem[column]) {
                        if (other > row) {
                            break;
                        }
                        sums[other] += square * rowScales[other];
                    }
                }
                sums[row] += regularisation;
                inverse.set(row, sums);
            };
        });
    }

    /** Puts what each item's score is divided by, P_jj, into the output scales. */
    private void divideByDiagonal() {
        Workers.forEach(interactions.items(), Progress.SILENT, "items", () -> item -> {
            double diagonal;
            if (isBySubject) {
                double sum = 0;
                int[] takers = transposed.bySubject()[item];
                for (int left : takers) {
                    for (int right : takers) {
                        sum += (double) subjectScales[left] * subjectScales[right] * inverse.get(left, right);
                    }
                }
                diagonal = (1 - itemScales[item] * itemScales[item] * sum) / regularisation;
            } else {
                diagonal = inverse.get(item, item);
            }
            outputScales[item] /= (float) diagonal;
        });
    }

    @Override
    public void score(int subject, float[] scores) {
        Arrays.fill(scores, 0);
        float[] row = new float[inverse.size()];
        if (isBySubject) {
            inverse.row(subject, row);
            spread(row, scores);
        } else {
            for (int item : interactions.bySubject()[subject]) {
                inverse.row(item, row);
                for (int other = 0; other < row.length; other++) {
                    scores[other] += subjectScales[subject] * itemScales[item] * row[other];
                }
            }
        }
        for (int item = 0; item < scores.length; item++) {
            scores[item] *= -outputScales[item];
        }
    }

    /** Adds a row over subjects times the weighed interactions. */
    private void spread(float[] row, float[] scores) {
        for (int other = 0; other < row.length; other++) {
            float share = row[other] * subjectScales[other];
            for (int item : interactions.bySubject()[other]) {
                scores[item] += share * itemScales[item];
            }
        }
    }

    /**
     * For each item the items it speaks most for, as neighbours with their weights: what a server needs to score anybody
     * by what they took.
     *
     * @param size how many weights of an item to keep, the greatest
     */
    public ItemKnn neighbours(int size, Progress progress) {
        int items = interactions.items();
        int[][] neighbours = new int[items][];
        float[][] weights = new float[items][];
        Workers.forEach(items, progress, "items", () -> {
            float[] values = new float[items];
            float[] row = new float[inverse.size()];
            float[] sums = new float[inverse.size()];
            int[] others = new int[items];
            return item -> {
                if (isBySubject) {
                    Arrays.fill(sums, 0);
                    for (int taker : transposed.bySubject()[item]) {
                        inverse.row(taker, row);
                        for (int subject = 0; subject < row.length; subject++) {
                            sums[subject] += subjectScales[taker] * row[subject];
                        }
                    }
                    Arrays.fill(values, 0);
                    spread(sums, values);
                    for (int other = 0; other < items; other++) {
                        values[other] *= itemScales[item] / regularisation * itemScales[item] * outputScales[other];
                    }
                } else {
                    inverse.row(item, values);
                    for (int other = 0; other < items; other++) {
                        values[other] *= -itemScales[item] * outputScales[other];
                    }
                }
                int count = 0;
                for (int other = 0; other < items; other++) {
                    if (other != item && values[other] > 0) {
                        others[count++] = other;
                    }
                }
                neighbours[item] = ItemKnn.greatest(others, count, values, size);
                weights[item] = ItemKnn.at(values, neighbours[item]);
            };
        });
        return new ItemKnn(interactions, neighbours, weights);
    }
}
