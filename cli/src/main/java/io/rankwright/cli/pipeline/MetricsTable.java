package io.rankwright.cli.pipeline;

import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The metrics of a version as a table for people: each beside the baselines, with its interval. */
public final class MetricsTable {
    /** What baselines are measured as without saying so: theirs is {@code bm25.ndcg@10}, not {@code bm25.search.ndcg@10}. */
    private static final Set<String> WHOLES = Set.of("feed", "search");

    /** What is measured of parts, and not shown beside the whole. */
    private static final Set<String> DETAILS = Set.of("source", "validate");

    private MetricsTable() {}

    /** One line: the metric of the model, its interval (empty if none), and that of each baseline (NaN if none). */
    public record Row(String metric, double value, List<Double> interval, List<Double> baselines) {}

    public static List<Row> rows(Version version, List<String> baselines) {
        var rows = new ArrayList<Row>();
        for (var metric : version.metrics().entrySet()) {
            String name = metric.getKey();
            String owner = name.substring(0, name.indexOf('.'));
            if (baselines.contains(owner) || DETAILS.contains(owner)) {
                continue;
            }
            String plain = WHOLES.contains(owner) ? name.substring(owner.length() + 1) : name;
            rows.add(new Row(
                    name,
                    metric.getValue(),
                    version.intervals().getOrDefault(name, List.of()),
                    baselines.stream()
                            .map(baseline -> version.metrics().getOrDefault(baseline + "." + plain, Double.NaN))
                            .toList()));
        }
        rows.sort((a, b) -> order(a.metric()) == order(b.metric())
                ? a.metric().compareTo(b.metric())
                : Integer.compare(order(a.metric()), order(b.metric())));
        return rows;
    }

    private static int order(String metric) {
        return WHOLES.contains(metric.substring(0, metric.indexOf('.'))) ? 1 : 0;
    }

    /** Prints the table of a version, and what its gates said. */
    public static void print(Version version, Application application, PrintWriter out) {
        out.printf(
                "%s, %s data, judged by %s, %s%n",
                application.name(), version.lineage().data(), version.lineage().testDay(), version.name());
        out.print(text(version, application.evaluation().baselines()));
        version.gates()
                .forEach(gate -> out.printf(
                        "  gate %-40s %s (%s)%n", gate.gate(), gate.hasPassed() ? "passed" : "REFUSED", gate.values()));
        out.flush();
    }

    public static String text(Version version, List<String> baselines) {
        var text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "  %-18s %10s  %-17s", "metric", version.name(), "95% interval"));
        baselines.forEach(baseline -> text.append(String.format(Locale.ROOT, " %10s", baseline)));
        text.append('\n');
        for (Row row : rows(version, baselines)) {
            String interval = row.interval().isEmpty()
                    ? ""
                    : String.format(
                            Locale.ROOT,
                            "[%.4f, %.4f]",
                            row.interval().get(0),
                            row.interval().get(1));
            text.append(String.format(Locale.ROOT, "  %-18s %10.4f  %-17s", row.metric(), row.value(), interval));
            row.baselines()
                    .forEach(value -> text.append(
                            Double.isNaN(value)
                                    ? String.format("%11s", "")
                                    : String.format(Locale.ROOT, " %10.4f", value)));
            text.append('\n');
        }
        return text.toString();
    }

    /** The metrics as they go into JSON: those of the model and of the baselines, without the single sources. */
    public static Map<String, Double> published(Version version) {
        var published = new TreeMap<String, Double>();
        version.metrics().forEach((name, value) -> {
            if (!Double.isNaN(value)) {
                published.put(name, value);
            }
        });
        return published;
    }
}
