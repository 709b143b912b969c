package io.rankwright.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Step 6: what is measured offline and online, against which baselines, and what a model must reach. Immutable.
 *
 * @param slices categories for each of whose values calibration is measured on its own
 */
public record Evaluation(
        Map<String, List<String>> offline,
        List<String> slices,
        List<String> baselines,
        List<Expression> gates,
        Optional<String> primary,
        List<String> guardrails) {
    public Evaluation {
        slices = List.copyOf(slices);
        baselines = List.copyOf(baselines);
        gates = List.copyOf(gates);
        guardrails = List.copyOf(guardrails);
    }
}
