package io.rankwright.models.text;

import io.rankwright.models.Artefact;
import io.rankwright.models.Vocabulary;
import io.rankwright.models.text.Runs.Sparse;
import io.rankwright.spec.Expression;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.CaseFeature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What makes numbers of a case: a sparse vector for regressions, one behind the other the runs of each feature, the
 * categories and the logarithms of the numbers; and a row for trees, the numbers as they are and the embeddings. The same
 * while a model is learnt and while it scores. Immutable, safe for any thread.
 */
public final class CaseInputs {
    private final ScoreApplication application;
    private final Map<String, Runs> runs;
    private final Map<String, Vocabulary> categories;
    private final Map<String, ToDoubleFunction<Map<String, String>>> numbers = new LinkedHashMap<>();
    /** Where each feature of the regressions begins. */
    private final Map<String, Integer> starts = new LinkedHashMap<>();

    private final int columns;

    private CaseInputs(ScoreApplication application, Map<String, Runs> runs, Map<String, Vocabulary> categories) {
        this.application = application;
        this.runs = runs;
        this.categories = categories;
        for (CaseFeature feature : application.features()) {
            switch (feature) {
                case CaseFeature.Amount amount -> numbers.put(amount.name(), compiled(amount.formula()));
                case CaseFeature.Matches matches ->
                    numbers.put(
                            matches.name(),
                            fields -> matches.pattern()
                                    .matcher(fields.getOrDefault(matches.column(), ""))
                                    .results()
                                    .count());
                case CaseFeature.Runs _, CaseFeature.Embedding _, CaseFeature.Category _ -> {}
            }
        }
        int at = 0;
        for (String name : application.model().linear().features()) {
            starts.put(name, at);
            at += switch (application.feature(name)) {
                case CaseFeature.Runs _ -> of(runs, name).size();
                case CaseFeature.Category _ -> of(categories, name).size();
                case CaseFeature.Amount _, CaseFeature.Matches _ -> 1;
                case CaseFeature.Embedding _ -> 0;
            };
        }
        this.columns = at;
    }

    private static <T> T of(Map<String, T> map, String name) {
        T value = map.get(name);
        if (value == null) {
            throw new IllegalArgumentException("nothing was learnt of the feature " + name);
        }
        return value;
    }

    private static ToDoubleFunction<Map<String, String>> compiled(Expression formula) {
        return formula.compile((Function<String, Expression.Operand<Map<String, String>>>) name -> {
            String column = name.substring(name.indexOf('.') + 1);
            return new Expression.Operand.Numeric<>(fields -> number(fields.get(column)));
        });
    }

    private static double number(@Nullable String text) {
        return text == null || text.isEmpty() ? Double.NaN : Double.parseDouble(text);
    }

    /** Looks at some cases for what is to be learnt before any label is: runs, rarities, categories. */
    public static CaseInputs of(ScoreApplication application, List<Map<String, String>> cases) {
        var runs = new HashMap<String, Runs>();
        var categories = new HashMap<String, Vocabulary>();
        for (CaseFeature feature : application.features()) {
            switch (feature) {
                case CaseFeature.Runs of ->
                    runs.put(
                            of.name(),
                            Runs.of(texts(cases, of.column()), of.isOfWords(), of.from(), of.to(), of.atLeast()));
                case CaseFeature.Category category ->
                    categories.put(
                            category.name(),
                            new Vocabulary(List.copyOf(new TreeSet<>(texts(cases, category.column())))));
                case CaseFeature.Amount _, CaseFeature.Matches _, CaseFeature.Embedding _ -> {}
            }
        }
        return new CaseInputs(application, runs, categories);
    }

    private static List<String> texts(List<Map<String, String>> cases, String column) {
        return cases.stream().map(fields -> fields.getOrDefault(column, "")).toList();
    }

    /** How many columns a sparse vector has. */
    public int columns() {
        return columns;
    }

    /** A case as regressions see it. */
    public Sparse sparse(Map<String, String> fields) {
        var places = new ArrayList<int[]>();
        var values = new ArrayList<float[]>();
        starts.forEach((name, start) -> {
            switch (application.feature(name)) {
                case CaseFeature.Runs of -> {
                    Sparse found = of(runs, name).vector(fields.getOrDefault(of.column(), ""));
                    places.add(Arrays.stream(found.places())
                            .map(place -> place + start)
                            .toArray());
                    values.add(found.values());
                }
                case CaseFeature.Category category -> {
                    places.add(new int[] {start + of(categories, name).index(fields.getOrDefault(category.column(), ""))
                    });
                    values.add(new float[] {1});
                }
                case CaseFeature.Amount _, CaseFeature.Matches _ -> {
                    double value = of(numbers, name).applyAsDouble(fields);
                    places.add(new int[] {start});
                    values.add(new float[] {
                        Double.isNaN(value) ? 0 : (float) (Math.signum(value) * Math.log1p(Math.abs(value)))
                    });
                }
                case CaseFeature.Embedding _ -> {}
            }
        });
        int size = places.stream().mapToInt(part -> part.length).sum();
        int[] allPlaces = new int[size];
        float[] allValues = new float[size];
        int at = 0;
        for (int part = 0; part < places.size(); part++) {
            System.arraycopy(places.get(part), 0, allPlaces, at, places.get(part).length);
            System.arraycopy(values.get(part), 0, allValues, at, values.get(part).length);
            at += places.get(part).length;
        }
        return new Sparse(allPlaces, allValues);
    }

    /** What the columns of a row of the trees are: what regressions say of each label, then the further inputs. */
    public List<String> denseNames() {
        var names = new ArrayList<String>();
        application.framing().names().forEach(label -> names.add("linear." + label));
        for (CaseFeature feature : furtherInputs()) {
            if (feature instanceof CaseFeature.Embedding embedding) {
                IntStream.range(0, embedding.encoder().dim()).forEach(d -> names.add(embedding.name() + "." + d));
            } else {
                names.add(feature.name());
            }
        }
        return names;
    }

    private List<CaseFeature> furtherInputs() {
        return application.model().trees().map(trees -> trees.features()).orElse(List.of()).stream()
                .map(application::feature)
                .toList();
    }

    /**
     * A case as trees see it.
     *
     * @param margins what the regressions say of each label
     * @param vectors of each embedding, by name
     */
    public float[] dense(Map<String, String> fields, double[] margins, Map<String, float[]> vectors) {
        float[] row = new float[denseNames().size()];
        int at = 0;
        for (double margin : margins) {
            row[at++] = (float) margin;
        }
        for (CaseFeature feature : furtherInputs()) {
            switch (feature) {
                case CaseFeature.Embedding embedding -> {
                    float[] vector = of(vectors, embedding.name());
                    System.arraycopy(vector, 0, row, at, vector.length);
                    at += vector.length;
                }
                case CaseFeature.Category category ->
                    row[at++] = of(categories, category.name()).index(fields.getOrDefault(category.column(), ""));
                case CaseFeature.Amount _, CaseFeature.Matches _ ->
                    row[at++] = (float) of(numbers, feature.name()).applyAsDouble(fields);
                case CaseFeature.Runs _ -> throw new IllegalArgumentException("runs in a row of trees");
            }
        }
        return row;
    }

    /** The number of a feature, for a slice. */
    public double number(String feature, Map<String, String> fields) {
        return of(numbers, feature).applyAsDouble(fields);
    }

    /**
     * What each word of a text adds to a margin, over all features that look at it.
     *
     * @param weights of a regression
     */
    public double[] contributions(String column, String text, float[] weights) {
        double[] sums = new double[Runs.words(text).size()];
        starts.forEach((name, start) -> {
            if (application.feature(name) instanceof CaseFeature.Runs of
                    && of.column().equals(column)) {
                double[] found = of(runs, name).contributions(text, weights, start);
                for (int w = 0; w < sums.length; w++) {
                    sums[w] += found[w];
                }
            }
        });
        return sums;
    }

    /** The parts of a model file that hold this. */
    public Map<String, byte[]> parts() {
        var parts = new HashMap<String, byte[]>();
        runs.forEach((name, of) -> parts.put("runs-" + name + ".json", of.bytes()));
        categories.forEach((name, of) -> parts.put("categories-" + name + ".txt", of.bytes()));
        return parts;
    }

    /** Reads what {@link #parts} gave. */
    public static CaseInputs of(ScoreApplication application, Artefact artefact) {
        var runs = new HashMap<String, Runs>();
        var categories = new HashMap<String, Vocabulary>();
        for (CaseFeature feature : application.features()) {
            switch (feature) {
                case CaseFeature.Runs of -> runs.put(of.name(), Runs.of(artefact, "runs-" + of.name() + ".json"));
                case CaseFeature.Category category ->
                    categories.put(
                            category.name(), Vocabulary.of(artefact.part("categories-" + category.name() + ".txt")));
                case CaseFeature.Amount _, CaseFeature.Matches _, CaseFeature.Embedding _ -> {}
            }
        }
        return new CaseInputs(application, runs, categories);
    }
}
