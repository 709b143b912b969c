package io.rankwright.cli.console;

import io.rankwright.serving.Engine;
import io.rankwright.serving.Pulse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The page on what happens now: requests, times, stages, what was left out, what it costs. Thread-safe. */
final class LivePage {
    private static final double SECONDS_AN_HOUR = 3600;

    private final Engine engine;

    LivePage(Engine engine) {
        this.engine = engine;
    }

    /** One stage; {@code share} of the longest one. */
    public record Stage(String name, String millis, int share) {}

    Map<String, Object> values() {
        Pulse.View view = engine.pulse().view();
        var values = new HashMap<String, Object>();
        values.put("figures", figures(view));
        values.put("rates", Charts.curve(view.rates(), "answers a second"));
        values.put("times", Charts.curve(view.p99s(), "ms, 99 of 100 within"));
        values.put("stages", stages(view));
        values.put("minutes", Pulse.SECONDS / 60);
        return values;
    }

    private List<MonitoringPage.Figure> figures(Pulse.View view) {
        var figures = new ArrayList<MonitoringPage.Figure>();
        figures.add(figure("answers a second", "%.1f", view.answersPerSecond(), "over the last minute"));
        figures.add(figure("half within", "%.1f ms", view.p50(), "over the last minute"));
        figures.add(figure("99 of 100 within", "%.1f ms", view.p99(), "over the last minute"));
        figures.add(figure("degraded", "%.2f%%", 100 * view.degradedShare(), "answers with something left out"));
        figures.add(figure("refused", "%.0f", engine.refused(), "requests since the start, for want of room"));
        figures.add(figure("events a second", "%.1f", view.eventsPerSecond(), "over the last minute"));
        figures.add(figure(
                "an answer takes", "%.1f MB", view.allocatedPerAnswer() / 1e6, "of the heap, over five minutes"));
        double coreHour = engine.application().serving().monitor().coreHour();
        String about = coreHour == 0
                ? "of processor time; serving.monitor.core_hour puts a price on it"
                : String.format(
                        Locale.ROOT,
                        "of processor time, %.4g at %.4g an hour of a core",
                        view.cpuPerThousand() / SECONDS_AN_HOUR * coreHour,
                        coreHour);
        figures.add(figure("a thousand answers", "%.1f s", view.cpuPerThousand(), about));
        return figures;
    }

    private static MonitoringPage.Figure figure(String name, String format, double value, String about) {
        return new MonitoringPage.Figure(
                name, Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value), about);
    }

    private static List<Stage> stages(Pulse.View view) {
        double most = view.stages().values().stream()
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        return view.stages().entrySet().stream()
                .map(stage -> new Stage(stage.getKey(), String.format(Locale.ROOT, "%.2f ms", stage.getValue()), (int)
                        Math.round(100 * stage.getValue() / Math.max(most, 1e-9))))
                .toList();
    }
}
