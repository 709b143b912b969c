package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.RankerInputs.Layout;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.Model;
import io.rankwright.spec.UserFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * Trains the boosted trees of a ranker (XGBoost: Chen and Guestrin, 2016): one ensemble a head, stopped where the
 * validation days stop getting better, or after rounds that are known. A binary head learns its probability, or the order
 * of what was shown together by LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", 2010). The same data and
 * seed give the same bytes.
 */
final class TreesTrainer {
    /** More moments than this for each exposure, and there is next to nothing to compare. */
    private static final double SMALLEST_SLATE_SHARE = 0.9;

    /** Judging costs as much as a few trees, so not every one is judged. */
    private static final int JUDGED_EVERY = 5;

    private static final String FORMAT = "ubj";

    private final Model.Trees settings;
    private final Layout layout;
    private final Examples train;
    private final long seed;
    private final int workers;

    /**
     * What a head has learnt.
     *
     * @param trees as XGBoost writes them
     * @param rounds how many there are
     */
    record Ensemble(byte[] trees, int rounds) {}

    /** @param train rows of all of the layout's places; trees look at the first of them */
    TreesTrainer(Model.Trees settings, Layout layout, Examples train, TrainingRun run) {
        this.settings = settings;
        this.layout = layout;
        this.train = train;
        this.seed = run.seed();
        this.workers = run.workers();
    }

    /** When a head has trees enough. */
    sealed interface Enough {
        /** When these examples are no longer told better. */
        record NoBetter(Examples judged) implements Enough {}

        /** After so many rounds, by the name of the head. */
        record After(Map<String, Integer> rounds) implements Enough {}
    }

    /** The ensemble of each head. Heads learn side by side, each on one thread. */
    Map<String, Ensemble> train(List<Label> heads, Enough enough, Progress progress) {
        long[] done = new long[heads.size()];
        List<Callable<Ensemble>> tasks = new ArrayList<>();
        for (int h = 0; h < heads.size(); h++) {
            int head = h;
            tasks.add(() -> train(heads.get(head), enough, (at, total, unit) -> {
                synchronized (done) {
                    done[head] = at;
                    progress.at(Arrays.stream(done).sum(), heads.size() * total, unit);
                }
            }));
        }
        List<Ensemble> ensembles;
        try (ExecutorService pool = Executors.newFixedThreadPool(workers)) {
            ensembles = Workers.together(pool, tasks);
        }
        var trees = new TreeMap<String, Ensemble>();
        for (int h = 0; h < heads.size(); h++) {
            trees.put(heads.get(h).name(), ensembles.get(h));
        }
        return trees;
    }

    private Ensemble train(Label label, Enough enough, Progress progress) {
        boolean isOrdering = settings.isOrdering() && label.isBinary();
        try {
            DMatrix trainOn = matrix(train, label, isOrdering);
            try {
                return boost(label, isOrdering, trainOn, enough, progress);
            } finally {
                trainOn.dispose();
            }
        } catch (XGBoostError e) {
            throw new InternalFault("the trees of '" + label.name() + "' do not train: " + e.getMessage(), e);
        }
    }

    private Ensemble boost(Label label, boolean isOrdering, DMatrix trainOn, Enough enough, Progress progress)
            throws XGBoostError {
        Map<String, Object> parameters = new HashMap<>();
        String objective = label.isBinary() ? "binary:logistic" : "reg:squarederror";
        String judged = label.isBinary() ? "logloss" : "rmse";
        parameters.put("objective", isOrdering ? "rank:ndcg" : objective);
        parameters.put("eval_metric", isOrdering ? "ndcg" : judged);
        parameters.put("tree_method", "hist");
        parameters.put("max_bin", 128);
        parameters.put("eta", settings.learningRate());
        parameters.put("max_depth", settings.depth());
        parameters.put("min_child_weight", isOrdering ? 1 : 20);
        parameters.put("subsample", 0.8);
        parameters.put("colsample_bytree", 0.4);
        parameters.put("lambda", settings.regularisation());
        parameters.put("seed", seed);
        parameters.put("nthread", 1);
        parameters.put("verbosity", 0);
        Booster booster = XGBoost.train(trainOn, parameters, 0, Map.of(), null, null);
        booster.setAttr("link", objective.equals("binary:logistic") && !isOrdering ? "logistic" : "identity");
        try {
            return switch (enough) {
                case Enough.NoBetter noBetter ->
                    untilNoBetter(booster, trainOn, label, isOrdering, noBetter.judged(), progress);
                case Enough.After after ->
                    asLong(booster, trainOn, requireNonNull(after.rounds().get(label.name())), progress);
            };
        } finally {
            booster.dispose();
        }
    }

    private static Ensemble asLong(Booster booster, DMatrix trainOn, int rounds, Progress progress)
            throws XGBoostError {
        for (int round = 1; round <= rounds; round++) {
            booster.update(trainOn, round - 1);
            progress.at(round, rounds, "trees");
        }
        return new Ensemble(booster.toByteArray(FORMAT), rounds);
    }

    private Ensemble untilNoBetter(
            Booster booster, DMatrix trainOn, Label label, boolean isOrdering, Examples judged, Progress progress)
            throws XGBoostError {
        DMatrix judgeOn = matrix(judged, label, isOrdering);
        try {
            return untilNoBetter(booster, trainOn, judgeOn, isOrdering, progress);
        } finally {
            judgeOn.dispose();
        }
    }

    private Ensemble untilNoBetter(
            Booster booster, DMatrix trainOn, DMatrix judgeOn, boolean isOrdering, Progress progress)
            throws XGBoostError {
        double least = Double.POSITIVE_INFINITY;
        var best = new Ensemble(booster.toByteArray(FORMAT), 0);
        for (int round = 1; round <= settings.rounds(); round++) {
            booster.update(trainOn, round - 1);
            if (round % JUDGED_EVERY != 0) {
                continue;
            }
            String evaluated = booster.evalSet(new DMatrix[] {judgeOn}, new String[] {"v"}, round);
            double found = Double.parseDouble(evaluated.substring(evaluated.lastIndexOf(':') + 1));
            double loss = isOrdering ? -found : found;
            if (loss < least) {
                least = loss;
                best = new Ensemble(booster.toByteArray(FORMAT), round);
            } else if (round - best.rounds() >= settings.patience()) {
                break;
            }
            progress.at(round, settings.rounds(), "trees");
        }
        progress.at(settings.rounds(), settings.rounds(), "trees");
        return best;
    }

    /**
     * The rows where the label is there; for an ordering those that were shown together follow each other. Rows of
     * different moments must not be compared: the later one's features know what came of the earlier.
     */
    private DMatrix matrix(Examples examples, Label label, boolean isOrdering) throws XGBoostError {
        int[] chosen = examples.with(label.name());
        if (isOrdering) {
            chosen = examples.grouped(chosen);
        }
        double[] values = examples.labels(label.name());
        int columns = layout.columns();
        float[] inputs = new float[chosen.length * columns];
        float[] labels = new float[chosen.length];
        for (int i = 0; i < chosen.length; i++) {
            System.arraycopy(examples.rows(), chosen[i] * layout.width(), inputs, i * columns, columns);
            labels[i] = (float) values[chosen[i]];
        }
        hideUnwanted(inputs, columns);
        var matrix = new DMatrix(inputs, chosen.length, columns, Float.NaN);
        matrix.setLabel(labels);
        if (isOrdering) {
            int[] groups = examples.groups(chosen);
            if (groups.length > SMALLEST_SLATE_SHARE * chosen.length) {
                throw new UserFault(String.format(
                        Locale.ROOT,
                        "%,d exposures at %,d moments: too few were made together; model.rank.trees.objective: lambdamart"
                                + " expected those of one answer to have the same time, so that they can be compared",
                        chosen.length,
                        groups.length));
            }
            matrix.setGroup(groups);
        }
        return matrix;
    }

    /** What trees are not to look at is missing while they learn, so no tree asks for it. */
    private void hideUnwanted(float[] inputs, int columns) {
        if (settings.features().isEmpty()) {
            return;
        }
        for (int c = 0; c < layout.features().size(); c++) {
            if (!settings.features().contains(layout.features().get(c))) {
                for (int at = c; at < inputs.length; at += columns) {
                    inputs[at] = Float.NaN;
                }
            }
        }
    }
}
