package io.rankwright.cli.pipeline;

import io.rankwright.features.Formulas;
import io.rankwright.log.Dictionary;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.EventSchema;
import io.rankwright.spec.Contract;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * A simulated audience: each subject has hidden tastes, fitted on the exposures of a log, and looks at a slate from its top
 * until it has had enough. Whether it takes an item is drawn from its tastes; how, from what somebody did with that item in
 * the log. Tastes are a logistic factorisation (biases and {@value DIM} factors, by SGD), so they are no model that is
 * served. Immutable after it is made; any number of threads, each with its own random source.
 */
public final class Audience {
    private static final int DIM = 8;
    private static final int EPOCHS = 4;
    private static final double RATE = 0.04;
    private static final double HOLD = 0.03;
    /** After each item a subject has had enough with this chance. */
    private static final double LEAVES = 0.08;

    /** So many events of an item are kept of those in which it was taken, and of the others. */
    private static final int KEPT = 6;

    private final FeedApplication application;
    private final EventLog log;
    private final EventSchema schema;
    private final int[] subjects;
    private final double[] subjectBias;
    private final double[] itemBias;
    private final double[][] subjectFactors;
    private final double[][] itemFactors;
    private final double average;
    private final double perDay;
    private final Map<Integer, List<Event>> taken = new HashMap<>();
    private final Map<Integer, List<Event>> passed = new HashMap<>();

    private Audience(FeedApplication application, EventLog log, long seed) {
        this.application = application;
        this.log = log;
        String exposure = application.framing().exposure();
        this.schema = log.schema(exposure);
        int subjectPlace = schema.codeIndex(application.subjectColumn()).orElseThrow();
        int itemPlace = schema.codeIndex(application.itemColumn()).orElseThrow();
        ToDoubleFunction<Event> relevance = new Formulas(application, schema, log.dictionary())
                .label(application.framing().relevance());
        var random = new SplittableRandom(seed);
        var pairs = new ArrayList<int[]>();
        long first = Long.MAX_VALUE;
        long last = 0;
        try (EventCursor cursor = log.read(exposure)) {
            while (cursor.next()) {
                Event event = cursor.event();
                int outcome = relevance.applyAsDouble(event) == 1 ? 1 : 0;
                int item = event.codes()[itemPlace];
                pairs.add(new int[] {event.codes()[subjectPlace], item, outcome});
                keep(outcome == 1 ? taken : passed, item, event, random);
                first = Math.min(first, event.timeMillis());
                last = Math.max(last, event.timeMillis());
            }
        }
        if (taken.isEmpty() || passed.isEmpty()) {
            throw new UserFault("a log in which everything, or nothing, was taken; expected both to fit tastes on");
        }
        this.perDay = pairs.size() / Math.max(1.0, (last - first) / 86_400_000.0);
        this.subjects = pairs.stream().mapToInt(pair -> pair[0]).toArray();
        this.subjectBias = new double[ids(application.framing().subject()).size()];
        this.itemBias = new double[ids(application.framing().item()).size()];
        this.subjectFactors = begun(subjectBias.length, random);
        this.itemFactors = begun(itemBias.length, random);
        double mean = pairs.stream().mapToInt(pair -> pair[2]).average().orElseThrow();
        this.average = Math.log(mean / (1 - mean));
        fit(pairs, random);
    }

    /**
     * Fits an audience on the exposures of a log.
     *
     * @throws UserFault if nothing, or everything, was taken in it
     */
    public static Audience fit(FeedApplication application, EventLog log, long seed) {
        return new Audience(application, log, seed);
    }

    private Dictionary.Domain ids(String entity) {
        return log.dictionary().domain(Dictionary.idsOf(entity));
    }

    private static double[][] begun(int count, SplittableRandom random) {
        double[][] factors = new double[count][DIM];
        for (double[] row : factors) {
            for (int d = 0; d < DIM; d++) {
                row[d] = random.nextDouble(-0.1, 0.1);
            }
        }
        return factors;
    }

    /** Keeps a few of the events of an item, later ones too. */
    private static void keep(Map<Integer, List<Event>> events, int item, Event event, SplittableRandom random) {
        List<Event> kept = events.computeIfAbsent(item, _ -> new ArrayList<>(KEPT));
        if (kept.size() < KEPT) {
            kept.add(event);
        } else if (random.nextInt(4 * KEPT) == 0) {
            kept.set(random.nextInt(KEPT), event);
        }
    }

    private void fit(List<int[]> pairs, SplittableRandom random) {
        for (long step = 0; step < (long) EPOCHS * pairs.size(); step++) {
            int[] pair = pairs.get(random.nextInt(pairs.size()));
            double error = chance(pair[0], pair[1]) - pair[2];
            subjectBias[pair[0]] -= RATE * (error + HOLD * subjectBias[pair[0]]);
            itemBias[pair[1]] -= RATE * (error + HOLD * itemBias[pair[1]]);
            double[] user = subjectFactors[pair[0]];
            double[] item = itemFactors[pair[1]];
            for (int d = 0; d < DIM; d++) {
                double before = user[d];
                user[d] -= RATE * (error * item[d] + HOLD * before);
                item[d] -= RATE * (error * before + HOLD * item[d]);
            }
        }
    }

    /** The hidden chance that a subject takes an item that it looks at, by their codes. */
    double chance(int subject, int item) {
        double sum = average + subjectBias[subject] + itemBias[item];
        for (int d = 0; d < DIM; d++) {
            sum += subjectFactors[subject][d] * itemFactors[item][d];
        }
        return 1 / (1 + Math.exp(-sum));
    }

    /** How many exposures the log has a day. */
    public double exposuresPerDay() {
        return perDay;
    }

    /** How many items of a slate are looked at in the mean, if it is long enough. */
    public static double looks() {
        return 1 / LEAVES;
    }

    /** A subject that comes, as often as it does in the log. */
    public String comes(SplittableRandom random) {
        return ids(application.framing().subject()).text(subjects[random.nextInt(subjects.length)]);
    }

    /**
     * What a subject does with an item.
     *
     * @param event the columns of the exposure that says so
     */
    public record Act(boolean isTaken, Map<String, String> event) {}

    /** What a subject does with a slate, from its top: an act for each item that it looks at. */
    public List<Act> look(String subject, List<String> slate, SplittableRandom random) {
        int code = ids(application.framing().subject()).code(subject);
        var acts = new ArrayList<Act>();
        for (String item : slate) {
            int itemCode = ids(application.framing().item()).code(item);
            boolean isTaken = random.nextDouble() < chance(code, itemCode);
            Map<Integer, List<Event>> events = isTaken ? taken : passed;
            // An item that was always taken, or never, is treated as another one was.
            List<Event> like =
                    events.getOrDefault(itemCode, events.values().iterator().next());
            acts.add(new Act(isTaken, again(like.get(random.nextInt(like.size())), subject, item)));
            if (random.nextDouble() < LEAVES) {
                break;
            }
        }
        return acts;
    }

    /** An event like another one, of this subject and item; the server says when it happened. */
    private Map<String, String> again(Event event, String subject, String item) {
        var fields = new LinkedHashMap<String, String>();
        fields.put(application.subjectColumn(), subject);
        fields.put(application.itemColumn(), item);
        for (Contract.Column column : schema.contract().sourceColumns()) {
            switch (column.type()) {
                case ID, CATEGORY ->
                    schema.codeIndex(column.name())
                            .map(place -> event.codes()[place])
                            .filter(code -> code > 0)
                            .ifPresent(code -> fields.putIfAbsent(
                                    column.name(),
                                    log.dictionary()
                                            .domain(schema.domain(column.name()))
                                            .text(code)));
                case NUMBER -> {
                    double value = event.numbers()[schema.number(column.name())];
                    if (!Double.isNaN(value)) {
                        fields.putIfAbsent(
                                column.name(),
                                value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value));
                    }
                }
                case TIME, DATE, IDS, CATEGORIES, TEXT, IMAGE -> {}
            }
        }
        return fields;
    }
}
