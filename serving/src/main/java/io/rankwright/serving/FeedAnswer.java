package io.rankwright.serving;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.rankwright.evaluation.experiment.TeamDraft;
import io.rankwright.models.Ranker;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A slate as it was served and logged. Immutable.
 *
 * @param version the model version
 * @param arms of the experiments that the subject takes part in, as {@code experiment/arm}
 * @param context the columns of the exposure that features looked at: those of the request, else the most frequent values
 * @param position the offset of the log behind the last event that features had taken in; -1 if events were on their way
 * @param data real or simulated
 * @param rung what answered: {@code cascade}, {@code light} (without the ranker), or a rung of {@code serving.fallback}
 * @param degraded what was left out and why, such as {@code rank: deadline}
 * @param coverage 1 if every source answered and every candidate was ranked; else the share of it
 * @param candidates how many candidates each source gave
 * @param ranked how many candidates were ranked
 * @param timings milliseconds a stage
 */
public record FeedAnswer(
        String request,
        String subject,
        long timeMillis,
        String version,
        List<String> arms,
        Map<String, String> context,
        long position,
        String data,
        boolean isKnown,
        List<Slot> slots,
        String rung,
        List<String> degraded,
        double coverage,
        Map<String, Integer> candidates,
        int ranked,
        Map<String, Double> timings) {
    private static final ObjectMapper LOGGED = mapper(true);
    private static final ObjectMapper SENT = mapper(false);

    public FeedAnswer {
        slots = List.copyOf(slots);
        degraded = List.copyOf(degraded);
    }

    private static ObjectMapper mapper(boolean isLogged) {
        return new ObjectMapper()
                .registerModule(new SimpleModule().addSerializer(Slot.class, new SlotWriter(isLogged)));
    }

    /** Most of an answer are its slots: they are written without reflection, and what is logged beside what is sent. */
    private static final class SlotWriter extends JsonSerializer<Slot> {
        private final boolean isLogged;

        SlotWriter(boolean isLogged) {
            this.isLogged = isLogged;
        }

        @Override
        public void serialize(Slot slot, JsonGenerator json, SerializerProvider provider) throws IOException {
            json.writeStartObject();
            json.writeNumberField("position", slot.position);
            json.writeStringField("item", slot.item);
            json.writeArrayFieldStart("sources");
            for (String source : slot.sources) {
                json.writeString(source);
            }
            json.writeEndArray();
            json.writeObjectFieldStart("scores");
            for (Map.Entry<String, Double> score : slot.scores.entrySet()) {
                json.writeNumberField(score.getKey(), score.getValue());
            }
            json.writeEndObject();
            json.writeNumberField("utility", slot.utility);
            json.writeNumberField("propensity", slot.propensity);
            json.writeBooleanField("isExplored", slot.isExplored);
            if (isLogged) {
                json.writeFieldName("features");
                writeNumbers(slot.features, json);
            }
            if (!slot.team.isEmpty()) {
                json.writeStringField("team", slot.team);
            }
            if (!slot.reasons.isEmpty()) {
                provider.defaultSerializeField("reasons", slot.reasons, json);
            }
            json.writeEndObject();
        }
    }

    /** Inputs of a ranker, most of them counts and codes: without ".0" they are written faster and shorter. */
    private static void writeNumbers(float[] values, JsonGenerator json) throws IOException {
        json.writeStartArray(values, values.length);
        for (float value : values) {
            int whole = (int) value;
            if (Float.floatToRawIntBits(value) == Float.floatToRawIntBits(whole)) {
                json.writeNumber(whole);
            } else {
                json.writeNumber(value);
            }
        }
        json.writeEndArray();
    }

    private static final class Numbers extends JsonSerializer<float[]> {
        @Override
        public void serialize(float[] values, JsonGenerator json, SerializerProvider provider) throws IOException {
            writeNumbers(values, json);
        }
    }

    /** An answer with what the inputs of all its slots end with: the subject's history, as a rule, which is much of them. */
    private record Logged(
            @JsonUnwrapped FeedAnswer answer,
            @JsonSerialize(using = Numbers.class) float[] common) {}

    /** The JSON that is sent. */
    public byte[] sent() {
        return json(SENT, this);
    }

    /** The JSON that is logged: with the inputs of the ranker, of which {@link #features} reads those of a slot. */
    public byte[] logged() {
        int common = common();
        return common == 0 ? json(LOGGED, this) : json(LOGGED, logged(common));
    }

    private Logged logged(int common) {
        float[] first = slots.getFirst().features();
        FeedAnswer cut = with(slots.stream().map(slot -> slot.without(common)).toList(), degraded, timings);
        return new Logged(cut, Arrays.copyOfRange(first, first.length - common, first.length));
    }

    /** How many inputs, the last ones, are the same in all slots, bit for bit. */
    private int common() {
        if (slots.size() < 2) {
            return 0;
        }
        float[] first = slots.getFirst().features();
        int common = first.length;
        for (Slot slot : slots) {
            float[] other = slot.features();
            int same = 0;
            while (same < Math.min(common, other.length)
                    && Float.floatToRawIntBits(first[first.length - 1 - same])
                            == Float.floatToRawIntBits(other[other.length - 1 - same])) {
                same++;
            }
            common = same;
        }
        return common;
    }

    /**
     * The inputs of the ranker for a slot of a logged answer.
     *
     * @param answer as it was logged, by this version or an earlier one
     * @param slot one of its slots
     */
    public static float[] features(JsonNode answer, JsonNode slot) {
        JsonNode own = slot.path("features");
        JsonNode common = answer.path("common");
        float[] features = new float[own.size() + common.size()];
        for (int i = 0; i < features.length; i++) {
            JsonNode value = i < own.size() ? own.get(i) : common.get(i - own.size());
            // JSON has no NaN: a missing input is a text.
            features[i] = value.isTextual() ? Float.parseFloat(value.asText()) : value.floatValue();
        }
        return features;
    }

    private static byte[] json(ObjectMapper mapper, Object answer) {
        try {
            return mapper.writeValueAsBytes(answer);
        } catch (JsonProcessingException e) {
            throw new InternalFault("an answer that cannot be written", e);
        }
    }

    /** This slate and another one in one list, each item picked by one of them. */
    FeedAnswer mixed(String arm, FeedAnswer other, String otherArm, Stages stages) {
        var bySlot = new HashMap<String, Slot>();
        other.slots.forEach(slot -> bySlot.put(slot.item(), slot));
        var own = new HashMap<String, Slot>();
        slots.forEach(slot -> own.put(slot.item(), slot));
        var mixed = new ArrayList<Slot>();
        for (TeamDraft.Pick<String> pick : TeamDraft.draft(
                slots.stream().map(Slot::item).toList(),
                other.slots.stream().map(Slot::item).toList(),
                Math.max(slots.size(), other.slots.size()),
                request.hashCode())) {
            boolean isFirst = pick.team() == TeamDraft.Team.FIRST;
            Slot slot = requireNonNull((isFirst ? own : bySlot).get(pick.item()));
            mixed.add(slot.picked(isFirst ? arm : otherArm, mixed.size()));
        }
        return with(mixed, stages.degraded(), stages.timings());
    }

    private FeedAnswer with(List<Slot> otherSlots, List<String> otherDegraded, Map<String, Double> otherTimings) {
        return new FeedAnswer(
                request,
                subject,
                timeMillis,
                version,
                arms,
                context,
                position,
                data,
                isKnown,
                otherSlots,
                rung,
                otherDegraded,
                coverage,
                candidates,
                ranked,
                otherTimings);
    }

    /** How long all stages took. */
    double millis() {
        return timings.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** Whether candidates were left unranked for want of time. */
    @JsonIgnore
    boolean isLate() {
        return degraded.stream().anyMatch(what -> what.startsWith("rank: " + Stages.DEADLINE));
    }

    /**
     * One item of a slate.
     *
     * @param sources the candidate sources that named it, the one that ranked it highest first
     * @param scores the calibrated prediction of each head
     * @param utility what it was sorted by
     * @param propensity the chance with which it was put on this slot, given the slots above
     * @param isExplored whether it was drawn at random
     * @param features the inputs of the ranker, in its order; not sent, but logged
     * @param team the arm whose ranking picked it, where those of two are interleaved; empty otherwise
     * @param reasons what moved its first score, the strongest first; empty unless asked for
     */
    public record Slot(
            int position,
            String item,
            List<String> sources,
            Map<String, Double> scores,
            double utility,
            double propensity,
            boolean isExplored,
            float[] features,
            String team,
            List<Ranker.Contribution> reasons) {
        /** The same picked by an arm for another place. */
        Slot picked(String arm, int place) {
            return new Slot(place, item, sources, scores, utility, propensity, isExplored, features, arm, reasons);
        }

        /** The same without the last inputs. */
        private Slot without(int inputs) {
            float[] own = Arrays.copyOf(features, features.length - inputs);
            return new Slot(position, item, sources, scores, utility, propensity, isExplored, own, team, reasons);
        }
    }
}
