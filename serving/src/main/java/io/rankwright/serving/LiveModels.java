package io.rankwright.serving;

import io.rankwright.features.FeatureState;
import io.rankwright.features.Formulas;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.models.Artefact;
import io.rankwright.models.CollaborativeModel;
import io.rankwright.models.Ranker;
import io.rankwright.models.RankerInputs;
import io.rankwright.models.TwoTower;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.retrieval.Indexing;
import io.rankwright.retrieval.Retriever;
import io.rankwright.retrieval.Source;
import io.rankwright.retrieval.VectorIndex;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.Model;
import io.rankwright.spec.Model.Precision;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The models of one version, ready to answer. An answer uses one of these from its first stage to its last, so that it
 * never mixes two versions. Any number of threads; what is closed while it is used is freed by the last user.
 */
public final class LiveModels implements AutoCloseable {
    private final Version version;
    private final Ranker ranker;
    private final Optional<TwoTower> towers;
    private final Retriever retriever;
    private final EventLog log;
    /** How many use it, and one more until it is closed. */
    private final AtomicInteger users = new AtomicInteger(1);
    /** The sources of arms, by what the arms change. */
    private final Map<Map<String, String>, List<Source>> changedSources = new ConcurrentHashMap<>();

    private final int[] slices;
    /** By the state that they read: in an engine with an online store there is one for each request under way. */
    private final Map<FeatureState, Queue<Workspace>> workspaces = new ConcurrentHashMap<>();

    /** Where in a row of the ranker the features stand by whose values calibration is watched. */
    int[] slices() {
        return slices;
    }

    /** What one thread needs to turn candidates into inputs of the ranker. */
    final class Workspace {
        final FeatureState state;
        final FeatureState.Reader reader;
        final RankerInputs.Encoder encoder;
        final double[] row;

        private Workspace(FeatureState state) {
            this.state = state;
            this.reader = state.reader();
            this.encoder = ranker.encoder(state, log);
            this.row = new double[state.columns().size()];
        }
    }

    private LiveModels(
            FeedApplication application,
            Version version,
            Ranker ranker,
            Optional<TwoTower> towers,
            Retriever retriever,
            EventLog log) {
        this.slices = application.evaluation().slices().stream()
                .mapToInt(ranker.layout().features()::indexOf)
                .filter(place -> place >= 0)
                .toArray();
        this.version = version;
        this.ranker = ranker;
        this.towers = towers;
        this.retriever = retriever;
        this.log = log;
    }

    /**
     * Loads a version and brings its candidate sources up to a place in the log.
     *
     * @param before the offset behind the last event that they are told of
     */
    static LiveModels load(
            FeedApplication application,
            EventLog log,
            Registry registry,
            Version version,
            Encoders encoders,
            Path index,
            long before) {
        LiveModels live = open(application, log, registry, version, encoders, index, Indexing.BESIDE);
        fill(live.retriever, application, log, Long.MAX_VALUE, before);
        return live;
    }

    /** Loads a version whose candidate sources have not been told of any event. */
    static LiveModels open(
            FeedApplication application,
            EventLog log,
            Registry registry,
            Version version,
            Encoders encoders,
            Path index,
            Indexing indexing) {
        Ranker ranker = Ranker.of(artefact(registry, version, "ranker").orElseThrow());
        Optional<Artefact> towersFile = artefact(registry, version, "towers");
        Optional<TwoTower> towers = towersFile.map(TwoTower::of);
        Retriever retriever = retriever(
                application,
                log,
                towers,
                Optional.ofNullable(version.artefacts().get("towers")).orElse("none"),
                collaborative(application, registry, version),
                encoders,
                index,
                indexing);
        return new LiveModels(application, version, ranker, towers, retriever, log);
    }

    private static Optional<Artefact> artefact(Registry registry, Version version, String name) {
        return Optional.ofNullable(version.artefacts().get(name)).map(hash -> registry.model(hash));
    }

    private static Map<String, CollaborativeModel> collaborative(
            FeedApplication application, Registry registry, Version version) {
        var collaborative = new HashMap<String, CollaborativeModel>();
        for (Model.CandidateSource source : application.model().retrieve()) {
            artefact(registry, version, collaborativeOf(source.name()))
                    .ifPresent(artefact -> collaborative.put(source.name(), CollaborativeModel.of(artefact)));
        }
        return collaborative;
    }

    /** The artefact of a version that holds what a source has learnt from who took what. */
    public static String collaborativeOf(String source) {
        return "collaborative-" + source;
    }

    /**
     * The candidate sources over an index that is made from these towers, or used again if it was.
     *
     * @param origin the content hash of the towers
     * @param encoders what makes vectors of texts, where the towers look at some
     * @param indexing how items are indexed that are not yet
     */
    public static Retriever retriever(
            FeedApplication application,
            EventLog log,
            Optional<TwoTower> towers,
            String origin,
            Map<String, CollaborativeModel> collaborative,
            Encoders encoders,
            Path index,
            Indexing indexing) {
        Optional<TwoTower.Bound> bound = towers.map(model -> model.bind(
                log, application.framing().subject(), application.framing().item(), encoders::vectors));
        Precision precision =
                application.model().twoTower().map(Model.TwoTower::precision).orElse(Precision.FLOAT);
        String name = precision == Precision.FLOAT
                ? origin
                : origin + "-" + precision.name().toLowerCase(Locale.ROOT);
        return new Retriever(
                application,
                log,
                bound,
                bound.map(_ -> VectorIndex.open(index.resolve(name), precision)),
                collaborative,
                indexing);
    }

    /** Tells the candidate sources what was taken before a moment. */
    public static void fill(Retriever retriever, FeedApplication application, EventLog log, long untilMillis) {
        fill(retriever, application, log, untilMillis, Long.MAX_VALUE);
    }

    private static void fill(
            Retriever retriever, FeedApplication application, EventLog log, long untilMillis, long beforeOffset) {
        String exposure = application.framing().exposure();
        var formulas = new Formulas(application, log.schema(exposure), log.dictionary());
        var relevance = formulas.label(application.framing().relevance());
        int item = log.schema(exposure).codeIndex(application.itemColumn()).orElseThrow();
        try (EventCursor cursor = log.read(exposure, 0, untilMillis).before(beforeOffset)) {
            while (cursor.next()) {
                var event = cursor.event();
                if (relevance.applyAsDouble(event) == 1) {
                    retriever.taken(event.codes()[item], event.timeMillis());
                }
            }
        }
    }

    public Version version() {
        return version;
    }

    public Ranker ranker() {
        return ranker;
    }

    public Retriever retriever() {
        return retriever;
    }

    /** What a request is answered by. */
    Cascade cascade(Model usual, Trials.Part part) {
        if (part.model().isEmpty()) {
            return new Cascade(this, usual, retriever.sources(), part.arms());
        }
        Model changed = part.model().get();
        List<Source> sources = changedSources.computeIfAbsent(part.changes(), _ -> retriever.sources(changed));
        return new Cascade(this, changed, sources, part.arms());
    }

    Workspace borrow(FeatureState state) {
        Queue<Workspace> waiting = workspaces.get(state);
        Workspace workspace = waiting == null ? null : waiting.poll();
        return workspace == null ? new Workspace(state) : workspace;
    }

    void giveBack(Workspace workspace) {
        workspaces
                .computeIfAbsent(workspace.state, _ -> new ConcurrentLinkedQueue<>())
                .offer(workspace);
    }

    /** Begins to use it; false if it is closed. */
    boolean use() {
        return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** Ends a use. */
    void release() {
        if (users.decrementAndGet() == 0) {
            retriever.close();
            towers.ifPresent(TwoTower::close);
            ranker.close();
        }
    }

    /** Work that uses it to its end, also when nobody waits for that any more. */
    <T> Callable<T> using(Callable<T> work) {
        return () -> {
            if (!use()) {
                throw new InternalFault("models that are closed");
            }
            try {
                return work.call();
            } finally {
                release();
            }
        };
    }

    /** No answer begins to use it any more. */
    @Override
    public void close() {
        release();
    }
}
