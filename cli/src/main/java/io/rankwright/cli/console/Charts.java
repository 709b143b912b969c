package io.rankwright.cli.console;

import io.rankwright.cli.pipeline.ExperimentReport;
import io.rankwright.evaluation.Classification;
import io.rankwright.evaluation.experiment.Comparison;
import io.rankwright.monitoring.Shift;
import io.rankwright.training.FeatureProfiles;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Small pictures as SVG, drawn on the server in the colours of the page. Stateless. */
final class Charts {
    private static final int STRETCHES = 12;

    private Charts() {}

    /**
     * A distribution as bars: of a category the shares of its most frequent values, of a number how crowded each tenth of
     * the rows lies between the values that bound the middle eight.
     */
    static String distribution(FeatureProfiles.Profile profile) {
        double[] heights = switch (profile) {
            case FeatureProfiles.Categories categories ->
                categories.shares().values().stream()
                        .limit(12)
                        .mapToDouble(Double::doubleValue)
                        .toArray();
            case FeatureProfiles.Numbers numbers -> densities(numbers.quantiles());
        };
        double most = Arrays.stream(heights).max().orElse(0);
        if (most <= 0) {
            return "";
        }
        var svg = new StringBuilder("<svg viewBox='0 0 96 20' class='spark' aria-hidden='true'>");
        double width = 96.0 / heights.length;
        for (int i = 0; i < heights.length; i++) {
            double height = Math.max(1, 20 * heights[i] / most);
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' class='bar'/>",
                    i * width,
                    20 - height,
                    Math.max(1, width - 1),
                    height));
        }
        return svg.append("</svg>").toString();
    }

    /** Two distributions over the same groups: each group's share before, and beside it its share now. */
    static String sideBySide(List<Shift.Group> groups) {
        double most = groups.stream()
                .mapToDouble(group -> Math.max(group.before(), group.now()))
                .max()
                .orElse(0);
        if (most <= 0) {
            return "";
        }
        var svg = new StringBuilder("<svg viewBox='0 0 160 32' class='spark wide' role='img' aria-label='"
                + "shares of the groups before and now'>");
        double width = 160.0 / groups.size();
        for (int g = 0; g < groups.size(); g++) {
            Shift.Group group = groups.get(g);
            svg.append(String.format(
                    Locale.ROOT,
                    "<g><title>%s: %.1f%% before, %.1f%% now</title>",
                    group.name(),
                    100 * group.before(),
                    100 * group.now()));
            svg.append(column(g * width, width / 2 - 0.5, 32 * group.before() / most, "before"));
            svg.append(column(g * width + width / 2 - 0.5, width / 2 - 0.5, 32 * group.now() / most, "bar"));
            svg.append("</g>");
        }
        return svg.append("</svg>").toString();
    }

    private static String column(double x, double width, double height, String style) {
        return String.format(
                Locale.ROOT,
                "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' class='%s'/>",
                x,
                32 - height,
                width,
                height,
                style);
    }

    /** The share of rows in each of twelve equal stretches between the first and the last tenth. */
    private static double[] densities(List<Double> quantiles) {
        if (quantiles.isEmpty()) {
            return new double[0];
        }
        double[] shares = new double[STRETCHES];
        double low = quantiles.get(1);
        double width = (quantiles.get(quantiles.size() - 2) - low) / STRETCHES;
        for (int q = 1; q + 2 < quantiles.size(); q++) {
            double from = quantiles.get(q);
            double to = quantiles.get(q + 1);
            if (to == from) {
                shares[width == 0 ? 0 : Math.clamp((int) ((from - low) / width), 0, STRETCHES - 1)]++;
                continue;
            }
            for (int s = 0; s < STRETCHES; s++) {
                double overlap = Math.min(to, low + (s + 1) * width) - Math.max(from, low + s * width);
                shares[s] += Math.max(0, overlap) / (to - from);
            }
        }
        return shares;
    }

    /** A reliability curve: predicted against observed; the diagonal is perfect. Empty without bins. */
    static String reliability(List<Classification.Bin> bins) {
        if (bins.isEmpty()) {
            return "";
        }
        var svg = new StringBuilder();
        svg.append("<svg viewBox='0 0 220 220' role='img' aria-label='Reliability curve: predicted against observed'>");
        svg.append("<rect x='20' y='10' width='190' height='190' class='frame'/>");
        svg.append("<line x1='20' y1='200' x2='210' y2='10' class='ideal'/>");
        int most = bins.stream().mapToInt(Classification.Bin::count).max().orElse(1);
        var line = new StringBuilder();
        for (var bin : bins) {
            double x = 20 + 190 * bin.predicted();
            double y = 200 - 190 * bin.observed();
            line.append(String.format(Locale.ROOT, "%s%.1f,%.1f", line.isEmpty() ? "" : " ", x, y));
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle cx='%.1f' cy='%.1f' r='%.1f' class='dot'><title>predicted %.3f, observed %.3f, %,d exposures</title></circle>",
                    x,
                    y,
                    2 + 6 * Math.sqrt((double) bin.count() / most),
                    bin.predicted(),
                    bin.observed(),
                    bin.count()));
        }
        svg.append("<polyline points='").append(line).append("' class='curve'/>");
        svg.append("<text x='115' y='216' text-anchor='middle'>predicted</text>");
        svg.append("<text x='12' y='105' text-anchor='middle' transform='rotate(-90 12 105)'>observed</text></svg>");
        return svg.toString();
    }

    /**
     * Values as bars with their intervals, one below the other; empty without any.
     *
     * @param bars by name: the value, the low and the high bound, each from 0 to 1
     */
    static String bars(Map<String, List<Double>> bars) {
        if (bars.isEmpty()) {
            return "";
        }
        int height = 22 * bars.size() + 14;
        var svg = new StringBuilder(
                "<svg viewBox='0 0 320 %d' role='img' aria-label='Values as bars with their intervals'>"
                        .formatted(height));
        int y = 6;
        for (var bar : bars.entrySet()) {
            double value = bar.getValue().get(0);
            svg.append("<text x='58' y='%d' text-anchor='end'>%s</text>".formatted(y + 11, bar.getKey()));
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x='64' y='%d' width='%.1f' height='14' class='bar'><title>%s %.4f</title></rect>",
                    y,
                    220 * value,
                    bar.getKey(),
                    value));
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1='%.1f' y1='%d' x2='%.1f' y2='%d' class='ideal'/>",
                    64 + 220 * bar.getValue().get(1),
                    y + 7,
                    64 + 220 * bar.getValue().get(2),
                    y + 7));
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x='%.1f' y='%d'>%.3f</text>",
                    68 + 220 * Math.max(value, bar.getValue().get(2)),
                    y + 11,
                    value));
            y += 22;
        }
        return svg.append("</svg>").toString();
    }

    /** Relative changes with their intervals, one below the other, around the line of no change. Empty without any. */
    static String changes(List<ExperimentReport.Metric> metrics) {
        List<ExperimentReport.Metric> drawn = metrics.stream()
                .filter(metric -> Double.isFinite(metric.comparison().relative().low())
                        && Double.isFinite(metric.comparison().relative().high()))
                .toList();
        double most = drawn.stream()
                .mapToDouble(metric -> Math.max(
                        Math.abs(metric.comparison().relative().low()),
                        Math.abs(metric.comparison().relative().high())))
                .max()
                .orElse(0);
        if (most == 0) {
            return "";
        }
        int height = 18 * drawn.size() + 18;
        var svg = new StringBuilder();
        svg.append(String.format(
                Locale.ROOT,
                "<svg viewBox='-40 0 540 %d' role='img' aria-label='Changes with their intervals'>"
                        + "<line x1='320' y1='4' x2='320' y2='%d' class='ideal'/>",
                height,
                height - 14));
        for (int m = 0; m < drawn.size(); m++) {
            Comparison.Relative relative = drawn.get(m).comparison().relative();
            double y = 12 + 18.0 * m;
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x='140' y='%.1f' text-anchor='end'>%s, %s</text><line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'"
                            + " class='curve'/><circle cx='%.1f' cy='%.1f' r='3' class='dot'/>",
                    y + 3,
                    drawn.get(m).name(),
                    drawn.get(m).arm(),
                    320 + 170 * relative.low() / most,
                    y,
                    320 + 170 * relative.high() / most,
                    y,
                    320 + 170 * relative.value() / most,
                    y));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<text x='150' y='%d'>%s</text><text x='320' y='%d' text-anchor='middle'>no change</text>"
                        + "<text x='490' y='%d' text-anchor='end'>%s</text></svg>",
                height - 2,
                ExperimentsPage.percent(-most),
                height - 2,
                height - 2,
                ExperimentsPage.percent(most)));
        return svg.toString();
    }

    /**
     * How the relative change of each arm has gone, with the interval that held at each look, around the line of no change.
     * Empty with fewer than two looks.
     */
    static String looks(List<ExperimentReport.Look> looks) {
        List<ExperimentReport.Look> drawn = looks.stream()
                .filter(look -> Double.isFinite(look.low()) && Double.isFinite(look.high()))
                .toList();
        long first = drawn.stream()
                .mapToLong(ExperimentReport.Look::timeMillis)
                .min()
                .orElse(0);
        long last = drawn.stream()
                .mapToLong(ExperimentReport.Look::timeMillis)
                .max()
                .orElse(0);
        if (first == last) {
            return "";
        }
        // The first looks know next to nothing: their intervals would flatten all others.
        double most = 1.5
                * drawn.stream()
                        .skip(drawn.size() / 3)
                        .mapToDouble(look -> Math.max(Math.abs(look.low()), Math.abs(look.high())))
                        .max()
                        .orElse(1);
        var svg = new StringBuilder(
                "<svg viewBox='0 0 500 170' role='img' aria-label='The change over time with its interval'>"
                        + "<line x1='60' y1='76' x2='490' y2='76' class='ideal'/>");
        Map<String, List<ExperimentReport.Look>> byArm = drawn.stream()
                .collect(Collectors.groupingBy(ExperimentReport.Look::arm, TreeMap::new, Collectors.toList()));
        byArm.forEach((arm, of) -> {
            var band = new StringBuilder();
            of.forEach(look -> band.append(point(look.timeMillis(), look.high(), first, last, most)));
            of.reversed().forEach(look -> band.append(point(look.timeMillis(), look.low(), first, last, most)));
            var line = new StringBuilder();
            of.forEach(look -> line.append(point(look.timeMillis(), look.value(), first, last, most)));
            svg.append("<polygon points='").append(band).append("' class='band'/><polyline points='");
            svg.append(line).append("' class='curve'><title>").append(arm).append("</title></polyline>");
        });
        svg.append(String.format(
                Locale.ROOT,
                "<text x='54' y='14' text-anchor='end'>%s</text><text x='54' y='79' text-anchor='end'>no change</text>"
                        + "<text x='54' y='150' text-anchor='end'>%s</text><text x='60' y='166'>%s</text>"
                        + "<text x='490' y='166' text-anchor='end'>%s</text></svg>",
                ExperimentsPage.percent(most),
                ExperimentsPage.percent(-most),
                moment(first),
                moment(last)));
        return svg.toString();
    }

    private static String point(long timeMillis, double change, long first, long last, double most) {
        return String.format(
                Locale.ROOT,
                "%.1f,%.1f ",
                60 + 430.0 * (timeMillis - first) / (last - first),
                76 - 70 * Math.clamp(change / most, -1, 1));
    }

    private static String moment(long timeMillis) {
        return Instant.ofEpochMilli(timeMillis).toString().substring(0, 16).replace('T', ' ');
    }

    /**
     * A curve of values at equal steps, the oldest on the left, over a line of 0.
     *
     * @param values NaN where there is none
     */
    static String curve(List<Double> values, String unit) {
        double most = values.stream()
                .filter(value -> !value.isNaN())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(0);
        var svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg viewBox='0 0 300 110' role='img' aria-label='%s over time'><line x1='0' y1='90' x2='300' y2='90'"
                        + " class='ideal'/>",
                unit));
        var line = new StringBuilder();
        for (int i = 0; i < values.size(); i++) {
            double value = values.get(i);
            if (Double.isNaN(value)) {
                stretch(svg, line);
            } else {
                line.append(String.format(
                        Locale.ROOT,
                        "%.1f,%.1f ",
                        300.0 * i / Math.max(1, values.size() - 1),
                        90 - 74 * value / Math.max(most, 1e-9)));
            }
        }
        stretch(svg, line);
        return svg.append(String.format(
                        Locale.ROOT,
                        "<text x='0' y='10'>%.3g %s</text><text x='300' y='104' text-anchor='end'>now</text></svg>",
                        most,
                        unit))
                .toString();
    }

    private static void stretch(StringBuilder svg, StringBuilder line) {
        if (!line.isEmpty()) {
            svg.append("<polyline points='").append(line).append("' class='curve'/>");
            line.setLength(0);
        }
    }

    /** Vertical bars, one a day, with the day below the first and the last. */
    static String days(Map<String, Long> counts) {
        long most = counts.values().stream().mapToLong(Long::longValue).max().orElse(1);
        int width = 300;
        double step = (double) width / Math.max(1, counts.size());
        var svg = new StringBuilder();
        svg.append("<svg viewBox='0 0 300 90' role='img' aria-label='Events a day'>");
        int i = 0;
        for (var day : counts.entrySet()) {
            double height = 70.0 * day.getValue() / most;
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' class='bar'><title>%s: %,d</title></rect>",
                    i * step,
                    72 - height,
                    Math.max(1, step - 2),
                    height,
                    day.getKey(),
                    day.getValue()));
            i++;
        }
        String first = counts.keySet().stream().findFirst().orElse("");
        String last = counts.keySet().stream().reduce((a, b) -> b).orElse("");
        svg.append("<text x='0' y='86'>").append(first).append("</text>");
        svg.append("<text x='300' y='86' text-anchor='end'>").append(last).append("</text></svg>");
        return svg.toString();
    }
}
