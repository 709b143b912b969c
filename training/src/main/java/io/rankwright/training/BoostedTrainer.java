package io.rankwright.training;

import io.rankwright.spec.InternalFault;
import java.util.HashMap;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Trains boosted trees (XGBoost; Chen and Guestrin, 2016) over plain rows of numbers, on the calling thread. The same rows
 * and seed give the same bytes.
 *
 * @param rounds how many trees
 * @param depth of a tree
 * @param learningRate the step
 * @param seed of what rows and columns a tree sees
 */
public record BoostedTrainer(int rounds, int depth, double learningRate, long seed) {
    /**
     * What is learnt from.
     *
     * @param rows one behind the other; a missing number is NaN
     * @param labels one a row
     */
    public record Rows(float[] rows, int columns, float[] labels) {}

    /** Learns a log-odds from outcomes between 0 and 1. */
    public byte[] probabilities(Rows rows) {
        return train(rows, new int[0], new float[0], "binary:logistic");
    }

    /**
     * Learns a log-odds from outcomes between 0 and 1.
     *
     * @param weights how much each row counts
     */
    public byte[] probabilities(Rows rows, float[] weights) {
        return train(rows, new int[0], weights, "binary:logistic");
    }

    /** Learns an amount by its squared error. */
    public byte[] amounts(Rows rows) {
        return train(rows, new int[0], new float[0], "reg:squarederror");
    }

    /**
     * Learns an order from grades (LambdaMART; Burges, 2010).
     *
     * @param groups how many rows of each query follow each other
     */
    public byte[] order(Rows rows, int[] groups) {
        return train(rows, groups, new float[0], "rank:ndcg");
    }

    private byte[] train(Rows data, int[] groups, float[] weights, String objective) {
        boolean isOrder = groups.length > 0;
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("objective", objective);
        parameters.put("tree_method", "hist");
        parameters.put("max_bin", 128);
        parameters.put("eta", learningRate);
        parameters.put("max_depth", depth);
        parameters.put("min_child_weight", isOrder ? 1 : 5);
        parameters.put("subsample", 0.8);
        parameters.put("colsample_bytree", isOrder ? 0.7 : 0.5);
        parameters.put("lambda", 5);
        parameters.put("seed", seed);
        parameters.put("nthread", 1);
        parameters.put("verbosity", 0);
        if (isOrder) {
            // Grades may lie between 0 and 1.
            parameters.put("ndcg_exp_gain", false);
        }
        try {
            var matrix = new DMatrix(data.rows(), data.labels().length, data.columns(), Float.NaN);
            try {
                matrix.setLabel(data.labels());
                if (weights.length > 0) {
                    matrix.setWeight(weights);
                }
                if (isOrder) {
                    matrix.setGroup(groups);
                }
                Booster booster = XGBoost.train(matrix, parameters, rounds, Map.of(), null, null);
                try {
                    return booster.toByteArray("ubj");
                } finally {
                    booster.dispose();
                }
            } finally {
                matrix.dispose();
            }
        } catch (XGBoostError e) {
            throw new InternalFault("trees that do not train: " + e.getMessage(), e);
        }
    }
}
