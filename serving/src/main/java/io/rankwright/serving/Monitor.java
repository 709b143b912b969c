package io.rankwright.serving;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rankwright.models.Ranker;
import io.rankwright.models.RankerInputs;
import io.rankwright.monitoring.Calibration;
import io.rankwright.monitoring.DriftWatch;
import io.rankwright.monitoring.DriftWatch.Variable;
import io.rankwright.monitoring.FeedHealth;
import io.rankwright.monitoring.Shift;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Serving;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;

/**
 * What the live version is given, says, and what becomes of it: drift of its inputs and scores from window to window, calibration against what happened, health of the feed, delay of events. One slot of each answer counts for the
 * drift, so that rows come from different requests. It all begins anew with another version and with a start.
 *
 * <p>Any number of threads.
 */
public final class Monitor {
    private static final double WITHIN_P99 = 0.99;

    /** The kinds of alarms. */
    public static final String DRIFT = "drift";

    public static final String CALIBRATION = "calibration";

    private final Serving.Monitor limits;
    /** Features that change with the clock, whatever happens. */
    private final Set<String> byTheClock;

    private final MeterRegistry meters;
    private final Timer delay;
    private final Counter slow;
    private final double slowMillis;
    private long answers;
    private int version;
    private List<Watched> watched = List.of();
    private DriftWatch drift;
    private Window window;
    private Optional<Window> last = Optional.empty();

    /** What happened since a moment. */
    private record Window(long startMillis, Calibration calibration, FeedHealth health) {
        static Window at(long millis) {
            return new Window(millis, new Calibration(), new FeedHealth());
        }
    }

    /**
     * Something that is not as it should be.
     *
     * @param kind what the playbook calls it: drift or calibration
     * @param of the variable
     */
    public record Alarm(String kind, String of, String words) {}

    /**
     * What there is to see.
     *
     * @param version that it is about
     * @param rows of the window that is under way
     * @param shifts of the last whole window, the greatest first; empty before there is one
     * @param calibration,health of the last whole window, or of the one under way before there is one
     */
    public record View(
            String version,
            long rows,
            boolean hasReference,
            List<Shift> shifts,
            Calibration calibration,
            FeedHealth health,
            List<Alarm> alarms) {}

    Monitor(FeedApplication application, MeterRegistry meters, long nowMillis) {
        this.limits = application.serving().monitor();
        this.meters = meters;
        this.byTheClock = application.features().stream()
                .filter(feature ->
                        feature instanceof FeatureDefinition.Calendar || feature instanceof FeatureDefinition.Age)
                .map(FeatureDefinition::name)
                .collect(Collectors.toSet());
        this.slowMillis = limits.latencyP99().toMillis();
        this.drift = new DriftWatch(List.of(), limits.window(), limits.driftPsi(), nowMillis);
        this.window = Window.at(nowMillis);
        this.delay = Timer.builder("rankwright.event.delay")
                .description("From what an event says when it happened until it was taken")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(100))
                .maximumExpectedValue(Duration.ofDays(1))
                .register(meters);
        this.slow = Counter.builder("rankwright.answers.slow")
                .description("Answers that took longer than serving.monitor.latency_p99")
                .register(meters);
        objective("availability", limits.availability());
        objective("latency", WITHIN_P99);
        for (String kind : List.of(DRIFT, CALIBRATION)) {
            Gauge.builder("rankwright.alarms", () -> raised(kind))
                    .description("Alarms that are raised")
                    .tag("kind", kind)
                    .register(meters);
        }
        gauge("rankwright.drift.psi.max", "The greatest population stability index of the last window", this::worst);
        gauge(
                "rankwright.calibration.ece",
                "Expected calibration error of the last window",
                () -> shown().calibration().ece());
        gauge(
                "rankwright.calibration.ratio",
                "Predicted by observed in the last window",
                () -> shown().calibration().ratio());
        gauge(
                "rankwright.feed.items",
                "Different items shown in the last window",
                () -> shown().health().items());
        gauge(
                "rankwright.feed.concentration",
                "Share of slots of the ten items shown most",
                () -> shown().health().concentration());
        gauge(
                "rankwright.feed.repeated",
                "Share of slots with an item of the subject's last answer",
                () -> shown().health().repeated());
    }

    private void objective(String kind, double share) {
        Gauge.builder("rankwright.objective", () -> share)
                .description("The share of requests that shall be answered, and of answers that shall be fast enough")
                .tag("kind", kind)
                .register(meters);
    }

    private synchronized long raised(String kind) {
        return alarms().stream().filter(alarm -> alarm.kind().equals(kind)).count();
    }

    private void gauge(String name, String about, DoubleSupplier figure) {
        Gauge.builder(name, () -> {
                    synchronized (this) {
                        return figure.getAsDouble();
                    }
                })
                .description(about)
                .register(meters);
    }

    private Window shown() {
        return last.orElse(window);
    }

    private double worst() {
        return drift.shifts().stream().mapToDouble(Shift::psi).max().orElse(0);
    }

    /** Tells of an answer of the live version; another version than before begins anew. */
    synchronized void answered(LiveModels live, FeedAnswer answer, int[] items, int repeated) {
        if (answer.millis() > slowMillis) {
            slow.increment();
        }
        if (live.version().id() != version) {
            begin(live, answer.timeMillis());
        }
        if (answer.timeMillis() - window.startMillis() >= limits.window().toMillis()
                && window.health().answers() >= DriftWatch.LEAST_ROWS) {
            last = Optional.of(window);
            window = Window.at(answer.timeMillis());
        }
        window.health().add(items, repeated);
        if (!answer.slots().isEmpty()) {
            FeedAnswer.Slot slot =
                    answer.slots().get((int) (answers++ % answer.slots().size()));
            if (slot.features().length > 0) {
                drift.add(row(live.ranker(), slot), answer.timeMillis());
            }
        }
    }

    private void begin(LiveModels live, long nowMillis) {
        version = live.version().id();
        watched = watched(live.ranker());
        drift = new DriftWatch(
                watched.stream().map(Watched::variable).toList(), limits.window(), limits.driftPsi(), nowMillis);
        window = Window.at(nowMillis);
        last = Optional.empty();
    }

    /** What is watched: a variable and its place in a row of the ranker, behind which come the scores. */
    private record Watched(Variable variable, int place) {}

    private List<Watched> watched(Ranker ranker) {
        var all = new ArrayList<Watched>();
        RankerInputs.Layout layout = ranker.layout();
        for (int f = 0; f < layout.features().size(); f++) {
            String name = layout.features().get(f);
            if (!byTheClock.contains(name)) {
                all.add(new Watched(new Variable(name, layout.categories().get(f)), f));
            }
        }
        if (layout.hasAffinity()) {
            all.add(new Watched(new Variable(RankerInputs.AFFINITY, false), layout.columns() - 1));
        }
        for (int h = 0; h < ranker.manifest().heads().size(); h++) {
            String name = "score " + ranker.manifest().heads().get(h).name();
            all.add(new Watched(new Variable(name, false), layout.columns() + h));
        }
        return List.copyOf(all);
    }

    private float[] row(Ranker ranker, FeedAnswer.Slot slot) {
        int columns = ranker.layout().columns();
        float[] row = new float[watched.size()];
        for (int w = 0; w < row.length; w++) {
            int place = watched.get(w).place();
            row[w] = place < columns
                    ? slot.features()[place]
                    : slot.scores()
                            .getOrDefault(
                                    ranker.manifest()
                                            .heads()
                                            .get(place - columns)
                                            .name(),
                                    Double.NaN)
                            .floatValue();
        }
        return row;
    }

    /** Tells of an event on an item that was shown. */
    synchronized void happened(LastSlates.Shown shown, double outcome) {
        if (shown.version() == version && !Double.isNaN(shown.predicted()) && !Double.isNaN(outcome)) {
            window.calibration().add(shown.predicted(), outcome);
        }
    }

    /** Tells of an event that arrives. */
    void arrived(long happenedMillis, long nowMillis) {
        delay.record(Duration.ofMillis(Math.max(0, nowMillis - happenedMillis)));
    }

    /** What there is to see now. */
    public synchronized View view() {
        return new View(
                "v" + version,
                drift.rows(),
                drift.hasReference(),
                shifts(),
                shown().calibration(),
                shown().health(),
                alarms());
    }

    /** The greatest first. */
    private List<Shift> shifts() {
        return drift.shifts().stream()
                .sorted(Comparator.comparingDouble(Shift::psi).reversed())
                .toList();
    }

    private List<Alarm> alarms() {
        var alarms = new ArrayList<Alarm>();
        for (Shift shift : shifts()) {
            shift.alarm().ifPresent(words -> alarms.add(new Alarm(DRIFT, shift.variable(), words)));
        }
        Calibration calibration = shown().calibration();
        // Right predictions have an error too: what is beyond twice that is not chance.
        if (calibration.count() >= DriftWatch.LEAST_ROWS
                && calibration.ece() > limits.ece() + 2 * calibration.eceByChance()) {
            alarms.add(new Alarm(
                    CALIBRATION,
                    "predictions",
                    String.format(
                            Locale.ROOT,
                            "the expected calibration error is %.3f over %,d outcomes (limit %.3g)",
                            calibration.ece(),
                            calibration.count(),
                            limits.ece())));
        }
        return alarms;
    }
}
