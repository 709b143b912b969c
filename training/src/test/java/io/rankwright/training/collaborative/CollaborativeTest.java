package io.rankwright.training.collaborative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.log.Progress;
import io.rankwright.models.Vectors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CollaborativeTest {
    private static final int[][] WIDE = {{0, 1, 4}, {1, 2}, {0, 2, 3}, {2, 3, 5}, {0, 1, 3}};
    private static final int[][] TALL = {
        {0, 1, 4}, {1, 2}, {0, 2, 3}, {2, 3, 5}, {0, 1, 3},
        {0, 1, 3}, {2, 3, 5}, {0, 2, 3}, {1, 2}, {0, 1, 4},
        {1, 3, 5}, {0, 4, 5}
    };

    /** Tastes in clusters, so that there is something to learn. */
    private static Interactions clustered(int subjects, int items, long seed) {
        var random = new SplittableRandom(seed);
        int[][] taken = new int[subjects][];
        for (int subject = 0; subject < subjects; subject++) {
            int cluster = random.nextInt(5);
            taken[subject] = IntStream.range(0, 3 + random.nextInt(20))
                    .map(_ ->
                            random.nextDouble() < 0.8 ? 5 * random.nextInt(items / 5) + cluster : random.nextInt(items))
                    .toArray();
        }
        return Interactions.of(items, taken);
    }

    private static float[] scores(Scorer scorer, int subject, int items) {
        float[] scores = new float[items];
        scorer.score(subject, scores);
        return scores;
    }

    // Golden values: NumPy 2.4, P = inv(XᵀX + 1.5 I), B = −P / diag(P), scores X B, for what the subject has not taken.
    @Test
    void easeEqualsItsClosedForm_overSubjectsAndOverItems() {
        var plain = new Ease.Settings(1.5, 0, 0, 0);
        var weighed = new Ease.Settings(1.5, 0.3, 0.2, 0.1);

        assertUnseen(WIDE, plain, 0.101523, 0.255498, -0.102767);
        assertUnseen(WIDE, weighed, 0.085939, 0.135931, -0.0354);
        assertUnseen(TALL, plain, 0.029521, 0.132292, 0.122922);
        assertUnseen(TALL, weighed, 0.060879, 0.116304, 0.069506);
    }

    private static void assertUnseen(int[][] taken, Ease.Settings settings, double... expected) {
        Ease ease = Ease.learn(Interactions.of(6, taken), settings, Progress.SILENT);
        float[] scores = scores(ease, 0, 6);
        int[] unseen = {2, 3, 5};
        for (int i = 0; i < unseen.length; i++) {
            assertThat((double) scores[unseen[i]]).isCloseTo(expected[i], within(2e-5));
        }
    }

    @Test
    void easeSaysTheSameByItsNeighbours_whicheverSideTheInverseIsTakenOver() {
        for (Interactions taken : List.of(clustered(60, 200, 1), clustered(300, 100, 2))) {
            Ease ease = Ease.learn(taken, new Ease.Settings(20, 0, 0, 0), Progress.SILENT);
            ItemKnn neighbours = ease.neighbours(taken.items(), Progress.SILENT);
            for (int subject = 0; subject < 20; subject++) {
                float[] exact = scores(ease, subject, taken.items());
                float[] sums = new float[taken.items()];
                for (int item : taken.bySubject()[subject]) {
                    for (int n = 0; n < neighbours.neighbours()[item].length; n++) {
                        sums[neighbours.neighbours()[item][n]] += neighbours.similarities()[item][n];
                    }
                }
                // Neighbours keep what speaks for an item, not what speaks against it.
                for (int item = 0; item < sums.length; item++) {
                    assertThat(sums[item]).isGreaterThanOrEqualTo(-1e-4f);
                    if (Arrays.binarySearch(taken.bySubject()[subject], item) < 0) {
                        assertThat(sums[item]).isGreaterThanOrEqualTo(exact[item] - 1e-3f);
                    }
                }
            }
        }
    }

    // Golden values: NumPy 2.4, singular vectors of D_u^-0.4 X D_i^-0.3 by numpy.linalg.svd.
    @Test
    void theGraphFilterEqualsItsDefinition() {
        GraphFilter filter = GraphFilter.learn(
                Interactions.of(6, WIDE), new GraphFilter.Settings(0.4, 0.3, 2, 0.7), 3, Progress.SILENT);

        double[] expected = {2.11533, 2.28149, 0.50209, 0.74791, 1.45921, -0.19251};
        float[] scores = scores(filter, 0, 6);
        for (int item = 0; item < 6; item++) {
            assertThat((double) scores[item]).isCloseTo(expected[item], within(0.02));
        }
    }

    @Test
    void theLastHalfStepOfAlsSolvesItsNormalEquations() {
        Interactions taken = clustered(80, 40, 3);
        var settings = new ImplicitAls.Settings(9, 3, 0.1, 0.2, 0.4);
        ImplicitAls model = ImplicitAls.learn(taken, settings, 5, Progress.SILENT);
        int[][] takers = taken.transposed().bySubject();
        for (int item = 0; item < taken.items(); item++) {
            float[] weights = new float[taken.subjects()];
            for (int subject : takers[item]) {
                weights[subject] = model.itemWeights()[item];
            }
            assertSolved(settings, model.subjectFactors(), weights, model.itemFactors()[item]);
        }
        double sum = 0;
        for (int item = 0; item < taken.items(); item++) {
            sum += (double) model.itemWeights()[item] * takers[item].length;
        }
        assertThat(sum / taken.pairs()).isCloseTo(1, within(1e-4));
    }

    /** Whether a vector solves (gram + Σ weight v vᵀ + λ I) x = Σ weight v. */
    private static void assertSolved(
            ImplicitAls.Settings settings, float[][] fixed, float[] weights, float[] solution) {
        double[] residual = new double[settings.dim()];
        for (int row = 0; row < fixed.length; row++) {
            double product = Vectors.dot(fixed[row], solution);
            double pull = settings.unobserved() * product + weights[row] * (product - 1);
            for (int d = 0; d < residual.length; d++) {
                residual[d] += pull * fixed[row][d];
            }
        }
        for (int d = 0; d < residual.length; d++) {
            assertThat(residual[d] + settings.regularisation() * solution[d]).isCloseTo(0, within(1e-3));
        }
    }

    @Test
    void neighboursAreByShrunkCosine() {
        ItemKnn knn = ItemKnn.learn(Interactions.of(6, WIDE), 2, 10, Progress.SILENT);

        // Items 0 and 1 were both taken by subjects 0 and 4; each has 3 takers.
        assertThat(knn.neighbours()[0]).containsExactly(1, 3);
        assertThat(knn.similarities()[0][0]).isCloseTo((float) (2 / (Math.sqrt(4.0 * 4.0) + 10)), within(1e-6f));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 511, 512, 513, 1100})
    void aMatrixTimesItsInverseIsOne(int size) {
        var random = new SplittableRandom(size);
        var matrix = new SymmetricMatrix(size);
        double[][] original = new double[size][size];
        for (int row = 0; row < size; row++) {
            float[] values = new float[size];
            for (int column = 0; column <= row; column++) {
                values[column] = (float) (random.nextDouble(-1, 1) / Math.sqrt(size) + (row == column ? 3 : 0));
                original[row][column] = values[column];
                original[column][row] = values[column];
            }
            matrix.set(row, values);
        }
        matrix.invert(Progress.SILENT);
        float[] inverse = new float[size];
        for (int row = 0; row < size; row += Math.max(1, size / 7)) {
            matrix.row(row, inverse);
            for (int column = 0; column < size; column += Math.max(1, size / 11)) {
                double sum = 0;
                for (int k = 0; k < size; k++) {
                    sum += inverse[k] * original[k][column];
                }
                assertThat(sum).isCloseTo(row == column ? 1 : 0, within(1e-4));
                assertThat(matrix.get(row, column)).isEqualTo(inverse[column]);
            }
        }
    }

    @Test
    void theTopIsWhatSortingGives() {
        var random = new SplittableRandom(9);
        for (int round = 0; round < 200; round++) {
            int size = 1 + random.nextInt(60);
            float[] scores = new float[size];
            for (int i = 0; i < size; i++) {
                scores[i] = random.nextInt(8) - 4;
            }
            int[] leftOut =
                    IntStream.range(0, size).filter(_ -> random.nextInt(5) == 0).toArray();
            int[] expected = IntStream.range(0, size)
                    .filter(item -> Arrays.binarySearch(leftOut, item) < 0)
                    .boxed()
                    .sorted(Comparator.<Integer>comparingDouble(item -> -scores[item])
                            .thenComparing(Comparator.naturalOrder()))
                    .limit(10)
                    .mapToInt(Integer::intValue)
                    .toArray();
            assertThat(Top.of(scores.clone(), leftOut, 10)).isEqualTo(expected);
        }
    }

    @Test
    void aSplitLosesNothing_andLeavesEverySubjectSomething() {
        Interactions all = clustered(200, 50, 4);
        Interactions.Split split = all.split(0.2, 8);

        assertThat(split.kept().pairs() + split.heldOut().pairs()).isEqualTo(all.pairs());
        for (int subject = 0; subject < all.subjects(); subject++) {
            int[] kept = split.kept().bySubject()[subject];
            int[] heldOut = split.heldOut().bySubject()[subject];
            int[] both = IntStream.concat(Arrays.stream(kept), Arrays.stream(heldOut))
                    .sorted()
                    .toArray();
            assertThat(both).isEqualTo(all.bySubject()[subject]);
            assertThat(kept).isNotEmpty();
        }
        assertThat(all.split(0.2, 8).heldOut().bySubject())
                .isDeepEqualTo(split.heldOut().bySubject());
    }

    @Test
    void anItemOutsideIsRefused() {
        assertThatThrownBy(() -> Interactions.of(3, new int[][] {{0, 3}})).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void everyMethodBeatsPopularityWhereTastesDiffer_andTheBlendIsNoWorseThanTheBestOnWhatItWasChosenBy() {
        Interactions all = clustered(400, 150, 6);
        Interactions.Split split = all.split(0.3, 1);
        Interactions kept = split.kept();
        List<Scorer> scorers = List.of(
                Popular.learn(kept),
                ItemKnn.learn(kept, 50, 10, Progress.SILENT),
                ImplicitAls.learn(kept, new ImplicitAls.Settings(8, 8, 0.1, 0.5, 0.2), 1, Progress.SILENT),
                Ease.learn(kept, new Ease.Settings(30, 0, 0, 0), Progress.SILENT),
                GraphFilter.learn(kept, new GraphFilter.Settings(0.5, 0.4, 8, 0.3), 1, Progress.SILENT));
        int[] subjects = IntStream.range(0, 400)
                .filter(subject -> split.heldOut().bySubject()[subject].length > 0)
                .toArray();
        double[] hits = new double[scorers.size()];
        for (int s = 0; s < hits.length; s++) {
            hits[s] = hits(scorers.get(s), split, subjects);
        }
        double[] weights = BlendSearch.search(scorers, split, subjects, Progress.SILENT);

        for (int s = 1; s < hits.length; s++) {
            assertThat(hits[s]).as(scorers.get(s).getClass().getSimpleName()).isGreaterThan(1.2 * hits[0]);
        }
        assertThat(Arrays.stream(weights).max().orElse(0)).isPositive();
    }

    private static double hits(Scorer scorer, Interactions.Split split, int[] subjects) {
        double hits = 0;
        for (int subject : subjects) {
            int[] top = Top.of(
                    scores(scorer, subject, split.kept().items()), split.kept().bySubject()[subject], 20);
            for (int item : top) {
                hits += Arrays.binarySearch(split.heldOut().bySubject()[subject], item) >= 0 ? 1 : 0;
            }
        }
        return hits;
    }
}
