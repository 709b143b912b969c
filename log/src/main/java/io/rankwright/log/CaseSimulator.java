package io.rankwright.log;

import io.rankwright.spec.Contract;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.Expression;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.CaseLabel;
import io.rankwright.spec.ScoreApplication.Cases;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Makes cases for a score where no data are found. Each label has words of its own, which its cases use now and then among
 * words that all use; numbers are drawn until they say what the label says. The same application and seed give the same file.
 */
public final class CaseSimulator {
    private static final int TRIES = 1_000_000;
    private static final int MOST = 3;
    private static final int OWN_WORDS = 40;
    private static final int ALL_WORDS = 400;
    private static final double OWN_SHARE = 0.15;
    private static final List<String> SYLLABLES =
            List.of("ba", "ko", "li", "mu", "ne", "ro", "sa", "ti", "vu", "we", "xa", "zo", "dri", "fle", "gru", "plo");

    private final ScoreApplication application;
    private final SplittableRandom random;
    private final List<String> words;

    private CaseSimulator(ScoreApplication application, Cases settings) {
        this.application = application;
        this.random = new SplittableRandom(settings.seed());
        int count = ALL_WORDS + OWN_WORDS * application.framing().labels().size();
        this.words = IntStream.range(0, count)
                .mapToObj(_ -> IntStream.range(0, 2 + random.nextInt(2))
                        .mapToObj(_ -> SYLLABLES.get(random.nextInt(SYLLABLES.size())))
                        .collect(Collectors.joining()))
                .toList();
    }

    /** Writes the cases below a folder, under a name that the application's pattern matches. */
    public static void write(Path folder, ScoreApplication application, Cases settings) {
        var simulator = new CaseSimulator(application, settings);
        var rows = new ArrayList<Map<String, String>>();
        int labels = application.framing().labels().size();
        try {
            for (int c = 0; c < settings.cases(); c++) {
                // The first label is the rare one, as harm is.
                double draw = simulator.random.nextDouble();
                int label = draw < 0.15 ? 0 : 1 + simulator.random.nextInt(Math.max(1, labels - 1));
                rows.add(simulator.row(
                        Math.min(label, labels - (application.framing().isExclusive() ? 1 : 0)), c));
            }
            MadeFile.write(
                    folder,
                    application.data().cases().globs().getFirst(),
                    application.data().cases().contract(),
                    rows);
        } catch (IOException e) {
            throw new EnvironmentFault("could not write cases below " + folder + ": " + e.getMessage(), true, e);
        }
    }

    /** @param label the place of the label that holds; one more than the last where none does */
    private Map<String, String> row(int label, int number) throws IOException {
        var row = new HashMap<String, String>(numbers(label));
        for (Contract.Column column : application.data().cases().contract().sourceColumns()) {
            switch (column.type()) {
                case TEXT -> row.put(column.name(), text(label));
                case IMAGE -> row.put(column.name(), MadeImage.of(label, random));
                case ID -> row.put(column.name(), "case-" + number);
                case CATEGORY -> row.put(column.name(), "kind-" + random.nextInt(4));
                default -> {}
            }
        }
        return row;
    }

    private Map<String, String> numbers(int label) {
        List<Contract.Column> columns = application.data().cases().contract().sourceColumns().stream()
                .filter(column -> column.type() == Contract.Type.NUMBER)
                .toList();
        for (int attempt = 0; attempt < TRIES; attempt++) {
            var drawn = new HashMap<String, String>();
            for (Contract.Column column : columns) {
                int least = Double.isInfinite(column.min()) ? 0 : (int) column.min();
                int most = Double.isInfinite(column.max()) ? MOST : (int) column.max();
                drawn.put(column.name(), Integer.toString(least + random.nextInt(most - least + 1)));
            }
            if (says(drawn, label)) {
                return drawn;
            }
        }
        throw new UserFault("no small whole numbers of "
                + columns.stream().map(Contract.Column::name).toList()
                + " make exactly one label hold; expected formulas that some do, or real data");
    }

    private boolean says(Map<String, String> numbers, int label) {
        List<CaseLabel> labels = application.framing().labels();
        for (int l = 0; l < labels.size(); l++) {
            boolean holds = value(labels.get(l).where(), numbers) == 1;
            double learnt = labels.get(l)
                    .learn()
                    .map(formula -> value(formula, numbers))
                    .orElse(holds ? 1.0 : 0.0);
            boolean isClear = l == label ? learnt > 0.5 && learnt <= 1 : learnt >= 0 && learnt < 0.5;
            if (holds != (l == label) || !isClear) {
                return false;
            }
        }
        return true;
    }

    private static double value(Expression formula, Map<String, String> numbers) {
        return formula.evaluate(name -> Double.parseDouble(numbers.getOrDefault(name, "NaN")));
    }

    private String text(int label) {
        int length = 6 + random.nextInt(12);
        return IntStream.range(0, length)
                .mapToObj(_ -> words.get(
                        random.nextDouble() < OWN_SHARE
                                        && label
                                                < application.framing().labels().size()
                                ? ALL_WORDS + OWN_WORDS * label + random.nextInt(OWN_WORDS)
                                : random.nextInt(ALL_WORDS)))
                .collect(Collectors.joining(" "));
    }
}
