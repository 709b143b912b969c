package io.rankwright.registry;

import io.rankwright.spec.Expression;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Holds the metrics of a version against the gates of the application file. Stateless. */
public final class Gates {
    /** What the metrics of the live version begin with. */
    public static final String LIVE = "live.";

    private Gates() {}

    /**
     * What one gate said.
     *
     * @param values the metrics it looked at, in words
     */
    public record Result(String gate, boolean hasPassed, String values) {}

    /**
     * Judges every gate. {@code baseline.X} is the best value of metric X over the baselines, {@code live.X} that of the live
     * version on the same data; a gate over a metric that was not measured fails.
     *
     * @param notCompared why the live version was not judged: a gate that names it passes then; empty if it was
     */
    public static List<Result> judge(
            List<Expression> gates, Map<String, Double> metrics, List<String> baselines, Optional<String> notCompared) {
        return gates.stream()
                .map(gate -> {
                    if (notCompared.isPresent() && gate.names().stream().anyMatch(name -> name.startsWith(LIVE))) {
                        return new Result(gate.toString(), true, notCompared.get());
                    }
                    double outcome = gate.evaluate(name -> value(name, metrics, baselines));
                    String values = gate.names().stream()
                            .map(name ->
                                    name + " = " + String.format(Locale.ROOT, "%.4f", value(name, metrics, baselines)))
                            .collect(Collectors.joining(", "));
                    return new Result(gate.toString(), outcome == 1, values);
                })
                .toList();
    }

    private static double value(String name, Map<String, Double> metrics, List<String> baselines) {
        if (name.startsWith("baseline.")) {
            String metric = name.substring("baseline.".length());
            String plain = metric.startsWith("feed.") ? metric.substring("feed.".length()) : metric;
            return baselines.stream()
                    .mapToDouble(baseline -> metrics.getOrDefault(baseline + "." + plain, Double.NaN))
                    .filter(value -> !Double.isNaN(value))
                    .max()
                    .orElse(Double.NaN);
        }
        return metrics.getOrDefault(name, Double.NaN);
    }
}
