package io.rankwright.models;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/** Boosted trees (XGBoost), one ensemble a head, over the features and the affinity; explained by TreeSHAP. */
final class TreesMember implements RankerMember {
    private final RankerInputs.Layout layout;
    private final List<Booster> boosters = new ArrayList<>();
    private final boolean[] isProbability;

    TreesMember(Artefact artefact, RankerInputs.Layout layout, List<Ranker.Head> heads) {
        this.layout = layout;
        this.isProbability = new boolean[heads.size()];
        try {
            for (int h = 0; h < heads.size(); h++) {
                Booster booster = XGBoost.loadModel(
                        artefact.part(Ranker.treesPart(heads.get(h).name())));
                // Requests run beside each other; one thread each serves more of them than many for one.
                booster.setParam("nthread", 1);
                boosters.add(booster);
                isProbability[h] = "logistic".equals(booster.getAttr("link"));
            }
        } catch (XGBoostError | IOException e) {
            throw new EnvironmentFault("a tree model that cannot be read: " + e.getMessage(), false, e);
        }
    }

    @Override
    public double[][] score(float[] rows, int count) {
        double[][] scores = new double[boosters.size()][count];
        if (count == 0) {
            return scores;
        }
        float[] columns = columns(rows, count);
        try {
            for (int h = 0; h < scores.length; h++) {
                float[][] predicted = boosters.get(h).inplace_predict(columns, count, layout.columns(), Float.NaN);
                for (int i = 0; i < count; i++) {
                    scores[h][i] = isProbability[h] ? logOdds(predicted[i][0]) : predicted[i][0];
                }
            }
            return scores;
        } catch (XGBoostError e) {
            throw new InternalFault("trees that do not score: " + e.getMessage(), e);
        }
    }

    private static double logOdds(double probability) {
        double inside = Math.clamp(probability, 1e-7, 1 - 1e-7);
        return Math.log(inside / (1 - inside));
    }

    private float[] columns(float[] rows, int count) {
        int width = layout.width();
        int kept = layout.columns();
        float[] columns = new float[count * kept];
        for (int i = 0; i < count; i++) {
            System.arraycopy(rows, i * width, columns, i * kept, kept);
        }
        return columns;
    }

    @Override
    public double[][] contributions(float[] rows, int count, int head) {
        try {
            var matrix = new DMatrix(columns(rows, count), count, layout.columns(), Float.NaN);
            try {
                float[][] found = boosters.get(head).predictContrib(matrix, 0);
                int names = layout.names().size();
                double[][] contributions = new double[count][names + 1];
                for (int i = 0; i < count; i++) {
                    for (int c = 0; c < layout.columns(); c++) {
                        contributions[i][c] = found[i][c];
                    }
                    contributions[i][names] = found[i][layout.columns()];
                }
                return contributions;
            } finally {
                matrix.dispose();
            }
        } catch (XGBoostError e) {
            throw new InternalFault("trees that do not explain: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        boosters.forEach(Booster::dispose);
    }
}
