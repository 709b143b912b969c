package io.rankwright.spec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Step 6: what is measured offline and online, against which baselines, and what a model must reach. Immutable. */
public record Evaluation(
        Map<String, List<String>> offline,
        List<String> baselines,
        List<Expression> gates,
        Optional<String> primary,
        List<String> guardrails) {
    public Evaluation {
        baselines = List.copyOf(baselines);
        gates = List.copyOf(gates);
        guardrails = List.copyOf(guardrails);
    }
}
