package io.rankwright.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The metrics that a task knows, and the check that step 6 names no others. Immutable.
 *
 * @param atDepth those that need a depth, such as {@code ndcg@10}
 * @param plain those without
 */
record Metrics(List<String> atDepth, List<String> plain) {
    /**
     * Checks {@code offline} and {@code gates}.
     *
     * @param owners what is measured: {@code search}, or a label
     * @param baselines what is measured beside it
     */
    void check(ApplicationFile file, Section evaluation, List<String> owners, List<String> baselines) {
        Section offline = evaluation.section("offline");
        for (var entry : offline.mapping().entries()) {
            String owner = entry.key().text();
            if (!owners.contains(owner)) {
                file.problem(entry.key().location(), "metrics of '" + owner + "'", Suggestion.oneOf(owners, owner));
            }
            for (Yaml.Scalar metric : offline.scalars(owner)) {
                if (!isKnown(metric.text())) {
                    file.problem(metric.location(), "the metric '" + metric.text() + "'", expected(metric.text()));
                }
            }
        }
        var known = new ArrayList<>(owners);
        known.addAll(baselines);
        for (Yaml.Scalar gate : evaluation.scalars("gates")) {
            Section.parsed(gate.text()).stream()
                    .flatMap(expression -> expression.names().stream())
                    .forEach(name -> {
                        int dot = name.lastIndexOf('.');
                        String owner = dot < 0 ? name : name.substring(0, dot);
                        if (dot < 0 || !known.contains(owner) || !isKnown(name.substring(dot + 1))) {
                            file.problem(
                                    gate.location(),
                                    "the unknown metric '" + name + "' in a gate",
                                    "one of " + String.join(", ", known) + " and behind a dot "
                                            + expected(name.substring(dot + 1)));
                        }
                    });
        }
    }

    private boolean isKnown(String metric) {
        int at = metric.indexOf('@');
        return at < 0
                ? plain.contains(metric)
                : atDepth.contains(metric.substring(0, at))
                        && metric.substring(at + 1).matches("[1-9]\\d{0,3}");
    }

    private String expected(String metric) {
        return Suggestion.oneOf(
                Stream.concat(plain.stream(), atDepth.stream().map(name -> name + "@10"))
                        .toList(),
                metric);
    }
}
