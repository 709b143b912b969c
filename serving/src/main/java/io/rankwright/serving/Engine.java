package io.rankwright.serving;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Formulas;
import io.rankwright.features.Replay;
import io.rankwright.features.store.StoreReader;
import io.rankwright.log.Arrival;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.EventSchema;
import io.rankwright.log.Intake;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.Ranker;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.registry.Canary;
import io.rankwright.registry.Experiment;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Shadow;
import io.rankwright.registry.Version;
import io.rankwright.retrieval.Fusion;
import io.rankwright.retrieval.Indexing;
import io.rankwright.retrieval.Source;
import io.rankwright.retrieval.VectorIndex;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model.RerankRule;
import io.rankwright.spec.Serving;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A running application: answers feeds, takes events, keeps state, candidate sources and log together.
 *
 * <p>Thread-safety: any number of threads. Feature state and entities are read under a shared lock and changed under an
 * exclusive one, each for microseconds an event.
 */
public final class Engine implements Served {
    /** So many events at most are applied while answers wait. */
    private static final int APPLIED = 256;

    private static final Duration EXPLAINED_WITHIN = Duration.ofSeconds(5);
    private static final Map<String, Duration> PATIENT =
            Map.of("retrieve", Duration.ofHours(1), "rank", Duration.ofHours(1), "rerank", Duration.ofHours(1));

    private final FeedApplication application;
    private final EventLog log;
    private final Registry registry;
    private final Path folder;
    private final Encoders encoders;
    private final MeterRegistry meters;
    private final Stages.Meters stageMeters;
    /** The clock of the machine; {@link #clock} goes on from where the log ends. */
    private final Clock wall;

    private final LogClock clock;
    private final String data;
    private final FeatureState state;
    private final Standing standing;
    private final EventSchema schema;
    private final ToDoubleFunction<Event> relevance;
    /** What each label of the framing says of an event. */
    private final List<ToDoubleFunction<Event>> labels;

    private final SeenItems seen = new SeenItems();
    private final Ladder ladder;
    private final Scoring scoring;
    private final Applied applied;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final double[] usualContext;
    private final Slots slots;
    private final Optional<Breaker> logBreaker;
    private final Optional<Breaker> storeBreaker;
    private final Optional<StoredFeatures> stored;
    private final Optional<Follower> follower;
    private final Rollover rollover;
    private final CanaryWatch canaryWatch = new CanaryWatch();
    private final LastSlates lastSlates = new LastSlates();
    private final Monitor monitor;
    private final Pulse pulse = new Pulse();
    private final ShadowRun shadowRun;
    private volatile Trials trials = Trials.NONE;
    private volatile boolean hasSimulatedAudience;

    private Engine(
            FeedApplication application,
            EventLog log,
            Slots slots,
            Registry registry,
            Version version,
            Path folder,
            boolean isSimulated,
            MeterRegistry meters,
            Clock clock,
            Progress progress) {
        this.application = application;
        this.log = log;
        this.registry = registry;
        this.folder = folder;
        this.encoders = new Encoders(folder, application.encoders());
        this.meters = meters;
        this.stageMeters = new Stages.Meters(meters, List.of("rank", "rerank"));
        stageMeters.rung(Ladder.CASCADE);
        this.applied = new Applied(log.nextOffset());
        this.scoring = new Scoring(
                threads,
                application.framing().utility(),
                lock,
                () -> slots.store().isEmpty() ? applied.position() : Applied.UNSURE);
        this.data = isSimulated ? "simulated" : "real";
        this.hasSimulatedAudience = log.hasSimulatedAudience();
        String exposure = application.framing().exposure();
        this.wall = clock;
        this.clock = new LogClock(clock, log.lastTimeMillis(exposure).orElse(clock.millis()));
        this.schema = log.schema(exposure);
        var formulas = new Formulas(application, schema, log.dictionary());
        this.relevance = formulas.label(application.framing().relevance());
        this.labels =
                application.framing().labels().stream().map(formulas::label).toList();
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        this.ladder = new Ladder(
                application.serving().fallback(), application.serving().editorial(), ids::code, ids::text);
        this.state = new FeatureState(application, log.catalog());
        this.standing = new Standing(application, log);
        this.monitor = new Monitor(application, folder.resolve("drift.json"), meters, this.clock.millis());
        this.shadowRun = new ShadowRun(this::shadowed, meters);
        Gauge.builder("rankwright.cpu.per.thousand.answers", () -> pulse.view().cpuPerThousand())
                .description("Processor time of the process for a thousand answers, over five minutes")
                .baseUnit("seconds")
                .register(meters);
        Gauge.builder("rankwright.allocated.per.answer", () -> pulse.view().allocatedPerAnswer())
                .description("Bytes of the heap taken for an answer, over five minutes")
                .baseUnit("bytes")
                .register(meters);
        Gauge.builder(
                        "rankwright.canary.share",
                        () -> trials.canary().map(Canary::share).orElse(0.0))
                .description("The share of the subjects that a canary answers; 0 if none runs")
                .register(meters);
        // A series that begins at 0 has a rate from its first event on.
        for (EventLog.Outcome outcome : EventLog.Outcome.values()) {
            events(outcome);
        }
        for (Canary.Outcome outcome : List.of(Canary.Outcome.PROMOTED, Canary.Outcome.ROLLED_BACK)) {
            ended(outcome);
        }
        this.slots = slots;
        this.logBreaker = slots.log().map(_ -> new Breaker("log", meters));
        this.storeBreaker = slots.store().map(_ -> new Breaker("store", meters));
        this.stored = slots.store()
                .map(store -> new StoredFeatures(
                        application,
                        log,
                        state,
                        storeBreaker.orElseThrow().before(store),
                        slots.isStoreKept(),
                        meters));
        Future<LiveModels> loading = threads.submit(() -> LiveModels.open(
                application, log, registry, version, encoders, folder.resolve("index"), Indexing.alone(progress)));
        var taken = new Taken();
        this.usualContext = restore(exposure, taken);
        LiveModels live = Workers.result(loading);
        taken.forEach(live.retriever()::taken);
        this.rollover = new Rollover(live);
        this.follower = slots.log()
                .map(arrivals -> Follower.start(new Intake(log, exposure, arrivals), lock, this::apply, applied));
    }

    /**
     * Starts an application on its log with a version of its models: replays the log into the feature state.
     *
     * @param slots what lies elsewhere: this machine's log follows a log there, features are read from a store there
     * @param folder where the index is kept
     * @param progress told how much of the index is built, where it is not yet
     */
    public static Engine start(
            FeedApplication application,
            EventLog log,
            Slots slots,
            Registry registry,
            Version version,
            Path folder,
            boolean isSimulated,
            MeterRegistry meters,
            Clock clock,
            Progress progress) {
        return new Engine(application, log, slots, registry, version, folder, isSimulated, meters, clock, progress);
    }

    /**
     * Goes over the log once: features and seen items take it in, what was taken is collected. The answer is the most
     * frequent value of each context column, used where a request gives none.
     */
    private double[] restore(String exposure, Taken taken) {
        int subject = schema.codeIndex(application.subjectColumn()).orElseThrow();
        int item = schema.codeIndex(application.itemColumn()).orElseThrow();
        List<String> columns = state.contextColumns();
        List<Map<Double, Integer>> counts = new ArrayList<>();
        columns.forEach(_ -> counts.add(new HashMap<>()));
        Consumer<Event> beside = event -> {
            seen.add(event.codes()[subject], event.codes()[item]);
            if (relevance.applyAsDouble(event) == 1) {
                taken.add(event.codes()[item], event.timeMillis());
            }
            for (int c = 0; c < columns.size(); c++) {
                counts.get(c).merge(contextValue(event, columns.get(c)), 1, Integer::sum);
            }
        };
        try (EventCursor cursor = log.read(exposure)) {
            if (stored.isPresent()) {
                Replay.each(cursor, beside);
            } else if (standing.fits(state)) {
                Future<?> restored = threads.submit(() -> standing.restore(state));
                Replay.each(cursor, beside);
                Workers.result(restored);
            } else {
                Replay.restore(cursor, state, beside);
            }
        }
        if (stored.isEmpty()) {
            standing.keep(state);
        }
        return counts.stream()
                .mapToDouble(values -> values.entrySet().stream()
                        .max(Map.Entry.<Double, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                        .map(Map.Entry::getKey)
                        .orElse(0.0))
                .toArray();
    }

    private double contextValue(Event event, String column) {
        return schema.codeIndex(column)
                .map(place -> (double) event.codes()[place])
                .orElseGet(() -> event.numbers()[schema.number(column)]);
    }

    public FeedApplication application() {
        return application;
    }

    public EventLog log() {
        return log;
    }

    public Registry registry() {
        return registry;
    }

    public LogClock clock() {
        return clock;
    }

    /** The columns of the exposure that a request may give. */
    public List<String> contextColumns() {
        return state.contextColumns();
    }

    /** Real or simulated. */
    public String data() {
        return data;
    }

    public LiveModels models() {
        return rollover.live();
    }

    /**
     * Takes up what the registry says by now: the live version, the canary, the experiments. The version that was live before
     * stays loaded, so that a rollback takes no time.
     */
    @Override
    public synchronized void follow() {
        Optional<Version> live = registry.live();
        if (live.isPresent() && live.get().id() != models().version().id()) {
            load(live.get().id());
            rollover.to(live.get().id());
        }
        List<Experiment> running = registry.experiments().running();
        Optional<Canary> canary = registry.canaries().running();
        if (!running.equals(trials.running()) || !canary.equals(trials.canary())) {
            Trials next = Trials.of(application, running, canary);
            next.versions().forEach(this::load);
            canaryWatch.follow(canary);
            trials = next;
        }
        Optional<Shadow> shadow = registry.shadows().running();
        shadow.map(Shadow::version).ifPresent(this::load);
        shadowRun.follow(shadow);
        Set<Integer> wanted = new HashSet<>(trials.versions());
        shadow.map(Shadow::version).ifPresent(wanted::add);
        wanted.add(models().version().id());
        registry.liveBefore().ifPresent(wanted::add);
        rollover.loaded().stream().filter(id -> !wanted.contains(id)).forEach(rollover::drop);
    }

    private void load(int id) {
        if (!rollover.loaded().contains(id)) {
            Version version = registry.version(id);
            Path index = folder.resolve("index").resolve(version.name());
            rollover.load(
                    log::nextOffset,
                    before -> LiveModels.load(application, log, registry, version, encoders, index, before));
        }
    }

    /**
     * Takes the canary back if it does harm, and widens it once it has been held without.
     *
     * @return what was done, if anything
     */
    @Override
    public Optional<String> steer() {
        Optional<Canary> canary = trials.canary();
        if (canary.isEmpty()) {
            return Optional.empty();
        }
        long now = wall.millis();
        String version = "v" + canary.get().version();
        List<String> harm = canaryWatch.harm();
        if (!harm.isEmpty()) {
            Canary back = registry.canaries().rollBack(canary.get(), String.join("; ", harm), now);
            follow();
            if (back.isRunning()) {
                // Somebody was faster: what is seen is judged again.
                return Optional.empty();
            }
            ended(Canary.Outcome.ROLLED_BACK).increment();
            return Optional.of(version + " is rolled back: " + String.join("; ", harm));
        }
        if (canary.get().isHeld(now) && canaryWatch.hasSeenEnough()) {
            Canary widened = registry.canaries().widen(canary.get(), now);
            if (!widened.isRunning()) {
                ended(widened.outcome()).increment();
            }
            follow();
            return Optional.of(String.format(
                    Locale.ROOT, "%s answers %.0f%% of the %ss", version, 100 * widened.share(), subjectName()));
        }
        return Optional.empty();
    }

    private Counter ended(Canary.Outcome outcome) {
        return Counter.builder("rankwright.canaries")
                .description("Canaries that the server has ended")
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(meters);
    }

    private String subjectName() {
        return application.framing().subject();
    }

    /** The canary that runs. */
    public Optional<Canary> canary() {
        return trials.canary();
    }

    /** The experiments that run. */
    public List<Experiment> experiments() {
        return trials.running();
    }

    /** Brings the feature state on disk up to date if it has fallen far behind, so that the next start is short. */
    @Override
    public void keepState() {
        if (stored.isEmpty()) {
            standing.advance(state.empty());
        }
    }

    @Override
    public List<Missing> missing() {
        var missing = new ArrayList<Missing>();
        Set<Serving.Need> needs = application.serving().needs();
        if (needs.contains(Serving.Need.LOG)) {
            follower.flatMap(Follower::trouble).ifPresent(why -> missing.add(new Missing("log", why)));
            logBreaker.filter(Breaker::isOpen).ifPresent(_ -> missing.add(new Missing("log", "it takes no events")));
        }
        if (needs.contains(Serving.Need.STORE)) {
            storeBreaker
                    .filter(Breaker::isOpen)
                    .ifPresent(_ -> missing.add(new Missing("store", "it does not answer")));
        }
        return missing;
    }

    /** Answers a request for a feed; whatever fails inside, there is an answer. */
    public FeedAnswer feed(FeedRequest request) {
        return feed(request, clock.millis(), stages(true));
    }

    /**
     * Answers requests that nobody sees, so that the first one that somebody sees finds compiled code and warm caches.
     */
    public void warmUp(int requests) {
        int subjects = log.dictionary()
                .domain(Dictionary.idsOf(application.framing().subject()))
                .size();
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().subject()));
        for (int i = 0; i < requests; i++) {
            feed(
                    FeedRequest.of(
                            ids.text(1 + (int) (i * 7919L % Math.max(1, subjects - 1))),
                            application.serving().slots()),
                    clock.millis(),
                    stages(false));
        }
    }

    /**
     * What a request is answered at a moment, if time does not matter: the whole cascade, however long its stages take,
     * neither logged nor counted. With a seed the same request gives the same answer, bit for bit, until an event, an item
     * or a version comes.
     */
    public FeedAnswer slate(FeedRequest request, long nowMillis) {
        return feed(request, nowMillis, new Stages(threads, stageMeters, PATIENT, false));
    }

    /** The stages of a request, within the application's deadlines. */
    private Stages stages(boolean isSeen) {
        return new Stages(threads, stageMeters, application.serving().budget(), isSeen);
    }

    private FeedAnswer feed(FeedRequest request, long now, Stages stages) {
        Trials.Part part = trials.of(request.subject());
        if (part.interleaved().isPresent()) {
            return interleaved(part.interleaved().get(), request, now, stages);
        }
        LiveModels live = use(part);
        try {
            return feed(live.cascade(application.model(), part), request, now, stages);
        } finally {
            live.release();
        }
    }

    /** The rankings of two arms in one list; the second one is left out if it is late or fails. */
    private FeedAnswer interleaved(Trials.Interleaved two, FeedRequest request, long now, Stages stages) {
        Future<FeedAnswer> other = threads.submit(() -> unseen(two.ofSecond(), request, now));
        LiveModels live = use(two.ofFirst());
        try {
            long start = System.nanoTime();
            FeedAnswer first = answer(live.cascade(application.model(), two.ofFirst()), request, now, stages);
            Duration patience = stages.deadline("retrieve").plus(stages.deadline("rank"));
            Optional<FeedAnswer> second = stages.within("interleave", patience, other::get);
            FeedAnswer mixed = second.map(found -> first.mixed(two.first(), found, two.second(), stages))
                    .orElse(first);
            send(live, request, mixed, stages, start);
            return mixed;
        } finally {
            live.release();
        }
    }

    private FeedAnswer unseen(Trials.Part part, FeedRequest request, long now) {
        LiveModels models = use(part);
        try {
            return answer(models.cascade(application.model(), part), request, now, stages(false));
        } finally {
            models.release();
        }
    }

    /** What a version would have answered; nobody sees it. */
    private FeedAnswer shadowed(int version, FeedRequest request, long now) {
        LiveModels models = rollover.use(version);
        try {
            return answer(models.cascade(application.model(), Trials.Part.NONE), request, now, stages(false));
        } finally {
            models.release();
        }
    }

    /** What was seen of the shadow that runs; empty if none does. */
    public Optional<ShadowRun.View> shadow() {
        return shadowRun.view();
    }

    /** Says that events of a simulated audience are among those of the log. */
    void markSimulatedAudience() {
        if (!hasSimulatedAudience) {
            log.markSimulatedAudience();
            hasSimulatedAudience = true;
        }
    }

    /** Whether events of a simulated audience are among those of the log. */
    public boolean hasSimulatedAudience() {
        return hasSimulatedAudience;
    }

    /** How many requests were not let in since the start. */
    public double refused() {
        return meters.find("rankwright.refused").counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    /** The last five minutes. */
    public Pulse pulse() {
        return pulse;
    }

    private LiveModels use(Trials.Part part) {
        return part.version().isPresent() ? rollover.use(part.version().getAsInt()) : rollover.use();
    }

    private FeedAnswer feed(Cascade cascade, FeedRequest request, long now, Stages stages) {
        long start = System.nanoTime();
        FeedAnswer answer = answer(cascade, request, now, stages);
        send(cascade.live(), request, answer, stages, start);
        return answer;
    }

    /** Goes through the cascade; nobody is told of it. */
    private FeedAnswer answer(Cascade cascade, FeedRequest request, long now, Stages stages) {
        LiveModels live = cascade.live();
        String id = UUID.randomUUID().toString();
        int subject = log.dictionary()
                .domain(Dictionary.idsOf(application.framing().subject()))
                .code(request.subject());
        Source.Query query = query(request, sequences(live, subject, now, stages), subject, now);
        var counts = new LinkedHashMap<String, Integer>();
        double[] context = context(request.context());
        Scored scored = score(cascade, request, query, context, stages, counts);
        long seed = request.seed().orElse(id.hashCode());
        List<Reranker.Placed> placed = stages.within(
                        "rerank", stages.deadline("rerank"), live.using(() -> rerank(cascade, scored, request, seed)))
                .orElseGet(() -> firstOf(scored, request.slots()));
        long explaining = System.nanoTime();
        List<FeedAnswer.Slot> slots = slots(live, scored, placed, request.explained());
        if (request.explained()) {
            stages.record("explain", explaining);
        }
        if (slots.isEmpty() && scored.offered() > 0) {
            stages.leaveOut("slate", "nothing was left by filters and rules");
        }
        String rung = scored.isByRanker() ? Ladder.CASCADE : Ladder.LIGHT;
        if (slots.isEmpty() && request.filter().isEmpty()) {
            Optional<Ladder.Found> found = ladder.find(request.subject(), request.slots(), query, cascade.sources());
            if (found.isPresent()) {
                rung = found.get().rung();
                stages.leaveOut("cascade", "answered by " + rung);
                slots = slots(found.get());
            }
        }
        stages.answeredBy(rung);
        return new FeedAnswer(
                id,
                request.subject(),
                now,
                live.version().name(),
                cascade.arms(),
                texts(context),
                scored.position(),
                data,
                subject != 0 && log.table(application.framing().subject()).isKnown(subject),
                slots,
                rung,
                stages.degraded(),
                coverage(cascade, counts, scored),
                counts,
                scored.candidates().size(),
                stages.timings());
    }

    /** Logs an answer that somebody sees, and tells of it those who watch. */
    private void send(LiveModels live, FeedRequest request, FeedAnswer answer, Stages stages, long start) {
        int subject = code(application.framing().subject(), request.subject());
        if (stages.isCounted()) {
            logAnswer(answer, stages);
            watch(live, subject, answer);
            pulse.answered(answer);
            Tracing.answered(answer);
            shadowRun.answered(request, answer);
            if (answer.degraded().isEmpty()) {
                ladder.remember(
                        request.subject(),
                        answer.slots().stream().map(FeedAnswer.Slot::item).toList());
            }
        }
        stages.record("total", start);
    }

    /** Tells of an answer those who watch what is served. */
    private void watch(LiveModels live, int subject, FeedAnswer answer) {
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        String head = application.framing().relevance().name();
        int size = answer.slots().size();
        int[] items = new int[size];
        float[] predicted = new float[size];
        // What another version says of an interleaved item lies in a row of another shape.
        boolean isOfOne = answer.slots().stream().allMatch(slot -> slot.team().isEmpty());
        int[] places = live.slices();
        float[][] slices = new float[size][places.length];
        for (int i = 0; i < size; i++) {
            FeedAnswer.Slot slot = answer.slots().get(i);
            boolean isPredicted = isOfOne && slot.features().length > 0;
            for (int p = 0; p < places.length; p++) {
                slices[i][p] = isPredicted ? slot.features()[places[p]] : Float.NaN;
            }
            items[i] = ids.code(slot.item());
            predicted[i] =
                    isPredicted ? slot.scores().getOrDefault(head, Double.NaN).floatValue() : Float.NaN;
        }
        int version = live.version().id();
        int repeated =
                lastSlates.put(subject, new LastSlates.Slate(version, answer.arms(), items.clone(), predicted, slices));
        canaryWatch.answered(subject, version, answer);
        if (isOfOne && live == rollover.live()) {
            monitor.answered(live, answer, items, repeated);
        }
    }

    /** What is seen of what is served. */
    public Monitor monitor() {
        return monitor;
    }

    /** The share of sources that answered, times the share of candidates that were ranked. */
    private static double coverage(Cascade cascade, Map<String, Integer> counts, Scored scored) {
        int sources = cascade.sources().size();
        return (sources == 0 ? 1 : counts.size() / (double) sources) * scored.coverage();
    }

    private Source.Query query(FeedRequest request, Map<String, int[]> sequences, int subject, long now) {
        EntityTable items = log.table(application.framing().item());
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        // Asked for every item that a search comes by: sorted numbers are found faster than boxed ones.
        var all = new ArrayList<int[]>(sequences.values());
        all.add(request.exclude().stream().mapToInt(ids::code).toArray());
        all.add(seen.of(subject));
        int[] excluded = new int[all.stream().mapToInt(codes -> codes.length).sum()];
        int size = 0;
        for (int[] codes : all) {
            System.arraycopy(codes, 0, excluded, size, codes.length);
            size += codes.length;
        }
        Arrays.sort(excluded);
        IntPredicate filter =
                request.filter().map(where -> Reranker.condition(where, items)).orElse(_ -> true);
        return new Source.Query(
                subject,
                sequences,
                now,
                code -> items.isShown(code) && Arrays.binarySearch(excluded, code) < 0 && filter.test(code));
    }

    /** The features of candidates: those in memory, or what is loaded of them; without the store, none. */
    private StoreReader.Loaded features(
            Stages stages, int subject, List<Fusion.Candidate> candidates, long now, double[] context) {
        if (stored.isEmpty()) {
            return new StoreReader.Loaded(state, () -> {});
        }
        int[] items = candidates.stream().mapToInt(Fusion.Candidate::code).toArray();
        Duration patience = stages.deadline("rank").dividedBy(2);
        return stages.within(
                        "features", patience, () -> stored.get().reader().load(subject, items, now, context, patience))
                .orElseGet(stored.get().reader()::nothing);
    }

    private Map<String, int[]> sequences(LiveModels live, int subject, long now, Stages stages) {
        if (stored.isEmpty()) {
            return sequences(live, state, subject);
        }
        Duration patience = stages.deadline("retrieve").dividedBy(2);
        StoreReader.Loaded loaded = stages.within(
                        "history",
                        patience,
                        () -> stored.get().reader().load(subject, new int[1], now, usualContext, patience))
                .orElseGet(stored.get().reader()::nothing);
        Map<String, int[]> sequences = sequences(live, loaded.state(), subject);
        loaded.giveBack().run();
        return sequences;
    }

    private Map<String, int[]> sequences(LiveModels live, FeatureState from, int subject) {
        var sequences = new HashMap<String, int[]>();
        LiveModels.Workspace workspace = live.borrow(from);
        lock.readLock().lock();
        try {
            for (String name : from.sequences()) {
                int[] scratch = new int[from.last(name)];
                int size = workspace.reader.sequence(name, subject, scratch);
                sequences.put(name, Arrays.copyOf(scratch, size));
            }
        } finally {
            lock.readLock().unlock();
            live.giveBack(workspace);
        }
        return sequences;
    }

    /** Retrieves candidates and scores them: those that are sure to be among them while the others are still searched. */
    private Scored score(
            Cascade cascade,
            FeedRequest request,
            Source.Query query,
            double[] context,
            Stages stages,
            Map<String, Integer> counts) {
        try (Scoring.Run run =
                scoring.begin(cascade.live(), new Scoring.Request(query.subject(), query.nowMillis(), context))) {
            var retrieval = new Retrieval(
                    threads,
                    stages,
                    cascade.sources(),
                    source -> cascade.live().using(() -> source.find(query)),
                    cascade.settings().rank().candidates(),
                    found -> withPinned(found, rules(cascade, request), query.allowed()),
                    stored.isEmpty()
                            ? new ScoredAtOnce(run, new StoreReader.Loaded(state, () -> {}))
                            : Retrieval.Next.WAITED_FOR);
            Retrieval.Found found = retrieval.await(counts);
            long start = found.endNanos();
            if (stored.isPresent()) {
                // A store is asked once, for all that a request needs.
                run.all(
                        features(stages, query.subject(), found.candidates(), query.nowMillis(), context),
                        found.candidates());
                start = System.nanoTime();
            }
            run.scoreElsewhere();
            return rank(cascade.live(), run, found.candidates(), stages, start);
        }
    }

    /** Scores candidates on the threads of the sources, as soon as they are there. */
    private record ScoredAtOnce(Scoring.Run run, StoreReader.Loaded features) implements Retrieval.Next {
        @Override
        public void ahead(List<Fusion.Candidate> candidates) {
            run.ahead(features, candidates);
        }

        @Override
        public void all(List<Fusion.Candidate> candidates, CountDownLatch over) {
            run.whenDone(over);
            run.all(features, candidates);
        }

        @Override
        public void work() {
            run.scoreHere();
        }
    }

    private double[] context(Map<String, String> given) {
        double[] context = usualContext.clone();
        List<String> columns = state.contextColumns();
        given.forEach((name, text) -> {
            int place = columns.indexOf(name);
            if (place < 0) {
                throw new BadRequest("the context '" + name + "'", "one of " + String.join(", ", columns));
            }
            if (schema.codeIndex(name).isPresent()) {
                context[place] = log.dictionary().domain(schema.domain(name)).code(text);
            } else {
                try {
                    context[place] = Double.parseDouble(text);
                } catch (NumberFormatException e) {
                    throw new BadRequest("the context " + name + " = '" + text + "'", "a number");
                }
            }
        });
        return context;
    }

    /** A context in words, as {@link #context} reads them. */
    private Map<String, String> texts(double[] context) {
        var texts = new LinkedHashMap<String, String>();
        List<String> columns = state.contextColumns();
        for (int c = 0; c < context.length; c++) {
            String column = columns.get(c);
            boolean isCode = schema.codeIndex(column).isPresent();
            if (isCode && context[c] != 0) {
                texts.put(column, log.dictionary().domain(schema.domain(column)).text((int) context[c]));
            } else if (!isCode && !Double.isNaN(context[c])) {
                texts.put(column, Double.toString(context[c]));
            }
        }
        return texts;
    }

    /** What the ranker says of candidates in time; of none of them, their fused order. */
    private Scored rank(
            LiveModels live, Scoring.Run run, List<Fusion.Candidate> candidates, Stages stages, long startNanos) {
        Duration deadline = stages.deadline("rank");
        try {
            Scored found = run.result(deadline.minusNanos(System.nanoTime() - startNanos));
            int ranked = found.candidates().size();
            if (ranked < candidates.size()) {
                stages.leaveOut(
                        "rank",
                        Stages.deadline(deadline) + ", " + ranked + " of " + candidates.size() + " candidates ranked");
            }
            if (ranked > 0 || candidates.isEmpty()) {
                return found;
            }
        } catch (RuntimeException e) {
            stages.leaveOut("rank", String.valueOf(e));
        } finally {
            stages.record("rank", startNanos);
        }
        return Scored.fused(live.ranker(), candidates);
    }

    private List<Reranker.Placed> rerank(Cascade cascade, Scored scored, FeedRequest request, long seed) {
        var reranker = new Reranker(
                log.table(application.framing().item()),
                log.dictionary().domain(Dictionary.idsOf(application.framing().item())),
                cascade.live().retriever()::vectors);
        return reranker.slate(ranked(scored), rules(cascade, request), request.slots(), seed);
    }

    private static List<RerankRule> rules(Cascade cascade, FeedRequest request) {
        return Stream.concat(request.rules().stream(), cascade.settings().rerank().stream())
                .toList();
    }

    /** Adds the pinned items that no source has named: what an editor pins is shown whoever asks. */
    private List<Fusion.Candidate> withPinned(
            List<Fusion.Candidate> candidates, List<RerankRule> rules, IntPredicate allowed) {
        if (rules.stream().noneMatch(RerankRule.Pin.class::isInstance)) {
            return candidates;
        }
        Set<Integer> named = candidates.stream().map(Fusion.Candidate::code).collect(Collectors.toSet());
        var all = new ArrayList<>(candidates);
        for (RerankRule rule : rules) {
            if (rule instanceof RerankRule.Pin pin) {
                int code = code(application.framing().item(), pin.item());
                if (allowed.test(code) && named.add(code)) {
                    all.add(new Fusion.Candidate(code, 0, List.of("pinned")));
                }
            }
        }
        return all;
    }

    private static List<Reranker.Ranked> ranked(Scored scored) {
        var ranked = new ArrayList<Reranker.Ranked>(scored.candidates().size());
        for (int i = 0; i < scored.candidates().size(); i++) {
            ranked.add(new Reranker.Ranked(i, scored.candidates().get(i).code(), scored.utilities()[i]));
        }
        return ranked;
    }

    private static List<Reranker.Placed> firstOf(Scored scored, int slots) {
        return ranked(scored).stream()
                .sorted((a, b) -> Double.compare(b.utility(), a.utility()))
                .limit(slots)
                .map(candidate -> new Reranker.Placed(candidate, 1, false))
                .toList();
    }

    private List<FeedAnswer.Slot> slots(
            LiveModels live, Scored scored, List<Reranker.Placed> placed, boolean isExplained) {
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        Ranker ranker = live.ranker();
        int width = ranker.width();
        float[] shown = new float[placed.size() * width];
        for (int i = 0; i < placed.size(); i++) {
            scored.copyRow(placed.get(i).candidate().index(), width, shown, i * width);
        }
        List<List<Ranker.Contribution>> reasons =
                isExplained && !placed.isEmpty() ? ranker.explain(shown, placed.size(), 0) : List.of();
        var slots = new ArrayList<FeedAnswer.Slot>();
        for (int i = 0; i < placed.size(); i++) {
            Reranker.Placed place = placed.get(i);
            int index = place.candidate().index();
            var scores = new LinkedHashMap<String, Double>();
            for (int h = 0; h < scored.scores().length; h++) {
                scores.put(ranker.manifest().heads().get(h).name(), scored.scores()[h][index]);
            }
            slots.add(new FeedAnswer.Slot(
                    i,
                    ids.text(place.candidate().code()),
                    scored.candidates().get(index).sources(),
                    scores,
                    scored.utilities()[index],
                    place.propensity(),
                    place.isExplored(),
                    Arrays.copyOfRange(shown, i * width, (i + 1) * width),
                    "",
                    reasons.isEmpty()
                            ? List.of()
                            : reasons.get(i).stream().limit(6).toList()));
        }
        return slots;
    }

    /** The items of a rung below the cascade as slots, of which nothing more is known. */
    private static List<FeedAnswer.Slot> slots(Ladder.Found found) {
        var slots = new ArrayList<FeedAnswer.Slot>();
        for (String item : found.items()) {
            slots.add(new FeedAnswer.Slot(
                    slots.size(), item, List.of(found.rung()), Map.of(), 0, 1, false, new float[0], "", List.of()));
        }
        return slots;
    }

    private void logAnswer(FeedAnswer answer, Stages stages) {
        long start = System.nanoTime();
        try {
            log.logAnswer(answer.timeMillis(), answer.request(), answer.logged());
        } catch (EnvironmentFault e) {
            stages.leaveOut("log", "not logged: " + e.getMessage());
        }
        stages.record("log", start);
    }

    /**
     * Takes events given as texts by column. An event without time happened now. When this returns they are on disk (or
     * in the log elsewhere) and the next feed sees them.
     *
     * @throws EnvironmentFault if the log cannot be written; nothing was taken then, or may be sent again
     */
    public EventLog.Appended accept(List<Map<String, String>> posted) {
        String time = schema.contract().time().orElseThrow();
        long now = clock.millis();
        List<Map<String, String>> timed = posted.stream()
                .map(fields -> {
                    var copy = new LinkedHashMap<>(fields);
                    copy.putIfAbsent(time, Long.toString(now));
                    return (Map<String, String>) copy;
                })
                .toList();
        slots.log().ifPresent(arrivals -> {
            List<Arrival.Content> happened = timed.stream()
                    .filter(fields -> log.catalog().fault(schema.type(), fields).isEmpty())
                    .<Arrival.Content>map(fields -> log.catalog().happened(schema.type(), fields))
                    .toList();
            logBreaker.orElseThrow().run(() -> arrivals.append(happened));
        });
        EventLog.Appended appended = applied.during(() -> {
            EventLog.Appended written = log.append(schema.type(), timed, "api");
            apply(written.accepted());
            return written;
        });
        pulse.arrived(appended.accepted().size());
        for (EventLog.Outcome outcome : EventLog.Outcome.values()) {
            events(outcome).increment(appended.count(outcome));
        }
        return appended;
    }

    private Counter events(EventLog.Outcome outcome) {
        return Counter.builder("rankwright.events")
                .description("Events posted, by what became of them")
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(meters);
    }

    private void applyToState(List<Event> events) {
        for (int from = 0; from < events.size(); from += APPLIED) {
            lock.writeLock().lock();
            try {
                for (Event event : events.subList(from, Math.min(events.size(), from + APPLIED))) {
                    state.apply(event);
                    applied.add(event.offset());
                }
            } finally {
                lock.writeLock().unlock();
            }
        }
    }

    /** Takes events of the log into all that answers look at. */
    private void apply(List<Event> events) {
        int subject = schema.codeIndex(application.subjectColumn()).orElseThrow();
        int item = schema.codeIndex(application.itemColumn()).orElseThrow();
        if (stored.isEmpty()) {
            applyToState(events);
        }
        for (Event event : events) {
            seen.add(event.codes()[subject], event.codes()[item]);
            monitor.arrived(event.timeMillis(), clock.millis());
            lastSlates.take(event.codes()[subject], event.codes()[item]).ifPresent(shown -> {
                double outcome = relevance.applyAsDouble(event);
                monitor.happened(shown, outcome, event.timeMillis(), () -> outcomes(event));
                canaryWatch.happened(event.codes()[subject], shown, outcome);
            });
            if (relevance.applyAsDouble(event) == 1) {
                rollover.tell(event.offset(), retriever -> retriever.taken(event.codes()[item], event.timeMillis()));
            }
        }
    }

    /** What each label says of an event. */
    private float[] outcomes(Event event) {
        float[] outcomes = new float[labels.size()];
        for (int l = 0; l < outcomes.length; l++) {
            outcomes[l] = (float) labels.get(l).applyAsDouble(event);
        }
        return outcomes;
    }

    /** Puts an entity; the answer is why it was refused, empty if it was put. */
    public Optional<String> put(String entity, String id, Map<String, String> fields) {
        String key = application.data().entity(entity).key();
        var texts = new LinkedHashMap<>(fields);
        texts.put(key, id);
        Optional<String> refused;
        lock.writeLock().lock();
        try {
            refused = log.putEntity(entity, key, texts, false);
        } finally {
            lock.writeLock().unlock();
        }
        if (refused.isEmpty() && entity.equals(application.framing().item())) {
            int code = code(entity, id);
            rollover.tell(retriever -> retriever.put(code));
        }
        return refused;
    }

    /** Hides an entity or shows it again; false if it is not known. */
    public boolean hide(String entity, String id, boolean hidden) {
        lock.writeLock().lock();
        try {
            return log.hide(entity, application.data().entity(entity).key(), id, hidden);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Forgets an entity; false if it is not known. */
    public boolean delete(String entity, String id) {
        boolean wasKnown;
        lock.writeLock().lock();
        try {
            wasKnown = log.deleteEntity(entity, id);
        } finally {
            lock.writeLock().unlock();
        }
        if (wasKnown && entity.equals(application.framing().item())) {
            int code = code(entity, id);
            rollover.tell(retriever -> retriever.delete(code));
        }
        return wasKnown;
    }

    private int code(String entity, String id) {
        return log.dictionary().domain(Dictionary.idsOf(entity)).code(id);
    }

    /** What models answer that stay open meanwhile. */
    private <T> T using(Function<LiveModels, T> question) {
        LiveModels live = rollover.use();
        try {
            return question.apply(live);
        } finally {
            live.release();
        }
    }

    /** An item like another, with how alike they are (the inner product of their vectors). */
    public record Similar(String item, double similarity) {}

    /** The items nearest to an item in the learnt space. */
    public List<Similar> similar(String item, int count) {
        int code = code(application.framing().item(), item);
        if (code == 0) {
            return List.of();
        }
        VectorIndex.Nearest nearest = using(live -> live.retriever().similarTo(code, count));
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        var similar = new ArrayList<Similar>();
        for (int i = 0; i < nearest.codes().length; i++) {
            similar.add(new Similar(ids.text(nearest.codes()[i]), nearest.similarities()[i]));
        }
        return similar;
    }

    /** Why one item scores for one subject as it does: for each head its score and every contribution to the raw one. */
    public record Explanation(String subject, String item, String version, Map<String, HeadExplanation> heads) {}

    /** Of one head: the calibrated score, and contributions that with the base sum to the raw score. */
    public record HeadExplanation(double score, List<Ranker.Contribution> contributions) {}

    /** Explains one item for one subject. */
    public Explanation explain(String subject, String item, Map<String, String> context) {
        LiveModels live = use(trials.of(subject));
        try {
            return explain(live, subject, item, context);
        } finally {
            live.release();
        }
    }

    private Explanation explain(LiveModels live, String subject, String item, Map<String, String> context) {
        var candidate = new Fusion.Candidate(code(application.framing().item(), item), 0, List.of());
        long now = clock.millis();
        int code = code(application.framing().subject(), subject);
        double[] asked = context(context);
        var stages = stages(false);
        StoreReader.Loaded features = features(stages, code, List.of(candidate), now, asked);
        Scored scored;
        try (Scoring.Run run = scoring.begin(live, new Scoring.Request(code, now, asked))) {
            run.all(features, List.of(candidate));
            run.scoreElsewhere();
            scored = run.result(EXPLAINED_WITHIN);
        }
        if (scored.candidates().isEmpty()) {
            throw new EnvironmentFault("the ranker did not answer in time", true);
        }
        var heads = new LinkedHashMap<String, HeadExplanation>();
        List<Ranker.Head> manifest = live.ranker().manifest().heads();
        for (int h = 0; h < manifest.size(); h++) {
            heads.put(
                    manifest.get(h).name(),
                    new HeadExplanation(
                            scored.scores()[h][0],
                            live.ranker()
                                    .explain(scored.inputs().getFirst().rows(), 1, h)
                                    .getFirst()));
        }
        return new Explanation(subject, item, live.version().name(), heads);
    }

    /** The last items of a subject by sequence, newest first, as ids. */
    public Map<String, List<String>> history(String subject) {
        Dictionary.Domain ids =
                log.dictionary().domain(Dictionary.idsOf(application.framing().item()));
        var history = new LinkedHashMap<String, List<String>>();
        using(live -> sequences(live, code(application.framing().subject(), subject), clock.millis(), stages(false)))
                .forEach((name, items) -> {
                    var newestFirst = new ArrayList<String>();
                    for (int i = items.length - 1; i >= 0; i--) {
                        newestFirst.add(ids.text(items[i]));
                    }
                    history.put(name, newestFirst);
                });
        return history;
    }

    @Override
    public void close() {
        follower.ifPresent(Follower::close);
        stored.ifPresent(StoredFeatures::close);
        shadowRun.close();
        slots.close();
        threads.shutdownNow();
        rollover.close();
        encoders.close();
        log.close();
    }
}
