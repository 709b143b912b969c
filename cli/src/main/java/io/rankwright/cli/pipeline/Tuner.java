package io.rankwright.cli.pipeline;

import static java.util.Objects.requireNonNull;

import io.rankwright.evaluation.Classification;
import io.rankwright.evaluation.Regression;
import io.rankwright.log.EventLog;
import io.rankwright.models.Ranker;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Trial;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing.Label;
import io.rankwright.spec.Model;
import io.rankwright.spec.UserFault;
import io.rankwright.training.DataSet;
import io.rankwright.training.InputRows;
import io.rankwright.training.RankerTrainer;
import io.rankwright.training.TrainingRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Searches settings of the ranker: drawn at random, many on few rows, the better third of them on three times as many,
 * until the last are learnt from all (successive halving; Jamieson and Talwalkar, "Non-stochastic Best Arm Identification
 * and Hyperparameter Optimization", 2016). Everything happens a day before the test day, which nothing here looks at:
 * what validates a version is what judges here, and the day before it validates.
 *
 * <p>Each attempt is a row of the registry; a search that was killed goes on after the last.
 */
final class Tuner {
    private static final int FEWER = 3;

    private final FeedApplication application;
    private final EventLog log;
    private final DataSet data;
    private final DataSet.Range train;
    private final DataSet.Range validate;
    private final DataSet.Range judge;
    private final Registry registry;
    private final TrainingRun run;
    private final Path checkpoints;
    private final Reporter reporter;

    /** @param train,validate,judge days that follow each other, the test day not among them */
    Tuner(
            FeedApplication application,
            EventLog log,
            DataSet data,
            DataSet.Range train,
            DataSet.Range validate,
            DataSet.Range judge,
            Registry registry,
            TrainingRun run,
            Path checkpoints,
            Reporter reporter) {
        this.application = application;
        this.log = log;
        this.data = data;
        this.train = train;
        this.validate = validate;
        this.judge = judge;
        this.registry = registry;
        this.run = run;
        this.checkpoints = checkpoints;
        this.reporter = reporter;
    }

    /**
     * Runs a search.
     *
     * @param count how many settings begin
     * @param rungs how often they are thinned out, and learnt from more rows; 1 for all rows at once
     * @return the attempts on all rows, the best first
     */
    List<Trial> search(SearchSpace space, int count, int rungs, String metric, String study) {
        var begun = new ArrayList<Attempt>();
        for (Map<String, String> settings : space.settings(count, run.seed())) {
            begun.add(new Attempt(begun.size() + 1, settings, FeedApplication.read(application.folder(), settings)));
        }
        List<Attempt> left = begun;
        List<Trial> trials = List.of();
        for (int rung = 0; rung < rungs; rung++) {
            double share = Math.pow(FEWER, rung - rungs + 1);
            trials = left.stream()
                    .map(attempt -> trial(attempt, share, study))
                    .sorted(Comparator.comparingDouble(trial -> loss(trial, metric)))
                    .toList();
            List<Integer> kept = trials.stream()
                    .limit(Math.ceilDiv(trials.size(), FEWER))
                    .map(Trial::number)
                    .toList();
            left = left.stream()
                    .filter(attempt -> kept.contains(attempt.number()))
                    .toList();
        }
        return trials;
    }

    /** What is tried, and the application that it makes. */
    private record Attempt(int number, Map<String, String> settings, FeedApplication changed) {}

    /** What is to be small. */
    private static double loss(Trial trial, String metric) {
        Double value = trial.metrics().get(metric);
        if (value == null) {
            throw new UserFault("the metric '" + metric + "'; expected one of "
                    + String.join(", ", trial.metrics().keySet()));
        }
        return metric.endsWith("auc") ? -value : value;
    }

    private Trial trial(Attempt attempt, double share, String study) {
        Optional<Trial> known = registry.trial(study, attempt.number(), share);
        if (known.isPresent()) {
            reporter.say("  trial %-4d on %3.0f%% of the rows: done before", attempt.number(), 100 * share);
            return known.get();
        }
        try (Reporter.Step step = reporter.step("trial " + attempt.number())) {
            long began = System.nanoTime();
            Model.Rank settings = attempt.changed().model().rank();
            int rows = Math.max(1, (int) Math.round(share * train.size()));
            var artefact = new RankerTrainer(
                            application,
                            log,
                            data,
                            new DataSet.Range(train.to() - rows, train.to()),
                            validate,
                            settings,
                            run,
                            checkpoints.resolve(study.substring(0, 12) + "-" + attempt.number() + "-" + rows))
                    .train(step);
            Map<String, Double> metrics;
            try (Ranker ranker = Ranker.of(artefact)) {
                metrics = metrics(ranker);
            }
            var trial = new Trial(
                    study, attempt.number(), attempt.settings(), share, metrics, (System.nanoTime() - began) / 1e9);
            registry.keep(trial);
            step.outcome("%s on %.0f%% of the rows: %s", attempt.settings(), 100 * share, metrics);
            return trial;
        }
    }

    private Map<String, Double> metrics(Ranker ranker) {
        float[] rows = InputRows.of(data, judge, ranker.inputs(), log);
        double[][] scores = ranker.score(rows, judge.size());
        var metrics = new TreeMap<String, Double>();
        for (int h = 0; h < scores.length; h++) {
            Ranker.Head head = ranker.manifest().heads().get(h);
            Label label = application.framing().label(head.name());
            if (label.isBinary()) {
                double[] outcomes = judge.of(requireNonNull(data.labels().get(label.name())));
                metrics.put(label.name() + ".auc", Classification.auc(scores[h], outcomes));
                metrics.put(label.name() + ".logloss", Classification.logLoss(scores[h], outcomes));
                metrics.put(label.name() + ".ece", Classification.ece(scores[h], outcomes));
            } else {
                double[] amounts = judge.of(requireNonNull(data.amounts().get(label.name())));
                double[] expected = ranker.unconditional(scores, h);
                metrics.put(label.name() + ".mae", Regression.mae(expected, amounts));
                metrics.put(label.name() + ".xauc", Regression.xauc(expected, amounts));
            }
        }
        return metrics;
    }
}
