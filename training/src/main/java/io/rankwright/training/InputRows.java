package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import io.rankwright.features.FeatureColumn;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EventLog;
import io.rankwright.models.Affinity;
import io.rankwright.models.RankerInputs;
import io.rankwright.models.RankerInputs.Layout;
import java.util.Arrays;
import java.util.List;

/** Rows of a data set as a ranker sees them, as {@link RankerInputs.Encoder} would make them. Stateless. */
public final class InputRows {
    private InputRows() {}

    /** The inputs of a stretch of rows, one behind the other. */
    public static float[] of(DataSet data, DataSet.Range range, RankerInputs inputs, EventLog log) {
        Layout layout = inputs.layout();
        float[] rows = new float[Math.multiplyExact(range.size(), layout.width())];
        List<String> names = data.columns().stream().map(FeatureColumn::name).toList();
        for (int f = 0; f < layout.features().size(); f++) {
            int column = names.indexOf(layout.features().get(f));
            if (layout.categories().get(f)) {
                float[] values = indexes(
                        data.texts().get(column), inputs, layout.features().get(f));
                int[] categories = data.categories()[column];
                fill(rows, f, layout.width(), range, i -> values[categories[i]]);
            } else {
                double[] numbers = data.numbers()[column];
                fill(rows, f, layout.width(), range, i -> (float) numbers[i]);
            }
        }
        inputs.affinity().ifPresent(affinity -> affinities(data, range, affinity, layout, log, rows));
        if (layout.hasIds()) {
            float[] subjects = indexes(data.subjectTexts(), inputs, layout.subject());
            float[] items = indexes(data.itemTexts(), inputs, layout.item());
            fill(rows, layout.subjectPlace(), layout.width(), range, i -> subjects[data.subjects()[i]]);
            fill(rows, layout.subjectPlace() + 1, layout.width(), range, i -> items[data.items()[i]]);
            for (int s = 0; s < layout.sequences().size(); s++) {
                sequences(data, range, layout, s, items, rows);
            }
        }
        return rows;
    }

    private interface Value {
        float at(int row);
    }

    private static void fill(float[] rows, int place, int width, DataSet.Range range, Value value) {
        for (int i = range.from(); i < range.to(); i++) {
            rows[(i - range.from()) * width + place] = value.at(i);
        }
    }

    /** The index of each text, NaN where the vocabulary does not know it. */
    private static float[] indexes(List<String> texts, RankerInputs inputs, String name) {
        float[] indexes = new float[texts.size()];
        for (int t = 0; t < indexes.length; t++) {
            int index = inputs.vocabulary(name).index(texts.get(t));
            indexes[t] = index == 0 ? Float.NaN : index;
        }
        return indexes;
    }

    private static void affinities(
            DataSet data, DataSet.Range range, Affinity affinity, Layout layout, EventLog log, float[] rows) {
        Affinity.Bound bound = affinity.bind(log);
        int[] subjects = codes(data.subjectTexts(), log, layout.subject());
        int[] items = codes(data.itemTexts(), log, layout.item());
        Integer[] bySubject = new Integer[range.size()];
        Arrays.setAll(bySubject, i -> range.from() + i);
        // The model remembers the subject that it was asked for last.
        Arrays.sort(bySubject, (a, b) -> Integer.compare(data.subjects()[a], data.subjects()[b]));
        for (int i : bySubject) {
            rows[(i - range.from()) * layout.width() + layout.columns() - 1] =
                    bound.logOdds(subjects[data.subjects()[i]], items[data.items()[i]]);
        }
    }

    private static int[] codes(List<String> texts, EventLog log, String entity) {
        Dictionary.Domain domain = log.dictionary().domain(Dictionary.idsOf(entity));
        return texts.stream().mapToInt(domain::code).toArray();
    }

    private static void sequences(
            DataSet data, DataSet.Range range, Layout layout, int sequence, float[] items, float[] rows) {
        RankerInputs.Sequence settings = layout.sequences().get(sequence);
        int[][] members = requireNonNull(data.sequences().get(settings.name()));
        for (int i = range.from(); i < range.to(); i++) {
            int start = (i - range.from()) * layout.width() + layout.sequencePlace(sequence);
            int[] all = members[i];
            int kept = Math.min(all.length, settings.last());
            Arrays.fill(rows, start, start + settings.last() - kept, Float.NaN);
            for (int k = 0; k < kept; k++) {
                rows[start + settings.last() - kept + k] = items[all[all.length - kept + k]];
            }
        }
    }
}
