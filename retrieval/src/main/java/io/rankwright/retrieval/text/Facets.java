package io.rankwright.retrieval.text;

import io.rankwright.retrieval.text.Searches.Count;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How the candidates of a query divide, by categories and by ranges of numbers. */
final class Facets {
    /** More values of one category than these help nobody to narrow. */
    private static final int MOST_VALUES = 20;

    private Facets() {}

    /**
     * @param bounds for each feature what parts its ranges, ascending; empty for a category
     * @return for each feature its values with their counts: categories from the most frequent, ranges in their order
     */
    static Map<String, List<Count>> of(Map<String, List<Double>> bounds, Columns columns) throws IOException {
        var facets = new LinkedHashMap<String, List<Count>>();
        for (var facet : bounds.entrySet()) {
            var counts = new LinkedHashMap<String, Long>();
            if (facet.getValue().isEmpty()) {
                columns.categories(facet.getKey()).forEach(category -> counts.merge(category, 1L, Long::sum));
                facets.put(facet.getKey(), sorted(counts));
            } else {
                List<Range> ranges = ranges(facet.getValue());
                ranges.forEach(range -> counts.put(range.name(), 0L));
                for (double value : columns.numbers(facet.getKey())) {
                    ranges.stream()
                            .filter(range -> value >= range.least() && value < range.below())
                            .findFirst()
                            .ifPresent(range -> counts.merge(range.name(), 1L, Long::sum));
                }
                facets.put(
                        facet.getKey(),
                        counts.entrySet().stream()
                                .map(entry -> new Count(entry.getKey(), entry.getValue()))
                                .toList());
            }
        }
        return facets;
    }

    private static List<Count> sorted(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                .limit(MOST_VALUES)
                .map(entry -> new Count(entry.getKey(), entry.getValue()))
                .toList();
    }

    /**
     * A range of a facet over numbers.
     *
     * @param name {@code 100..200}, {@code ..100}, {@code 200..}
     */
    record Range(String name, double least, double below) {}

    /** The ranges between bounds, the first and the last open. */
    static List<Range> ranges(List<Double> bounds) {
        var ranges = new ArrayList<Range>();
        for (int b = 0; b <= bounds.size(); b++) {
            double least = b == 0 ? Double.NEGATIVE_INFINITY : bounds.get(b - 1);
            double below = b == bounds.size() ? Double.POSITIVE_INFINITY : bounds.get(b);
            ranges.add(new Range(
                    (b == 0 ? "" : text(least)) + ".." + (b == bounds.size() ? "" : text(below)), least, below));
        }
        return ranges;
    }

    private static String text(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
