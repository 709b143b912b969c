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

/**
 * Ensembles of boosted trees (XGBoost) over plain rows of numbers, of which the mean is said; a missing number is NaN.
 * Scored on the calling thread. Any number of threads may score.
 */
public final class BoostedTrees implements RowModel {
    private static final int[] ALL_TREES = {0, 0};

    private final List<Booster> boosters = new ArrayList<>();
    private final int columns;

    /**
     * @param ensembles as XGBoost writes them, at least one
     * @param columns how many numbers a row has
     */
    public BoostedTrees(List<byte[]> ensembles, int columns) {
        this.columns = columns;
        try {
            for (byte[] ensemble : ensembles) {
                Booster booster = XGBoost.loadModel(ensemble);
                booster.setParam("nthread", 1);
                boosters.add(booster);
            }
        } catch (XGBoostError | IOException e) {
            throw new EnvironmentFault("trees that cannot be read: " + e.getMessage(), false, e);
        }
    }

    /** What the trees add up to for each row, before any link: a log-odds, or a place in an order. */
    @Override
    public double[] margins(float[] rows, int count) {
        double[] sums = new double[count];
        if (count == 0) {
            return sums;
        }
        try {
            // Not by a matrix: that costs a copy, and the booster lets one thread at a time do so.
            for (Booster booster : boosters) {
                float[][] predicted = booster.inplace_predict(
                        rows, count, columns, Float.NaN, ALL_TREES, Booster.PredictionType.kMargin, null);
                for (int i = 0; i < count; i++) {
                    sums[i] += predicted[i][0] / boosters.size();
                }
            }
            return sums;
        } catch (XGBoostError e) {
            throw new InternalFault("trees that do not score: " + e.getMessage(), e);
        }
    }

    /** By TreeSHAP (Lundberg et al., 2020). */
    @Override
    public double[] contributions(float[] row) {
        double[] sums = new double[columns + 1];
        try {
            var matrix = new DMatrix(row, 1, columns, Float.NaN);
            try {
                for (Booster booster : boosters) {
                    float[] found = booster.predictContrib(matrix, 0)[0];
                    for (int c = 0; c <= columns; c++) {
                        sums[c] += found[c] / boosters.size();
                    }
                }
            } finally {
                matrix.dispose();
            }
            return sums;
        } catch (XGBoostError e) {
            throw new InternalFault("trees that do not explain: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        boosters.forEach(Booster::dispose);
    }
}
