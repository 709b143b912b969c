package io.rankwright.training;

import io.rankwright.features.FeatureColumn;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Formulas;
import io.rankwright.features.Sequences;
import io.rankwright.log.Catalog;
import io.rankwright.log.Dictionary;
import io.rankwright.log.Event;
import io.rankwright.log.EventSchema;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Framing.Label;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What the rows of an application's snapshots hold, and how an exposure becomes one. One thread at a time. */
public final class SnapshotLayout {
    private static final String SEPARATOR = "\t";

    private final FeatureState state;
    private final List<FeatureColumn> columns;
    private final List<String> labelColumns = new ArrayList<>();
    private final List<ToDoubleFunction<Event>> labels = new ArrayList<>();
    private final Dictionary.Domain subjects;
    private final Dictionary.Domain items;
    private final int subject;
    private final int item;
    private final DayOf days;
    private final boolean[] areNumbers;
    private final int numberCount;

    /** @param catalog that of the events and of the state */
    public SnapshotLayout(FeedApplication application, Catalog catalog, FeatureState state) {
        this.state = state;
        this.columns = state.columns();
        this.areNumbers = new boolean[columns.size()];
        int count = 0;
        for (int c = 0; c < areNumbers.length; c++) {
            areNumbers[c] = columns.get(c).kind() == FeatureColumn.Kind.NUMBER;
            count += areNumbers[c] ? 1 : 0;
        }
        this.numberCount = count;
        this.days = new DayOf(application.data().split().zone());
        EventSchema schema = catalog.schema(application.framing().exposure());
        var formulas = new Formulas(application, schema, catalog.dictionary());
        for (Label label : application.framing().labels()) {
            labelColumns.add("label:" + label.name());
            labels.add(formulas.label(label));
            if (!label.isBinary()) {
                labelColumns.add("amount:" + label.name());
                labels.add(formulas.unconditional(label));
            }
        }
        this.subjects = catalog.dictionary()
                .domain(Dictionary.idsOf(application.framing().subject()));
        this.items = catalog.dictionary()
                .domain(Dictionary.idsOf(application.framing().item()));
        this.subject = schema.codeIndex(application.subjectColumn()).orElseThrow();
        this.item = schema.codeIndex(application.itemColumn()).orElseThrow();
    }

    /** The features, in order. */
    List<String> features() {
        return columns.stream().map(FeatureColumn::name).toList();
    }

    /** The statement that makes the table. */
    String table() {
        var definitions = new ArrayList<String>(
                List.of("event BIGINT", "time_ms BIGINT", "day INTEGER", "subject VARCHAR", "item VARCHAR"));
        labelColumns.forEach(name -> definitions.add(Snapshot.quoted(name) + " DOUBLE"));
        state.sequences().forEach(name -> definitions.add(Snapshot.quoted(name) + " VARCHAR"));
        for (FeatureColumn column : columns) {
            definitions.add(Snapshot.quoted(column.name())
                    + (column.kind() == FeatureColumn.Kind.NUMBER ? " DOUBLE" : " VARCHAR"));
        }
        return "CREATE TABLE exposures (" + String.join(", ", definitions) + ")";
    }

    /** Of each feature whether it is a number. */
    boolean[] areNumbers() {
        return areNumbers.clone();
    }

    /** The sequences of an event's subject as they are now, as the row will hold them. */
    public int[][] sequences(Event event, Sequences recent) {
        List<String> names = state.sequences();
        int[][] found = new int[names.size()][];
        for (int s = 0; s < found.length; s++) {
            int[] scratch = new int[state.last(names.get(s))];
            int size = recent.sequence(names.get(s), event.codes()[subject], scratch);
            found[s] = Arrays.copyOf(scratch, size);
        }
        return found;
    }

    /** The row of an exposure whose features have been read. */
    public SnapshotRow row(Event event, double[] features, int[][] sequences) {
        double[] labelled = new double[labels.size()];
        for (int l = 0; l < labelled.length; l++) {
            labelled[l] = labels.get(l).applyAsDouble(event);
        }
        String[] histories = new String[sequences.length];
        for (int s = 0; s < histories.length; s++) {
            var text = new StringBuilder();
            for (int i = 0; i < sequences[s].length; i++) {
                text.append(i == 0 ? "" : SEPARATOR).append(items.text(sequences[s][i]));
            }
            histories[s] = text.toString();
        }
        double[] numbers = new double[numberCount];
        String[] texts = new String[areNumbers.length - numberCount];
        int number = 0;
        int text = 0;
        for (int c = 0; c < areNumbers.length; c++) {
            if (areNumbers[c]) {
                numbers[number++] = features[c];
            } else {
                texts[text++] = state.categoryText(c, (int) features[c]);
            }
        }
        return new SnapshotRow(
                event.offset(),
                event.timeMillis(),
                days.day(event.timeMillis()),
                subjects.text(event.codes()[subject]),
                items.text(event.codes()[item]),
                labelled,
                histories,
                numbers,
                texts);
    }

    /** The day of a moment, remembering the bounds of the last day asked for. */
    private static final class DayOf {
        private final ZoneId zone;
        private long fromMillis = Long.MAX_VALUE;
        private long toMillis = Long.MIN_VALUE;
        private int day;

        DayOf(ZoneId zone) {
            this.zone = zone;
        }

        int day(long timeMillis) {
            if (timeMillis < fromMillis || timeMillis >= toMillis) {
                LocalDate date = Instant.ofEpochMilli(timeMillis).atZone(zone).toLocalDate();
                fromMillis = date.atStartOfDay(zone).toInstant().toEpochMilli();
                toMillis = date.plusDays(1).atStartOfDay(zone).toInstant().toEpochMilli();
                day = Math.toIntExact(date.toEpochDay());
            }
            return day;
        }
    }
}
