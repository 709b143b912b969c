package io.rankwright.training;

import io.rankwright.features.FeatureColumn;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.spec.FeedApplication;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Proves that no feature of a data set looks ahead: for some rows the state is built anew from a log that ends just
 * before the row's event, so that a future does not exist, and every value must come out the same.
 */
public final class LeakCheck {
    private LeakCheck() {}

    /** One value that changes when the future is cut off. */
    public record Leak(String feature, int row, double kept, double withoutFuture) {
        @Override
        public String toString() {
            return "the feature '" + feature + "' of row " + row + " is " + kept + ", but " + withoutFuture
                    + " where the log ends before its event: it looks ahead";
        }
    }

    /**
     * Checks rows that a seed draws.
     *
     * @param cuts how many moments to cut the log at; each costs one pass over the events before it
     */
    public static List<Leak> check(
            FeedApplication application, EventLog log, DataSet data, DataSet.Range range, int cuts, long seed) {
        int[] rows =
                new SplittableRandom(seed).ints(cuts, range.from(), range.to()).toArray();
        var leaks = new ArrayList<List<Leak>>(Collections.nCopies(cuts, List.of()));
        Workers.forEach(cuts, Progress.SILENT, "rows", () -> c -> leaks.set(c, check(application, log, data, rows[c])));
        return leaks.stream().flatMap(List::stream).toList();
    }

    private static List<Leak> check(FeedApplication application, EventLog log, DataSet data, int row) {
        String exposure = application.framing().exposure();
        Dictionary.Domain subjects =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        Dictionary.Domain items =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        long timeMillis = data.timesMillis()[row];
        var state = new FeatureState(application, log.catalog());
        try (EventCursor past = log.read(exposure, 0, timeMillis)) {
            Replay.restore(past, state);
        }
        double[] values = new double[state.columns().size()];
        double[] context = context(data, state, row, log, application);
        state.reader()
                .read(
                        subjects.code(data.subjectTexts().get(data.subjects()[row])),
                        items.code(data.itemTexts().get(data.items()[row])),
                        timeMillis,
                        context,
                        values);
        var leaks = new ArrayList<Leak>();
        compare(data, state, row, values, leaks);
        return leaks;
    }

    private static double[] context(
            DataSet data, FeatureState state, int row, EventLog log, FeedApplication application) {
        double[] context = new double[state.contextColumns().size()];
        var schema = log.schema(application.framing().exposure());
        for (int i = 0; i < context.length; i++) {
            String name = state.contextColumns().get(i);
            int column = columnOf(data, name);
            if (data.columns().get(column).kind() == FeatureColumn.Kind.NUMBER) {
                context[i] = data.numbers()[column][row];
                continue;
            }
            String text = data.texts().get(column).get(data.categories()[column][row]);
            context[i] = schema.codeIndex(name).isPresent()
                    ? log.dictionary().domain(schema.domain(name)).code(text)
                    : text.isEmpty() ? Double.NaN : Double.parseDouble(text);
        }
        return context;
    }

    private static int columnOf(DataSet data, String name) {
        for (int c = 0; c < data.columns().size(); c++) {
            if (data.columns().get(c).name().equals(name)) {
                return c;
            }
        }
        throw new IllegalArgumentException("no column " + name);
    }

    private static void compare(DataSet data, FeatureState state, int row, double[] values, List<Leak> leaks) {
        List<String> names = state.columns().stream().map(FeatureColumn::name).toList();
        for (int c = 0; c < data.columns().size(); c++) {
            FeatureColumn column = data.columns().get(c);
            int place = names.indexOf(column.name());
            if (place < 0 || column.kind() != FeatureColumn.Kind.NUMBER) {
                continue;
            }
            double kept = data.numbers()[c][row];
            double fresh = values[place];
            boolean isSame =
                    Double.compare(kept, fresh) == 0 || Math.abs(kept - fresh) <= 1e-6 * Math.max(1, Math.abs(fresh));
            if (!isSame) {
                leaks.add(new Leak(column.name(), row, kept, fresh));
            }
        }
    }
}
