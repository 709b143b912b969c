package io.rankwright.cli.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.evaluation.experiment.TeamDraft;
import io.rankwright.features.Formulas;
import io.rankwright.log.Dictionary;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.EventSchema;
import io.rankwright.registry.Experiment;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What an interleaved experiment came to: of each subject whose picks it took more of, those of the first ranking or of the
 * second. An event counts for the last slate before it that has its item. Immutable.
 *
 * @param answers that were interleaved
 * @param takes items that were taken, by the arm that had picked them
 * @param first,second subjects who took more of the picks of one
 * @param even subjects who took as many of both
 * @param pValue of two rankings that are equally good (sign test over subjects)
 */
public record InterleavingReport(
        String experiment,
        boolean isRunning,
        List<String> arms,
        long answers,
        Map<String, Long> takes,
        int first,
        int second,
        int even,
        double pValue) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double SURE = 0.05;
    private static final int REMEMBERED = 50;

    /** One slate: which arm had picked each item. */
    private record Slate(long timeMillis, Map<String, String> teams) {}

    /** Joins the logged answers with what was taken. */
    public static InterleavingReport of(FeedApplication application, EventLog log, Experiment experiment) {
        Map<String, Deque<Slate>> slates = new HashMap<>();
        long[] answers = new long[1];
        log.forEachAnswer(bytes -> {
            try {
                JsonNode answer = JSON.readTree(bytes);
                if (answer.path("arms")
                        .valueStream()
                        .anyMatch(arm -> arm.asText().equals(experiment.interleavedArm()))) {
                    var teams = new HashMap<String, String>();
                    answer.path("slots")
                            .forEach(slot -> teams.put(
                                    slot.path("item").asText(),
                                    slot.path("team").asText()));
                    Deque<Slate> of =
                            slates.computeIfAbsent(answer.path("subject").asText(), _ -> new ArrayDeque<>());
                    of.addLast(new Slate(answer.path("timeMillis").asLong(), teams));
                    if (of.size() > REMEMBERED) {
                        of.removeFirst();
                    }
                    answers[0]++;
                }
            } catch (IOException e) {
                throw new InternalFault("a logged answer that cannot be read", e);
            }
        });
        Map<String, int[]> bySubject = takes(application, log, experiment, slates);
        List<String> arms = experiment.arms().stream().map(Experiment.Arm::name).toList();
        int first = 0;
        int second = 0;
        int even = 0;
        long[] sums = new long[2];
        for (int[] taken : bySubject.values()) {
            first += taken[0] > taken[1] ? 1 : 0;
            second += taken[0] < taken[1] ? 1 : 0;
            even += taken[0] == taken[1] ? 1 : 0;
            sums[0] += taken[0];
            sums[1] += taken[1];
        }
        return new InterleavingReport(
                experiment.name(),
                experiment.isRunning(),
                arms,
                answers[0],
                Map.of(arms.getFirst(), sums[0], arms.getLast(), sums[1]),
                first,
                second,
                even,
                TeamDraft.pValue(first, second));
    }

    private static Map<String, int[]> takes(
            FeedApplication application, EventLog log, Experiment experiment, Map<String, Deque<Slate>> slates) {
        String exposure = application.framing().exposure();
        EventSchema schema = log.schema(exposure);
        int subjectPlace = schema.codeIndex(application.subjectColumn()).orElseThrow();
        int itemPlace = schema.codeIndex(application.itemColumn()).orElseThrow();
        Dictionary.Domain subjects =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        Dictionary.Domain items =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        ToDoubleFunction<Event> relevance = new Formulas(application, schema, log.dictionary())
                .label(application.framing().relevance());
        long begin = slates.values().stream()
                .mapToLong(of -> of.getFirst().timeMillis())
                .min()
                .orElse(Long.MAX_VALUE);
        String firstArm = experiment.arms().getFirst().name();
        var taken = new HashMap<String, int[]>();
        try (EventCursor cursor = log.read(exposure, begin, Long.MAX_VALUE)) {
            while (cursor.next()) {
                Event event = cursor.event();
                String subject = subjects.text(event.codes()[subjectPlace]);
                String item = items.text(event.codes()[itemPlace]);
                if (relevance.applyAsDouble(event) == 1) {
                    slates.getOrDefault(subject, new ArrayDeque<>()).reversed().stream()
                            .filter(slate -> slate.timeMillis() <= event.timeMillis()
                                    && slate.teams().containsKey(item))
                            .findFirst()
                            .map(slate -> slate.teams().getOrDefault(item, ""))
                            .ifPresent(team ->
                                    taken.computeIfAbsent(subject, _ -> new int[2])[team.equals(firstArm) ? 0 : 1]++);
                }
            }
        }
        return taken;
    }

    /** The verdict in words. */
    public String words() {
        if (first + second == 0) {
            return "nobody has taken more of one ranking's picks yet";
        }
        String counts = String.format(
                Locale.ROOT,
                "%,d took more of %s's picks, %,d more of %s's, %,d as many of both (p = %.4f, at one look)",
                first,
                arms.getFirst(),
                second,
                arms.getLast(),
                even,
                pValue);
        if (pValue >= SURE) {
            return "no difference is sure: " + counts;
        }
        return (first > second ? arms.getFirst() : arms.getLast()) + " has the better ranking: " + counts;
    }
}
