package io.rankwright.cli;

import io.rankwright.evaluation.Bootstrap;
import io.rankwright.evaluation.uplift.UpliftCurve;
import io.rankwright.log.SourceRows;
import io.rankwright.models.UpliftModel;
import io.rankwright.spec.ScoreApplication.Learner;
import io.rankwright.spec.UserFault;
import io.rankwright.training.BoostedTrainer;
import io.rankwright.training.UpliftTrainer;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rankwright uplift}: whom a treatment moves, from a log in which it was drawn by lot. */
@Command(
        name = "uplift",
        mixinStandardHelpOptions = true,
        description =
                "Learns from a log whose treatment was drawn by lot how much it moves each unit: T- and X-learner and"
                        + " class transformation on boosted trees, each unit judged by a model that did not learn from it.")
final class UpliftCommand implements Callable<Integer> {
    private static final int RESAMPLES = 200;
    private static final double[] SHARES = {0.1, 0.3};

    @Parameters(paramLabel = "FILE", description = "csv, jsonl (both also as .gz) or parquet, a unit a row.")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Option(
            names = "--treatment",
            paramLabel = "COLUMN",
            description = "1 if the unit was treated, 0 if not (default: ${DEFAULT-VALUE}).")
    private String treatment = "treatment";

    @Option(names = "--outcome", paramLabel = "COLUMN", description = "0 or 1 (default: ${DEFAULT-VALUE}).")
    private String outcome = "outcome";

    @Option(
            names = "--features",
            required = true,
            split = ",",
            paramLabel = "COLUMN",
            description = "What is known of a unit before the treatment, as numbers; empty where missing.")
    @SuppressWarnings("NullAway.Init")
    private List<String> features;

    @Option(
            names = "--folds",
            description = "Parts that are judged by a model of the others (default: ${DEFAULT-VALUE}).")
    private int folds = 5;

    @Option(names = "--rounds", description = "Trees of an ensemble (default: ${DEFAULT-VALUE}).")
    private int rounds = 100;

    @Option(names = "--depth", description = "The depth of a tree (default: ${DEFAULT-VALUE}).")
    private int depth = 3;

    @Option(names = "--seed", description = "Of folds, trees and resamples (default: ${DEFAULT-VALUE}).")
    private long seed = 7;

    @Option(names = "--format", description = "table (default) or json.")
    private Json.Format format = Json.Format.table;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    /** The units of a log. */
    private record Units(float[] rows, boolean[] isTreated, float[] outcomes) {
        int size() {
            return outcomes.length;
        }

        double[] outcomesAsDoubles() {
            return IntStream.range(0, size()).mapToDouble(i -> outcomes[i]).toArray();
        }
    }

    /** What a learner reached on units that it had not learnt from, each with its 95% interval. */
    record Reached(Bootstrap.Interval qini, Bootstrap.Interval auuc, Map<String, Bootstrap.Interval> upliftAt) {}

    @Override
    public Integer call() {
        if (folds < 2 || rounds < 1 || depth < 1) {
            throw new UserFault("--folds " + folds + " --rounds " + rounds + " --depth " + depth
                    + "; expected two folds at least, and one of the others");
        }
        if (!Files.isRegularFile(file)) {
            throw new UserFault("no file " + file + "; expected one with the columns " + treatment + ", " + outcome
                    + ", " + String.join(", ", features));
        }
        Units units = units();
        var reached = new LinkedHashMap<String, Reached>();
        for (Learner learner : Learner.values()) {
            reached.put(learner.name().toLowerCase(Locale.ROOT), judged(units, predicted(units, learner)));
        }
        double effect = mean(units, true) - mean(units, false);
        PrintWriter out = spec.commandLine().getOut();
        if (format == Json.Format.json) {
            out.println(Json.text(Map.of("units", units.size(), "effect", effect, "learners", reached)));
        } else {
            print(units, effect, reached, out);
        }
        out.flush();
        return 0;
    }

    private Units units() {
        var columns = new ArrayList<>(List.of(treatment, outcome));
        columns.addAll(features);
        double[][] values = SourceRows.numbers(file, columns);
        int count = values[0].length;
        float[] rows = new float[count * features.size()];
        boolean[] isTreated = new boolean[count];
        float[] outcomes = new float[count];
        for (int i = 0; i < count; i++) {
            for (int c = 0; c < 2; c++) {
                if (values[c][i] != 0 && values[c][i] != 1) {
                    throw new UserFault(file + ":" + (i + 2) + ": " + columns.get(c) + " is "
                            + (Double.isNaN(values[c][i]) ? "empty" : values[c][i]) + "; expected 0 or 1");
                }
            }
            isTreated[i] = values[0][i] == 1;
            outcomes[i] = (float) values[1][i];
            for (int f = 0; f < features.size(); f++) {
                rows[i * features.size() + f] = (float) values[2 + f][i];
            }
        }
        for (int fold = 0; fold < folds; fold++) {
            long treated = 0;
            long others = 0;
            for (int i = 0; i < count; i++) {
                if (fold(i) == fold) {
                    treated += isTreated[i] ? 1 : 0;
                    others += isTreated[i] ? 0 : 1;
                }
            }
            if (treated == 0 || others == 0) {
                throw new UserFault(file + " has too few units: one of the " + folds + " folds has " + treated
                        + " treated ones and " + others + " others; expected some of both in each");
            }
        }
        return new Units(rows, isTreated, outcomes);
    }

    private int fold(int unit) {
        return new SplittableRandom(seed ^ 0x9E3779B97F4A7C15L * (unit + 1)).nextInt(folds);
    }

    /** The effect on each unit, by a model that learnt from the other folds. */
    private double[] predicted(Units units, Learner learner) {
        int width = features.size();
        double[] predicted = new double[units.size()];
        var trainer = new UpliftTrainer(learner, new BoostedTrainer(rounds, depth, 0.1, seed));
        for (int fold = 0; fold < folds; fold++) {
            int out = fold;
            int[] learnt =
                    IntStream.range(0, units.size()).filter(i -> fold(i) != out).toArray();
            int[] judged =
                    IntStream.range(0, units.size()).filter(i -> fold(i) == out).toArray();
            boolean[] isTreated = new boolean[learnt.length];
            float[] outcomes = new float[learnt.length];
            for (int i = 0; i < learnt.length; i++) {
                isTreated[i] = units.isTreated()[learnt[i]];
                outcomes[i] = units.outcomes()[learnt[i]];
            }
            try (var model = new UpliftModel(trainer.train(rows(units, learnt), width, isTreated, outcomes), width)) {
                double[] effects = model.effects(rows(units, judged), judged.length);
                for (int i = 0; i < judged.length; i++) {
                    predicted[judged[i]] = effects[i];
                }
            }
        }
        return predicted;
    }

    private float[] rows(Units units, int[] chosen) {
        int width = features.size();
        float[] rows = new float[chosen.length * width];
        for (int i = 0; i < chosen.length; i++) {
            System.arraycopy(units.rows(), chosen[i] * width, rows, i * width, width);
        }
        return rows;
    }

    private Reached judged(Units units, double[] predicted) {
        var upliftAt = new LinkedHashMap<String, Bootstrap.Interval>();
        for (double share : SHARES) {
            upliftAt.put(
                    Long.toString(Math.round(100 * share)), interval(units, predicted, curve -> curve.upliftAt(share)));
        }
        return new Reached(
                interval(units, predicted, UpliftCurve::qiniCoefficient),
                interval(units, predicted, UpliftCurve::auuc),
                upliftAt);
    }

    private Bootstrap.Interval interval(Units units, double[] predicted, ToDoubleFunction<UpliftCurve> figure) {
        return UpliftCurve.interval(predicted, units.isTreated(), units.outcomesAsDoubles(), figure, RESAMPLES, seed);
    }

    private static double mean(Units units, boolean isTreated) {
        return IntStream.range(0, units.size())
                .filter(i -> units.isTreated()[i] == isTreated)
                .mapToDouble(i -> units.outcomes()[i])
                .average()
                .orElseThrow();
    }

    private static void print(Units units, double effect, Map<String, Reached> reached, PrintWriter out) {
        out.printf(
                Locale.ROOT, "%,d units; the treatment moves the outcome by %+.4f in the mean%n", units.size(), effect);
        out.printf(
                "%-22s %-30s %-30s %-30s %-30s%n",
                "", "Qini", "AUUC", "uplift of the first 10%", "uplift of the first 30%");
        reached.forEach((name, one) -> out.printf(
                "%-22s %-30s %-30s %-30s %-30s%n",
                Learner.valueOf(name.toUpperCase(Locale.ROOT)).title(),
                text(one.qini()),
                text(one.auuc()),
                text(Objects.requireNonNull(one.upliftAt().get("10"))),
                text(Objects.requireNonNull(one.upliftAt().get("30")))));
    }

    private static String text(Bootstrap.Interval interval) {
        return String.format(Locale.ROOT, "%+.4f [%+.4f, %+.4f]", interval.value(), interval.low(), interval.high());
    }
}
