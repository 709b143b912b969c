package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import io.rankwright.features.FeatureColumn;
import io.rankwright.log.Progress;
import io.rankwright.models.Artefact;
import io.rankwright.models.Isotonic;
import io.rankwright.models.Ranker;
import io.rankwright.models.Vocabulary;
import io.rankwright.spec.Application;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.Model;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Trains the boosted trees of a ranker (XGBoost: Chen and Guestrin, 2016): one ensemble a head, stopped where the
 * validation day stops getting better, calibrated on the validation day. The same data and seed give the same bytes.
 */
public final class TreesTrainer {
    private static final int RAREST = 20;
    private static final int THREADS = 2;
    /** Judging costs as much as a few trees, so not every one is judged. */
    private static final int JUDGED_EVERY = 5;

    private final Application application;
    private final DataSet data;
    private final DataSet.Range train;
    private final DataSet.Range validate;
    private final long seed;

    public TreesTrainer(Application application, DataSet data, DataSet.Range train, DataSet.Range validate, long seed) {
        this.application = application;
        this.data = data;
        this.train = train;
        this.validate = validate;
        this.seed = seed;
    }

    /** Trains every head. */
    public Artefact train(Progress progress) {
        Model.Trees settings = application.model().rank();
        List<FeatureColumn> columns = data.columns().stream()
                .filter(column ->
                        settings.features().isEmpty() || settings.features().contains(column.name()))
                .toList();
        var vocabularies = new LinkedHashMap<String, Vocabulary>();
        for (FeatureColumn column : columns) {
            if (column.kind() == FeatureColumn.Kind.CATEGORY) {
                vocabularies.put(column.name(), vocabulary(data.columns().indexOf(column)));
            }
        }
        var heads = new ArrayList<Ranker.Head>();
        var trees = new TreeMap<String, byte[]>();
        int done = 0;
        for (String name : settings.heads()) {
            Label label = application.framing().label(name);
            int before = done;
            heads.add(trainHead(
                    label,
                    columns,
                    vocabularies,
                    trees,
                    (at, total, unit) ->
                            progress.at(before * total + at, settings.heads().size() * total, unit)));
            done++;
        }
        var manifest = new Ranker.Manifest(
                "trees",
                columns.stream().map(FeatureColumn::name).toList(),
                columns.stream()
                        .map(column -> column.kind() == FeatureColumn.Kind.CATEGORY)
                        .toList(),
                heads);
        return Ranker.artefact(manifest, vocabularies, trees);
    }

    /** The categories seen often enough in training, the most frequent first; ties in the order of the text. */
    private Vocabulary vocabulary(int column) {
        var counts = new HashMap<String, Integer>();
        for (int i = train.from(); i < train.to(); i++) {
            String text = data.texts().get(column).get(data.categories()[column][i]);
            if (!text.isEmpty()) {
                counts.merge(text, 1, Integer::sum);
            }
        }
        return new Vocabulary(counts.entrySet().stream()
                .filter(entry -> entry.getValue() >= RAREST)
                .sorted(Map.Entry.<String, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .toList());
    }

    private Ranker.Head trainHead(
            Label label,
            List<FeatureColumn> columns,
            Map<String, Vocabulary> vocabularies,
            Map<String, byte[]> trees,
            Progress progress) {
        double[] values = requireNonNull(data.labels().get(label.name()));
        int[] trainRows = rows(train, values);
        int[] validateRows = rows(validate, values);
        Model.Trees settings = application.model().rank();
        try {
            DMatrix trainMatrix = matrix(trainRows, values, columns, vocabularies);
            DMatrix validateMatrix = matrix(validateRows, values, columns, vocabularies);
            try {
                Booster booster = boost(label, settings, trainMatrix, validateMatrix, progress);
                Isotonic calibration = calibrate(booster, validateMatrix, values, validateRows);
                trees.put(label.name(), booster.toByteArray("ubj"));
                int rounds = booster.getNumBoostedRound();
                booster.dispose();
                return new Ranker.Head(
                        label.name(),
                        label.isBinary(),
                        label.given().orElse(""),
                        otherwise(label, values),
                        calibration,
                        rounds);
            } finally {
                trainMatrix.dispose();
                validateMatrix.dispose();
            }
        } catch (XGBoostError e) {
            throw new InternalFault("the trees of '" + label.name() + "' do not train: " + e.getMessage(), e);
        }
    }

    /** The rows of a range in which the label is there. */
    private static int[] rows(DataSet.Range range, double[] values) {
        int[] rows = new int[range.size()];
        int size = 0;
        for (int i = range.from(); i < range.to(); i++) {
            if (!Double.isNaN(values[i])) {
                rows[size++] = i;
            }
        }
        return Arrays.copyOf(rows, size);
    }

    private Booster boost(Label label, Model.Trees settings, DMatrix train, DMatrix validate, Progress progress)
            throws XGBoostError {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("objective", label.isBinary() ? "binary:logistic" : "reg:squarederror");
        parameters.put("eval_metric", label.isBinary() ? "logloss" : "rmse");
        parameters.put("tree_method", "hist");
        parameters.put("max_bin", 128);
        parameters.put("eta", settings.learningRate());
        parameters.put("max_depth", settings.depth());
        parameters.put("min_child_weight", 20);
        parameters.put("subsample", 0.8);
        parameters.put("colsample_bytree", 0.4);
        parameters.put("lambda", 5);
        parameters.put("seed", seed);
        parameters.put("nthread", THREADS);
        parameters.put("verbosity", 0);
        Booster booster = XGBoost.train(train, parameters, 0, Map.of(), null, null);
        double best = Double.POSITIVE_INFINITY;
        int bestRound = 0;
        byte[] bestTrees = booster.toByteArray("ubj");
        for (int round = 1; round <= settings.rounds(); round++) {
            booster.update(train, round - 1);
            if (round % JUDGED_EVERY != 0) {
                continue;
            }
            String evaluated = booster.evalSet(new DMatrix[] {validate}, new String[] {"v"}, round);
            double loss = Double.parseDouble(evaluated.substring(evaluated.lastIndexOf(':') + 1));
            if (loss < best) {
                best = loss;
                bestRound = round;
                bestTrees = booster.toByteArray("ubj");
            } else if (round - bestRound >= settings.patience()) {
                break;
            }
            progress.at(round, settings.rounds(), "trees of " + label.name());
        }
        progress.at(settings.rounds(), settings.rounds(), "trees of " + label.name());
        booster.dispose();
        try {
            return XGBoost.loadModel(bestTrees);
        } catch (IOException e) {
            throw new InternalFault("trees in memory that cannot be read", e);
        }
    }

    private Isotonic calibrate(Booster booster, DMatrix matrix, double[] values, int[] rows) throws XGBoostError {
        float[][] predicted = booster.predict(matrix);
        double[] scores = new double[rows.length];
        double[] outcomes = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            scores[i] = predicted[i][0];
            outcomes[i] = values[rows[i]];
        }
        return IsotonicFit.fit(scores, outcomes);
    }

    /** The mean amount where the label that this one is given does not hold. */
    private double otherwise(Label label, double[] values) {
        double[] amounts = data.amounts().get(label.name());
        if (label.given().isEmpty() || amounts == null) {
            return 0;
        }
        double sum = 0;
        int count = 0;
        for (int i = train.from(); i < train.to(); i++) {
            if (Double.isNaN(values[i]) && !Double.isNaN(amounts[i])) {
                sum += amounts[i];
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    private DMatrix matrix(
            int[] rows, double[] values, List<FeatureColumn> columns, Map<String, Vocabulary> vocabularies)
            throws XGBoostError {
        float[] inputs = inputs(data, rows, columns, vocabularies);
        var matrix = new DMatrix(inputs, rows.length, columns.size(), Float.NaN);
        float[] labels = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            labels[i] = (float) values[rows[i]];
        }
        matrix.setLabel(labels);
        return matrix;
    }

    /** The inputs of rows of a data set, one row behind the other, as {@link Ranker.Encoder} would make them. */
    static float[] inputs(DataSet data, int[] rows, List<FeatureColumn> columns, Map<String, Vocabulary> vocabularies) {
        int width = columns.size();
        float[] inputs = new float[rows.length * width];
        for (int c = 0; c < width; c++) {
            FeatureColumn column = columns.get(c);
            int place = data.columns().indexOf(column);
            if (column.kind() == FeatureColumn.Kind.NUMBER) {
                double[] numbers = data.numbers()[place];
                for (int i = 0; i < rows.length; i++) {
                    inputs[i * width + c] = (float) numbers[rows[i]];
                }
            } else {
                Vocabulary vocabulary = requireNonNull(vocabularies.get(column.name()));
                int[] indexes = data.texts().get(place).stream()
                        .mapToInt(vocabulary::index)
                        .toArray();
                int[] categories = data.categories()[place];
                for (int i = 0; i < rows.length; i++) {
                    int index = indexes[categories[rows[i]]];
                    inputs[i * width + c] = index == 0 ? Float.NaN : index;
                }
            }
        }
        return inputs;
    }

    /** The inputs of a stretch of rows for a trained ranker. */
    public static float[] inputs(DataSet data, DataSet.Range range, Ranker ranker) {
        var columns = new ArrayList<FeatureColumn>();
        var vocabularies = new HashMap<String, Vocabulary>();
        for (int i = 0; i < ranker.width(); i++) {
            String name = ranker.manifest().features().get(i);
            columns.add(data.columns().stream()
                    .filter(column -> column.name().equals(name))
                    .findFirst()
                    .orElseThrow());
            vocabularies.put(name, ranker.vocabulary(i));
        }
        int[] rows = new int[range.size()];
        Arrays.setAll(rows, i -> range.from() + i);
        return inputs(data, rows, columns, vocabularies);
    }
}
