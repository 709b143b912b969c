package io.rankwright.training;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.features.FeatureColumn;
import io.rankwright.log.Progress;
import io.rankwright.models.RankerInputs.Layout;
import io.rankwright.spec.FeatureDefinition.Scope;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.Model;
import io.rankwright.training.TreesTrainer.Enough;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.Test;

class TreesTrainerTest {
    private static final int SLATES = 400;
    private static final int SHOWN = 5;
    private static final int SIZE = SLATES * SHOWN;

    /**
     * Slates of five: one number says how good an item is, the other what kind of slate it is; a bad item of a good slate
     * is better than a good one of a bad slate, but in each slate the best one is taken.
     */
    private static Examples slates(long seed) {
        var random = new Random(seed);
        float[] rows = new float[2 * SIZE];
        double[] taken = new double[SIZE];
        int[] subjects = new int[SIZE];
        long[] times = new long[SIZE];
        for (int slate = 0; slate < SLATES; slate++) {
            int best = slate * SHOWN;
            for (int i = slate * SHOWN; i < (slate + 1) * SHOWN; i++) {
                rows[2 * i] = random.nextFloat();
                rows[2 * i + 1] = slate % 2;
                subjects[i] = slate % 37;
                times[i] = 1000L * slate;
                best = rows[2 * i] > rows[2 * best] ? i : best;
            }
            taken[best] = 1;
        }
        var data = new DataSet(
                SIZE,
                List.of(
                        new FeatureColumn("goodness", Scope.ITEM, FeatureColumn.Kind.NUMBER),
                        new FeatureColumn("kind", Scope.SUBJECT, FeatureColumn.Kind.NUMBER)),
                new double[2][],
                new int[2][],
                List.of(),
                Map.of("click", taken),
                Map.of(),
                times,
                new int[SIZE],
                subjects,
                List.of(),
                new int[SIZE],
                List.of(),
                Map.of());
        return new Examples(data, new DataSet.Range(0, SIZE), rows);
    }

    @Test
    void lambdaMartOrdersWhatWasShownTogether_andStopsWhereItIsTold() throws Exception {
        var layout = new Layout(
                "user", "video", List.of("goodness", "kind"), List.of(false, false), false, false, List.of());
        var settings = new Model.Trees(List.of(), true, 60, 3, 0.2, 5, 30);
        var label =
                FeedApplication.read(Path.of("../apps/video-feed")).framing().label("click");
        Examples judged = slates(3);

        TreesTrainer.Ensemble learnt = learnt(settings, layout, label, new Enough.NoBetter(slates(2)));
        TreesTrainer.Ensemble again =
                learnt(settings, layout, label, new Enough.After(Map.of("click", learnt.rounds())));
        TreesTrainer.Ensemble fewer = learnt(settings, layout, label, new Enough.After(Map.of("click", 3)));

        assertThat(learnt.rounds()).isBetween(5, 60);
        assertThat(again.trees()).isEqualTo(learnt.trees());
        assertThat(XGBoost.loadModel(fewer.trees()).getNumBoostedRound()).isEqualTo(3);
        float[][] scores = XGBoost.loadModel(learnt.trees()).predict(new DMatrix(judged.rows(), SIZE, 2, Float.NaN));
        int right = 0;
        for (int slate = 0; slate < SLATES; slate++) {
            int first = slate * SHOWN;
            for (int i = slate * SHOWN; i < (slate + 1) * SHOWN; i++) {
                first = scores[i][0] > scores[first][0] ? i : first;
            }
            right += judged.labels("click")[first] == 1 ? 1 : 0;
        }
        assertThat(right).isGreaterThan(SLATES * 9 / 10);
    }

    private static TreesTrainer.Ensemble learnt(Model.Trees settings, Layout layout, Label label, Enough enough) {
        var run = new TrainingRun(7, 2, TrainingRun.Device.CPU);
        return requireNonNull(new TreesTrainer(settings, layout, slates(1), run)
                .train(List.of(label), enough, Progress.SILENT)
                .get("click"));
    }
}
