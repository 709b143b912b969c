package io.rankwright.models;

import io.rankwright.features.FeatureColumn;
import io.rankwright.features.FeatureState;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Boosted trees with one ensemble a head, each calibrated: rows of features in, predictions out.
 *
 * <p>Thread-safety: scoring may run on any number of threads; {@link #close} needs them out.
 */
public final class Ranker implements AutoCloseable {
    /**
     * What the model file says of itself.
     *
     * @param features the inputs in order
     * @param categories which of them are categories
     * @param heads the outputs in order
     */
    public record Manifest(String kind, List<String> features, List<Boolean> categories, List<Head> heads) {}

    /**
     * One output.
     *
     * @param isBinary whether it is a probability
     * @param given the head that must hold for this one; empty if none
     * @param otherwise the mean of the label where {@code given} does not hold
     * @param calibration the curve over the raw score
     * @param rounds how many trees
     */
    public record Head(
            String name, boolean isBinary, String given, double otherwise, Isotonic calibration, int rounds) {}

    /** What a feature did to the raw score of a head: contributions and base sum to the score (TreeSHAP, Lundberg 2018). */
    public record Contribution(String feature, double value, double contribution) {}

    private final Manifest manifest;
    private final List<Vocabulary> vocabularies;
    private final List<Booster> boosters;

    private Ranker(Manifest manifest, List<Vocabulary> vocabularies, List<Booster> boosters) {
        this.manifest = manifest;
        this.vocabularies = vocabularies;
        this.boosters = boosters;
    }

    /** Reads a model. */
    public static Ranker of(Artefact artefact) {
        Manifest manifest = artefact.json("manifest.json", Manifest.class);
        var vocabularies = new ArrayList<Vocabulary>();
        for (int i = 0; i < manifest.features().size(); i++) {
            vocabularies.add(
                    manifest.categories().get(i)
                            ? Vocabulary.of(artefact.part(
                                    "vocabulary-" + manifest.features().get(i) + ".txt"))
                            : new Vocabulary(List.of()));
        }
        var boosters = new ArrayList<Booster>();
        try {
            for (Head head : manifest.heads()) {
                Booster booster = XGBoost.loadModel(artefact.part(head.name() + ".ubj"));
                // Requests run beside each other; one thread each serves more of them than many for one.
                booster.setParam("nthread", 1);
                boosters.add(booster);
            }
        } catch (XGBoostError | IOException e) {
            throw new EnvironmentFault("a tree model that cannot be read: " + e.getMessage(), false, e);
        }
        return new Ranker(manifest, vocabularies, boosters);
    }

    /** Writes a model. */
    public static Artefact artefact(
            Manifest manifest, Map<String, Vocabulary> vocabularies, Map<String, byte[]> trees) {
        var parts = new TreeMap<String, byte[]>();
        parts.put("manifest.json", Artefact.json(manifest));
        vocabularies.forEach((feature, vocabulary) -> parts.put("vocabulary-" + feature + ".txt", vocabulary.bytes()));
        trees.forEach((head, bytes) -> parts.put(head + ".ubj", bytes));
        return new Artefact(parts);
    }

    public Manifest manifest() {
        return manifest;
    }

    /** How many inputs a row has. */
    public int width() {
        return manifest.features().size();
    }

    /** The vocabulary of an input that is a category. */
    public Vocabulary vocabulary(int input) {
        return vocabularies.get(input);
    }

    /**
     * The calibrated predictions for rows that lie one behind the other.
     *
     * @param rows {@code count * width()} inputs, NaN where missing
     * @return for each head, for each row: a probability, or the amount expected given the head it depends on
     */
    public double[][] score(float[] rows, int count) {
        double[][] scores = new double[boosters.size()][];
        for (int h = 0; h < scores.length; h++) {
            double[] raw = raw(rows, count, h);
            Isotonic calibration = manifest.heads().get(h).calibration();
            for (int i = 0; i < count; i++) {
                raw[i] = calibration.apply(raw[i]);
            }
            scores[h] = raw;
        }
        return scores;
    }

    /** The uncalibrated output of a head: a probability or an amount. */
    public double[] raw(float[] rows, int count, int head) {
        if (count == 0) {
            return new double[0];
        }
        try {
            float[] exact = rows.length == count * width() ? rows : Arrays.copyOf(rows, count * width());
            float[][] predicted = boosters.get(head).inplace_predict(exact, count, width(), Float.NaN);
            double[] raw = new double[count];
            for (int i = 0; i < count; i++) {
                raw[i] = predicted[i][0];
            }
            return raw;
        } catch (XGBoostError e) {
            throw new InternalFault("trees that do not score: " + e.getMessage(), e);
        }
    }

    /** The place of a head. */
    public int head(String name) {
        for (int h = 0; h < manifest.heads().size(); h++) {
            if (manifest.heads().get(h).name().equals(name)) {
                return h;
            }
        }
        throw new IllegalArgumentException("no head " + name);
    }

    /**
     * What is expected of a head whatever happens to the head that it is given: by the law of total expectation, from
     * the scores of one row.
     */
    public static double unconditional(Head head, double given, double value) {
        return head.given().isEmpty() ? value : given * value + (1 - given) * head.otherwise();
    }

    /** Why a head scores each row as it does: for each row the contributions, the greatest first, and last the base. */
    public List<List<Contribution>> explain(float[] rows, int count, int head) {
        try {
            var matrix = new DMatrix(Arrays.copyOf(rows, count * width()), count, width(), Float.NaN);
            try {
                float[][] contributions = boosters.get(head).predictContrib(matrix, 0);
                var explained = new ArrayList<List<Contribution>>();
                for (int i = 0; i < count; i++) {
                    explained.add(contributions(rows, i, contributions[i]));
                }
                return explained;
            } finally {
                matrix.dispose();
            }
        } catch (XGBoostError e) {
            throw new InternalFault("trees that do not explain: " + e.getMessage(), e);
        }
    }

    private List<Contribution> contributions(float[] rows, int row, float[] values) {
        var contributions = new ArrayList<Contribution>();
        for (int f = 0; f < width(); f++) {
            contributions.add(new Contribution(manifest.features().get(f), rows[row * width() + f], values[f]));
        }
        contributions.sort((a, b) -> Double.compare(Math.abs(b.contribution()), Math.abs(a.contribution())));
        contributions.add(new Contribution("base", Double.NaN, values[width()]));
        return contributions;
    }

    /** Turns rows of a feature state into inputs of this model. One thread at a time. */
    public Encoder encoder(FeatureState state) {
        return new Encoder(state);
    }

    /** The text of an input's value, for people: the category, or the number. */
    public String text(String feature, double value) {
        int index = manifest.features().indexOf(feature);
        if (Double.isNaN(value)) {
            return "missing";
        }
        if (index >= 0 && manifest.categories().get(index)) {
            return vocabularies.get(index).texts().get((int) value - 1);
        }
        return value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.3g", value);
    }

    /** Turns rows of a feature state into inputs of this model. */
    public final class Encoder {
        private final FeatureState state;
        private final int[] places;
        private final int[][] codes;

        private Encoder(FeatureState state) {
            this.state = state;
            List<String> names =
                    state.columns().stream().map(FeatureColumn::name).toList();
            this.places = manifest.features().stream()
                    .mapToInt(feature -> Optional.of(names.indexOf(feature))
                            .filter(place -> place >= 0)
                            .orElseThrow(() -> new EnvironmentFault(
                                    "the model needs the feature '" + feature
                                            + "', which the application does not define",
                                    false)))
                    .toArray();
            this.codes = new int[places.length][0];
        }

        /** Writes the inputs of one row at {@code index} of {@code inputs}. */
        public void encode(double[] row, float[] inputs, int index) {
            int start = index * places.length;
            for (int i = 0; i < places.length; i++) {
                double value = row[places[i]];
                inputs[start + i] = manifest.categories().get(i) ? category(i, (int) value) : (float) value;
            }
        }

        private float category(int input, int code) {
            int[] known = codes[input];
            if (code >= known.length) {
                known = Arrays.copyOf(known, Math.max(code + 1, known.length * 2));
                codes[input] = known;
            }
            if (known[code] == 0) {
                int index = vocabularies.get(input).index(state.categoryText(places[input], code));
                known[code] = index + 1;
            }
            return known[code] == 1 ? Float.NaN : known[code] - 1;
        }
    }

    @Override
    public void close() {
        boosters.forEach(Booster::dispose);
    }
}
