package io.rankwright.cli.pipeline;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Answers that somebody has looked at and found good, kept beside the application file: a version whose answers to the same
 * questions are others is looked at before it serves. Ids and scores only, no words. Immutable.
 *
 * @param answers what is asked, and what was answered: ids in their order, or values by label
 */
public record GoldenAnswers(Map<String, Answer> answers) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public GoldenAnswers {
        answers = new LinkedHashMap<>(answers);
    }

    /**
     * One answer.
     *
     * @param ids in their order; empty if values were answered
     * @param values by label; empty if ids were answered
     */
    public record Answer(List<String> ids, Map<String, Double> values) {
        public Answer {
            ids = List.copyOf(ids);
            values = Map.copyOf(values);
        }

        /**
         * How alike another answer is, from 0 to 1: the share of ids that both hold, or 1 less the greatest difference of a
         * value.
         */
        double likeness(Answer other) {
            if (ids.isEmpty() && other.ids.isEmpty()) {
                return 1
                        - values.entrySet().stream()
                                .mapToDouble(value ->
                                        Math.abs(value.getValue() - other.values.getOrDefault(value.getKey(), 0.0)))
                                .max()
                                .orElse(0);
            }
            var both = new HashSet<>(ids);
            both.retainAll(other.ids);
            return (double) both.size() / Math.max(1, Math.max(ids.size(), other.ids.size()));
        }
    }

    private record Line(String ask, List<String> ids, Map<String, Double> values) {}

    /**
     * Reads the file.
     *
     * @throws UserFault if there is none, or it cannot be read
     */
    public static GoldenAnswers read(Path file) {
        if (!Files.exists(file)) {
            throw new UserFault(
                    "no golden answers at " + file + "; 'rankwright ci --record' writes what is answered now");
        }
        var answers = new LinkedHashMap<String, Answer>();
        try {
            List<String> lines = Files.readAllLines(file);
            for (int n = 0; n < lines.size(); n++) {
                try {
                    Line line = JSON.readValue(lines.get(n), Line.class);
                    answers.put(requireNonNull(line.ask()), new Answer(line.ids(), line.values()));
                } catch (JsonProcessingException | NullPointerException e) {
                    throw new UserFault(file + ":" + (n + 1) + ": no answer; expected {\"ask\", \"ids\", \"values\"}");
                }
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not read " + file + ": " + e.getMessage(), true, e);
        }
        return new GoldenAnswers(answers);
    }

    /** Writes the file, one answer a line. */
    public void write(Path file) {
        String text = answers.entrySet().stream()
                .map(answer -> {
                    try {
                        return JSON.writeValueAsString(new Line(
                                        answer.getKey(),
                                        answer.getValue().ids(),
                                        answer.getValue().values()))
                                + "\n";
                    } catch (JsonProcessingException e) {
                        throw new InternalFault("an answer that cannot be written", e);
                    }
                })
                .collect(Collectors.joining());
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new EnvironmentFault("could not write " + file + ": " + e.getMessage(), true, e);
        }
    }

    /**
     * What came of a comparison.
     *
     * @param mean of the likenesses
     * @param worst the question whose answer is most another one
     */
    public record Comparison(int count, double mean, double least, String worst) {}

    /** Compares answers with these, question by question. */
    public Comparison compare(GoldenAnswers now) {
        double sum = 0;
        double least = 1;
        var worst = new ArrayList<>(List.of(""));
        for (var answer : answers.entrySet()) {
            double likeness = answer.getValue()
                    .likeness(now.answers().getOrDefault(answer.getKey(), new Answer(List.of(), Map.of())));
            sum += likeness;
            if (likeness < least) {
                least = likeness;
                worst.set(0, answer.getKey());
            }
        }
        return new Comparison(answers.size(), answers.isEmpty() ? 1 : sum / answers.size(), least, worst.getFirst());
    }
}
