package io.rankwright.cli.console;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.pipeline.MetricsTable;
import io.rankwright.cli.pipeline.ScorePipeline;
import io.rankwright.cli.pipeline.SevenSteps;
import io.rankwright.evaluation.Classification;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.Application;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.SearchApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One page of an application: its seven steps told in its own numbers, as Markdown with pictures beside it and as one HTML
 * file. Everything in it comes from the application file and the registry; the same version gives the same bytes.
 */
public final class ApplicationReport {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, List<Classification.Bin>>> CURVES = new TypeReference<>() {};
    private static final TypeReference<List<ScorePipeline.RuleFigures>> RULES = new TypeReference<>() {};
    private static final String STYLE = "<style>text{font:9px system-ui,sans-serif;fill:#5a6577}"
            + ".frame{fill:none;stroke:#c9d0db}.ideal{stroke:#8a94a4;stroke-dasharray:4 3}"
            + ".curve{fill:none;stroke:#2356c5;stroke-width:1.5}.dot,.bar{fill:#2356c5}</style>";

    private final Application application;
    private final Registry registry;
    private final Version version;

    public ApplicationReport(Application application, Registry registry, Version version) {
        this.application = application;
        this.registry = registry;
        this.version = version;
    }

    /** A picture with the name of its file, without the ending. */
    private record Picture(String file, String caption, String svg) {}

    /** A table. */
    private record Table(String caption, List<String> head, List<List<String>> rows) {}

    /**
     * Writes {@code NAME.md}, {@code NAME.html} and the pictures.
     *
     * @return the files
     */
    public List<Path> write(Path folder) {
        try {
            Files.createDirectories(folder);
            var files = new ArrayList<Path>();
            List<Picture> pictures = pictures();
            for (Picture picture : pictures) {
                Path file = folder.resolve(picture.file() + ".svg");
                Files.writeString(file, standalone(picture.svg()) + "\n");
                files.add(file);
            }
            Path markdown = folder.resolve(application.name() + ".md");
            Files.writeString(markdown, markdown(pictures));
            Path html = folder.resolve(application.name() + ".html");
            Files.writeString(html, html(pictures));
            files.addAll(List.of(markdown, html));
            return files;
        } catch (IOException e) {
            throw new EnvironmentFault("could not write the report in " + folder + ": " + e.getMessage(), true, e);
        }
    }

    private static String standalone(String svg) {
        return svg.replaceFirst("<svg ", "<svg xmlns='http://www.w3.org/2000/svg' width='440' ")
                .replaceFirst(">", ">" + STYLE);
    }

    private String lead() {
        return (version.lineage().data().equals("simulated")
                        ? "Simulated data: every figure comes from data that the engine made. "
                        : "")
                + "Figures of a version made from " + version.lineage().data() + " data, seed "
                + version.lineage().seed() + ", judged by " + version.lineage().testDay()
                + "; written by rankwright report apps/" + application.name() + ".";
    }

    private List<Table> tables() {
        List<String> baselines = application.evaluation().baselines();
        var head = new ArrayList<>(List.of("metric", "value", "95% interval"));
        head.addAll(baselines);
        var rows = new ArrayList<List<String>>();
        for (MetricsTable.Row row : MetricsTable.rows(version, baselines)) {
            var cells = new ArrayList<>(List.of(
                    row.metric(),
                    Pages.number(row.value()),
                    row.interval().isEmpty()
                            ? ""
                            : Pages.number(row.interval().get(0)) + " to "
                                    + Pages.number(row.interval().get(1))));
            row.baselines().forEach(value -> cells.add(Double.isNaN(value) ? "" : Pages.number(value)));
            rows.add(cells);
        }
        var tables = new ArrayList<>(List.of(new Table("What it reaches", head, rows)));
        tables.add(new Table(
                "What its gates said",
                List.of("gate", "", "values"),
                version.gates().stream()
                        .map(gate -> List.of(gate.gate(), gate.hasPassed() ? "passed" : "refused", gate.values()))
                        .toList()));
        if (application instanceof ScoreApplication) {
            tables.add(new Table(
                    "What its policy does to cases that its thresholds were not chosen on",
                    List.of("action", "label", "chosen for", "acts on", "precision", "recall"),
                    read("policy", RULES).stream()
                            .map(rule -> List.of(
                                    rule.action(),
                                    rule.label(),
                                    rule.criterion(),
                                    percent(rule.share()),
                                    percent(rule.precision()),
                                    percent(rule.recall())))
                            .toList()));
        }
        return tables;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }

    private List<Picture> pictures() {
        return switch (application) {
            case FeedApplication feed ->
                List.of(new Picture(
                        application.name() + "-reliability",
                        "Of the exposures predicted at p, the share for which "
                                + feed.framing().relevance().name() + " held",
                        Charts.reliability(List.of(readBins("reliability")))));
            case SearchApplication _ -> List.of(lists());
            case ScoreApplication _ ->
                read("reliability", CURVES).entrySet().stream()
                        .map(curve -> new Picture(
                                application.name() + "-" + curve.getKey(),
                                "Of what was said to be " + curve.getKey() + " with probability p, the share that was",
                                Charts.reliability(curve.getValue())))
                        .toList();
        };
    }

    /** The first metric of a search beside its lists, as bars with their intervals. */
    private Picture lists() {
        String metric =
                application.evaluation().offline().values().iterator().next().getFirst();
        var bars = new LinkedHashMap<String, List<Double>>();
        var names = new ArrayList<>(application.evaluation().baselines());
        names.add("search");
        for (String name : names) {
            List<Double> interval = version.intervals().getOrDefault(name + "." + metric, List.of(0.0, 0.0));
            bars.put(
                    name,
                    List.of(
                            version.metrics().getOrDefault(name + "." + metric, 0.0),
                            interval.get(0),
                            interval.get(1)));
        }
        return new Picture(
                application.name() + "-lists",
                metric + " of each list alone, of the fused one, and of the whole search, with 95% intervals",
                Charts.bars(bars));
    }

    private Classification.Bin[] readBins(String artefact) {
        return read(artefact, new TypeReference<Classification.Bin[]>() {});
    }

    private <T> T read(String artefact, TypeReference<T> type) {
        try {
            return JSON.readValue(registry.artefact(version.artefacts().getOrDefault(artefact, "")), type);
        } catch (IOException e) {
            throw new InternalFault("the artefact '" + artefact + "' of " + version.name() + " cannot be read", e);
        }
    }

    private String markdown(List<Picture> pictures) {
        var page = new StringBuilder("# " + application.name() + "\n\n" + lead() + "\n");
        for (SevenSteps.Step step : SevenSteps.of(application)) {
            page.append("\n## ")
                    .append(step.number())
                    .append(". ")
                    .append(step.name())
                    .append("\n\n");
            for (SevenSteps.Fact fact : step.facts()) {
                page.append("- **")
                        .append(fact.name())
                        .append("**: ")
                        .append(fact.value().replace("|", "\\|"))
                        .append('\n');
            }
            if (step.isWide()) {
                for (Table table : tables()) {
                    page.append('\n').append(table.caption()).append(":\n\n");
                    page.append("| ").append(String.join(" | ", table.head())).append(" |\n");
                    page.append("|").append("---|".repeat(table.head().size())).append('\n');
                    table.rows()
                            .forEach(row -> page.append("| ")
                                    .append(String.join(" | ", row))
                                    .append(" |\n"));
                }
                for (Picture picture : pictures) {
                    page.append("\n![")
                            .append(picture.caption())
                            .append("](")
                            .append(picture.file())
                            .append(".svg)\n\n*")
                            .append(picture.caption())
                            .append("*\n");
                }
            }
        }
        return page.toString();
    }

    private String html(List<Picture> pictures) {
        var page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>"
                + escaped(application.name()) + " · Rankwright</title><style>"
                + "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a2230}"
                + "table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}"
                + "th,td{padding:.25rem .7rem;border-bottom:1px solid #dde2ea;text-align:left}"
                + "dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.2rem 1rem}dt{color:#5a6577}dd{margin:0}"
                + "figure{display:inline-block;width:320px;margin:0 1rem 1rem 0}caption,figcaption{color:#5a6577;text-align:left}"
                + "</style>" + STYLE + "</head><body>\n<h1>" + escaped(application.name()) + "</h1>\n<p>"
                + escaped(lead()) + "</p>\n");
        for (SevenSteps.Step step : SevenSteps.of(application)) {
            page.append("<h2>%d. %s</h2>\n<dl>".formatted(step.number(), escaped(step.name())));
            for (SevenSteps.Fact fact : step.facts()) {
                page.append("<dt>%s</dt><dd>%s</dd>".formatted(escaped(fact.name()), escaped(fact.value())));
            }
            page.append("</dl>\n");
            if (step.isWide()) {
                for (Table table : tables()) {
                    page.append("<table><caption>")
                            .append(escaped(table.caption()))
                            .append("</caption>");
                    row(page, "th", table.head());
                    table.rows().forEach(row -> row(page, "td", row));
                    page.append("</table>\n");
                }
                for (Picture picture : pictures) {
                    page.append("<figure>%s<figcaption>%s</figcaption></figure>%n"
                            .formatted(picture.svg(), escaped(picture.caption())));
                }
            }
        }
        return page.append("</body></html>\n").toString();
    }

    private static void row(StringBuilder page, String cell, List<String> values) {
        page.append("<tr>");
        values.forEach(value -> page.append("<%s>%s</%s>".formatted(cell, escaped(value), cell)));
        page.append("</tr>\n");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
