package io.rankwright.cli.console;

import io.rankwright.monitoring.Shift;
import io.rankwright.serving.Engine;
import io.rankwright.serving.Monitor;
import io.rankwright.spec.Serving;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The page on what is served and what becomes of it: alarms, calibration, health of the feed, drift. Thread-safe. */
final class MonitoringPage {
    /** So many alarms of a kind are told; the table tells them all. */
    private static final int SHOWN = 6;

    private static final int SLICES = 30;

    private final Engine engine;

    MonitoringPage(Engine engine) {
        this.engine = engine;
    }

    /** The alarms of one kind: the first few in words, how many more there are, and what to do. */
    public record Raised(String kind, List<String> words, int more, String todo) {}

    /** One variable, in words; {@code picture} shows both distributions. */
    public record Moved(String name, String psi, String ks, String js, String missing, String picture, String alarm) {}

    /** How right the predictions of a part are, in words. */
    public record Part(String of, String count, String ratio, String ece, String chance) {}

    /** One figure. */
    public record Figure(String name, String value, String about) {}

    Map<String, Object> values() {
        Monitor.View view = engine.monitor().view();
        Serving.Monitor limits = engine.application().serving().monitor();
        var values = new HashMap<String, Object>();
        values.put("watched", view.version());
        values.put("rows", view.rows());
        values.put("hasReference", view.hasReference());
        values.put("window", limits.window().toString().substring(2).toLowerCase(Locale.ROOT));
        values.put(
                "alarms",
                Stream.of(Monitor.DRIFT, Monitor.CALIBRATION)
                        .map(kind -> raised(kind, view.alarms()))
                        .filter(raised -> !raised.words().isEmpty())
                        .toList());
        values.put("figures", figures(view, limits));
        values.put(
                "slices",
                view.slices().stream().limit(SLICES).map(MonitoringPage::sliced).toList());
        values.put("moved", view.shifts().stream().map(MonitoringPage::moved).toList());
        return values;
    }

    private static Raised raised(String kind, List<Monitor.Alarm> alarms) {
        List<String> words = alarms.stream()
                .filter(alarm -> alarm.kind().equals(kind))
                .map(alarm -> alarm.of() + ": " + alarm.words())
                .toList();
        int shown = Math.min(SHOWN, words.size());
        return new Raised(kind, words.subList(0, shown), words.size() - shown, todo(kind));
    }

    private static String todo(String kind) {
        return switch (kind) {
            case Monitor.DRIFT ->
                "Look at what feeds the feature: a source that stopped, another unit, a new release. If the world has changed, train"
                        + " again; if the data are wrong, mend them and roll back to a version that does not use it.";
            case Monitor.CALIBRATION ->
                "Train again on newer days; until then the order is right more than the chances are, so that what is decided by"
                        + " thresholds or sums of chances is off.";
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static List<Figure> figures(Monitor.View view, Serving.Monitor limits) {
        return List.of(
                new Figure(
                        "outcomes",
                        String.format(Locale.ROOT, "%,d", view.calibration().count()),
                        "items that were shown, and of which an event told"),
                new Figure("predicted / observed", number(view.calibration().ratio(), "%.3f"), "1 is right"),
                new Figure(
                        "calibration error",
                        number(view.calibration().ece(), "%.3f"),
                        String.format(
                                Locale.ROOT,
                                "limit %.3g, by chance %s",
                                limits.ece(),
                                number(view.calibration().eceByChance(), "%.3f"))),
                new Figure(
                        "answers",
                        String.format(Locale.ROOT, "%,d", view.health().answers()),
                        "in the window"),
                new Figure(
                        "items shown",
                        String.format(Locale.ROOT, "%,d", view.health().items()),
                        "different ones"),
                new Figure(
                        "concentration",
                        number(100 * view.health().concentration(), "%.1f%%"),
                        "of the slots have the ten items shown most"),
                new Figure(
                        "repeated",
                        number(100 * view.health().repeated(), "%.1f%%"),
                        "of the slots have an item of the last answer"));
    }

    private static String number(double value, String format) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
    }

    private static Part sliced(Monitor.Slice slice) {
        return new Part(
                slice.of(),
                String.format(Locale.ROOT, "%,d", slice.count()),
                number(slice.ratio(), "%.3f"),
                number(slice.ece(), "%.3f"),
                number(slice.eceByChance(), "%.3f"));
    }

    private static Moved moved(Shift shift) {
        return new Moved(
                shift.variable(),
                number(shift.psi(), "%.3f"),
                number(shift.kolmogorovSmirnov(), "%.3f"),
                number(shift.jensenShannon(), "%.3f"),
                String.format(Locale.ROOT, "%.1f%% → %.1f%%", 100 * shift.missingBefore(), 100 * shift.missingNow()),
                Charts.sideBySide(shift.groups()),
                shift.alarm().orElse(""));
    }
}
