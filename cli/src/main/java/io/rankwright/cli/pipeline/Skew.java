package io.rankwright.cli.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.evaluation.experiment.Assignment;
import io.rankwright.features.FeatureState;
import io.rankwright.log.Dictionary;
import io.rankwright.log.Event;
import io.rankwright.log.EventLog;
import io.rankwright.log.EventSchema;
import io.rankwright.log.Progress;
import io.rankwright.models.Ranker;
import io.rankwright.models.RankerInputs;
import io.rankwright.serving.FeedAnswer;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Training-serving skew: the vectors that some answers were served with, beside the same vectors computed again from the log,
 * by the code of a training. Immutable.
 *
 * @param answers that were looked at
 * @param unsure answers that were left out: events were on their way while their features were read
 * @param vectors of them, one a slot
 * @param equal how many of these are the same in every bit
 * @param different of each input how many vectors have another value, those with any
 */
public record Skew(String version, long answers, long unsure, long vectors, long equal, Map<String, Long> different) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BATCH = 10_000;

    /** What is left of a vector that was served. */
    private record Served(
            long position, long timeMillis, String subject, Map<String, String> context, List<Slot> slots) {}

    private record Slot(String item, float[] inputs) {}

    /** The share of the vectors that are the same; 1 if there are none. */
    public double match() {
        return vectors == 0 ? 1 : (double) equal / vectors;
    }

    /**
     * Computes again what was served.
     *
     * @param ranker that of the version
     * @param share of the version's answers, chosen by their ids
     */
    public static Skew of(
            FeedApplication application, EventLog log, String version, Ranker ranker, double share, Progress progress) {
        List<Served> all = served(log, version, share);
        List<Served> served = all.stream().filter(one -> one.position() >= 0).toList();
        String exposure = application.framing().exposure();
        var state = new FeatureState(application, log.catalog());
        var again = new Again(application, log, state, ranker);
        int next = 0;
        long from = 0;
        // In the order of arrival: what a state holds does not depend on it, and answers say how far it had come.
        for (List<Event> events = log.arrivedSince(exposure, from, BATCH);
                next < served.size() && !events.isEmpty();
                events = log.arrivedSince(exposure, from, BATCH)) {
            for (Event event : events) {
                while (next < served.size() && served.get(next).position() <= event.offset()) {
                    again.compare(served.get(next++));
                    progress.at(next, served.size(), "answers");
                }
                state.apply(event);
            }
            from = events.getLast().offset() + 1;
        }
        while (next < served.size()) {
            again.compare(served.get(next++));
        }
        return new Skew(
                version, served.size(), all.size() - served.size(), again.vectors, again.equal, again.different);
    }

    private static List<Served> served(EventLog log, String version, double share) {
        var served = new ArrayList<Served>();
        log.forEachAnswer(bytes -> {
            try {
                JsonNode answer = JSON.readTree(bytes);
                boolean isChosen = answer.path("version").asText().equals(version)
                        && answer.path("rung").asText().equals("cascade")
                        && answer.path("degraded").isEmpty()
                        && answer.path("context").isObject()
                        // The rows of another version are of another shape.
                        && answer.path("slots").path(0).path("team").isMissingNode()
                        && Assignment.place("skew", answer.path("request").asText()) < share;
                if (isChosen) {
                    served.add(served(answer));
                }
            } catch (IOException e) {
                throw new InternalFault("a logged answer that cannot be read", e);
            }
        });
        served.sort(Comparator.comparingLong(Served::position));
        return served;
    }

    private static Served served(JsonNode answer) {
        var slots = new ArrayList<Slot>();
        for (JsonNode slot : answer.path("slots")) {
            slots.add(new Slot(slot.path("item").asText(), FeedAnswer.features(answer, slot)));
        }
        var context = new TreeMap<String, String>();
        answer.path("context")
                .properties()
                .forEach(field -> context.put(field.getKey(), field.getValue().asText()));
        return new Served(
                answer.path("position").asLong(-1),
                answer.path("timeMillis").asLong(),
                answer.path("subject").asText(),
                context,
                slots);
    }

    /** Computes vectors from a state that is replayed. */
    private static final class Again {
        private final FeedApplication application;
        private final EventLog log;
        private final FeatureState state;
        private final Ranker ranker;
        private final FeatureState.Reader reader;
        private final RankerInputs.Encoder encoder;
        private final double[] row;
        private final Map<String, Long> different = new TreeMap<>();
        private long vectors;
        private long equal;

        Again(FeedApplication application, EventLog log, FeatureState state, Ranker ranker) {
            this.application = application;
            this.log = log;
            this.state = state;
            this.ranker = ranker;
            this.reader = state.reader();
            this.encoder = ranker.encoder(state, log);
            this.row = new double[state.columns().size()];
        }

        void compare(Served served) {
            int subject = code(application.framing().subject(), served.subject());
            double[] context = context(served.context());
            for (Slot slot : served.slots()) {
                float[] inputs = new float[ranker.width()];
                int item = code(application.framing().item(), slot.item());
                reader.read(subject, item, served.timeMillis(), context, row);
                encoder.encode(row, reader, subject, item, inputs, 0);
                compare(slot.inputs(), inputs);
            }
        }

        private void compare(float[] then, float[] now) {
            vectors++;
            boolean isEqual = then.length == now.length;
            RankerInputs.Layout layout = ranker.layout();
            int name = 0;
            String last = "";
            for (int i = 0; i < Math.min(then.length, now.length); i++) {
                while (name + 1 < layout.names().size() && layout.placeOf(name + 1) <= i) {
                    name++;
                }
                if (Float.floatToIntBits(then[i]) != Float.floatToIntBits(now[i])) {
                    isEqual = false;
                    if (!layout.names().get(name).equals(last)) {
                        last = layout.names().get(name);
                        different.merge(last, 1L, Long::sum);
                    }
                }
            }
            equal += isEqual ? 1 : 0;
        }

        private int code(String entity, String id) {
            return log.dictionary().domain(Dictionary.idsOf(entity)).code(id);
        }

        private double[] context(Map<String, String> texts) {
            EventSchema schema = log.schema(application.framing().exposure());
            List<String> columns = state.contextColumns();
            double[] context = new double[columns.size()];
            for (int c = 0; c < context.length; c++) {
                String text = texts.getOrDefault(columns.get(c), "");
                context[c] = schema.codeIndex(columns.get(c)).isPresent()
                        ? log.dictionary().domain(schema.domain(columns.get(c))).code(text)
                        : text.isEmpty() ? Double.NaN : Double.parseDouble(text);
            }
            return context;
        }
    }
}
