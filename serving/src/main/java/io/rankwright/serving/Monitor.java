package io.rankwright.serving;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rankwright.log.WholeFile;
import io.rankwright.models.Ranker;
import io.rankwright.models.RankerInputs;
import io.rankwright.models.SealedJson;
import io.rankwright.monitoring.Calibration;
import io.rankwright.monitoring.DriftWatch;
import io.rankwright.monitoring.DriftWatch.Variable;
import io.rankwright.monitoring.FeedHealth;
import io.rankwright.monitoring.Shift;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Serving;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the live version is given, says, and what becomes of it: drift of its inputs, scores and outcomes from window to
 * window, calibration against what happened, over all and by slice, health of the feed, delay of events. One slot of each
 * answer, and one event on it, count for the drift, so that rows come from different requests. It all begins anew with
 * another version; what drift is held against outlives a start.
 *
 * <p>Any number of threads.
 */
public final class Monitor {
    private static final double WITHIN_P99 = 0.99;
    private static final int MOST_SLICES = 500;
    private static final Logger LOGGER = Logger.getLogger(Monitor.class.getName());

    /** The kinds of alarms. */
    public static final String DRIFT = "drift";

    public static final String CALIBRATION = "calibration";

    private final Serving.Monitor limits;
    /** Features that change with the clock, whatever happens. */
    private final Set<String> byTheClock;

    private final Path references;
    private final List<String> slicing;
    private final List<Variable> labels;
    private final MeterRegistry meters;
    private final Timer delay;
    private final Counter slow;
    private final double slowMillis;
    private long answers;
    private int version;
    private List<Watched> watched = List.of();
    private DriftWatch drift;
    private DriftWatch outcomes;
    private List<String> sliced = List.of();
    private BiFunction<String, Float, String> texts = (_, value) -> String.valueOf(value);
    private Window window;
    private Optional<Window> last = Optional.empty();

    /** What happened since a moment. */
    private record Window(
            long startMillis, Calibration calibration, Map<Part, Calibration> bySlice, FeedHealth health) {
        static Window at(long millis) {
            return new Window(millis, new Calibration(), new HashMap<>(), new FeedHealth());
        }
    }

    /** The exposures for which a slicing feature, by its place among those, has a value. */
    private record Part(int slice, float value) {}

    /** What drift is held against, as it is kept. */
    private record References(int version, List<DriftWatch.Kept> drift, List<DriftWatch.Kept> outcomes) {}

    /** How right the predictions of a part are. */
    public record Slice(String of, long count, double ece, double eceByChance, double ratio) {}

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
     * @param slices the calibration of each value of the slicing features, those with the most outcomes first
     * @param calibration,health of the last whole window, or of the one under way before there is one
     */
    public record View(
            String version,
            long rows,
            boolean hasReference,
            List<Shift> shifts,
            Calibration calibration,
            List<Slice> slices,
            FeedHealth health,
            List<Alarm> alarms) {}

    /** @param references the file in which is kept what drift is held against */
    Monitor(FeedApplication application, Path references, MeterRegistry meters, long nowMillis) {
        this.references = references;
        this.slicing = application.evaluation().slices();
        this.labels = application.framing().labels().stream()
                .map(label -> new Variable("outcome " + label.name(), label.isBinary()))
                .toList();
        this.limits = application.serving().monitor();
        this.meters = meters;
        this.byTheClock = application.features().stream()
                .filter(feature ->
                        feature instanceof FeatureDefinition.Calendar || feature instanceof FeatureDefinition.Age)
                .map(FeatureDefinition::name)
                .collect(Collectors.toSet());
        this.slowMillis = limits.latencyP99().toMillis();
        this.drift = new DriftWatch(List.of(), limits.window(), limits.driftPsi(), nowMillis);
        this.outcomes = new DriftWatch(List.of(), limits.window(), limits.driftPsi(), nowMillis);
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
        return shifts().stream().mapToDouble(Shift::psi).max().orElse(0);
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
                if (drift.add(row(live.ranker(), slot), answer.timeMillis())) {
                    keep();
                }
            }
        }
    }

    private void begin(LiveModels live, long nowMillis) {
        version = live.version().id();
        watched = watched(live.ranker());
        drift = new DriftWatch(
                watched.stream().map(Watched::variable).toList(), limits.window(), limits.driftPsi(), nowMillis);
        outcomes = new DriftWatch(labels, limits.window(), limits.driftPsi(), nowMillis);
        sliced = slicing.stream()
                .filter(live.ranker().layout().features()::contains)
                .toList();
        texts = (feature, value) -> live.ranker().text(feature, value);
        window = Window.at(nowMillis);
        last = Optional.empty();
        restore();
    }

    private void restore() {
        if (!Files.exists(references)) {
            return;
        }
        try {
            References kept = SealedJson.read(references, References.class);
            if (kept.version() == version) {
                drift.restore(kept.drift());
                outcomes.restore(kept.outcomes());
            }
        } catch (EnvironmentFault e) {
            LOGGER.log(Level.WARNING, "drift is held against the next window: {0}", e.getMessage());
        }
    }

    /** Keeps what drift is held against; without it the next start begins anew. */
    private void keep() {
        try {
            WholeFile.write(references, SealedJson.bytes(new References(version, drift.kept(), outcomes.kept())));
        } catch (EnvironmentFault e) {
            LOGGER.log(Level.WARNING, "what drift is held against is not kept: {0}", e.getMessage());
        }
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

    /**
     * Tells of an event on an item that was shown.
     *
     * @param outcome of the label that is predicted
     * @param all what each label says
     */
    synchronized void happened(LastSlates.Shown shown, double outcome, long timeMillis, Supplier<float[]> all) {
        if (shown.version() != version) {
            return;
        }
        if (shown.isFirst() && outcomes.add(all.get(), timeMillis)) {
            keep();
        }
        if (Double.isNaN(shown.predicted()) || Double.isNaN(outcome)) {
            return;
        }
        window.calibration().add(shown.predicted(), outcome);
        for (int s = 0; s < Math.min(sliced.size(), shown.slices().length); s++) {
            var of = new Part(s, shown.slices()[s]);
            if (window.bySlice().size() < MOST_SLICES || window.bySlice().containsKey(of)) {
                window.bySlice().computeIfAbsent(of, _ -> new Calibration()).add(shown.predicted(), outcome);
            }
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
                slices(),
                shown().health(),
                alarms());
    }

    /** The calibration of each part, by its name for people. */
    private SortedMap<String, Calibration> bySlice() {
        var named = new TreeMap<String, Calibration>();
        shown().bySlice()
                .forEach((part, calibration) -> named.put(
                        sliced.get(part.slice()) + " = " + texts.apply(sliced.get(part.slice()), part.value()),
                        calibration));
        return named;
    }

    private List<Slice> slices() {
        return bySlice().entrySet().stream()
                .map(entry -> new Slice(
                        entry.getKey(),
                        entry.getValue().count(),
                        entry.getValue().ece(),
                        entry.getValue().eceByChance(),
                        entry.getValue().ratio()))
                .sorted(Comparator.comparingLong(Slice::count).reversed())
                .toList();
    }

    /** The greatest first. */
    private List<Shift> shifts() {
        return Stream.concat(drift.shifts().stream(), outcomes.shifts().stream())
                .sorted(Comparator.comparingDouble(Shift::psi).reversed())
                .toList();
    }

    private List<Alarm> alarms() {
        var alarms = new ArrayList<Alarm>();
        for (Shift shift : shifts()) {
            shift.alarm().ifPresent(words -> alarms.add(new Alarm(DRIFT, shift.variable(), words)));
        }
        addCalibration("predictions", shown().calibration(), limits.ece(), alarms);
        // A part may be off by more before anybody is woken: there are many of them.
        bySlice().forEach((of, calibration) -> addCalibration(of, calibration, 2 * limits.ece(), alarms));
        return alarms;
    }

    private static void addCalibration(String of, Calibration calibration, double limit, List<Alarm> alarms) {
        // Right predictions have an error too: what is beyond a few times that is not chance.
        if (calibration.count() >= DriftWatch.LEAST_ROWS && calibration.ece() > limit + 2 * calibration.eceByChance()) {
            alarms.add(new Alarm(
                    CALIBRATION,
                    of,
                    String.format(
                            Locale.ROOT,
                            "the expected calibration error is %.3f over %,d outcomes (limit %.3g)",
                            calibration.ece(),
                            calibration.count(),
                            limit)));
        }
    }
}
