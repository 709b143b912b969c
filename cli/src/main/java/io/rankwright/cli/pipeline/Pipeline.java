package io.rankwright.cli.pipeline;

import io.rankwright.evaluation.Classification;
import io.rankwright.features.FeatureColumn;
import io.rankwright.features.FeatureState;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.DataRoot;
import io.rankwright.log.EventLog;
import io.rankwright.log.Folder;
import io.rankwright.log.Ingestion;
import io.rankwright.log.Intake;
import io.rankwright.log.Progress;
import io.rankwright.log.Simulator;
import io.rankwright.models.Artefact;
import io.rankwright.models.CollaborativeModel;
import io.rankwright.models.ImportedNetwork;
import io.rankwright.models.Ranker;
import io.rankwright.models.TwoTower;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.registry.Gates;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Trial;
import io.rankwright.registry.Version;
import io.rankwright.retrieval.Indexing;
import io.rankwright.retrieval.Retriever;
import io.rankwright.serving.LiveModels;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.Model;
import io.rankwright.spec.UserFault;
import io.rankwright.training.CodeVersion;
import io.rankwright.training.CollaborativeTrainer;
import io.rankwright.training.DataSet;
import io.rankwright.training.LeakCheck;
import io.rankwright.training.RankerTrainer;
import io.rankwright.training.Snapshot;
import io.rankwright.training.TrainingRun;
import io.rankwright.training.TwoTowerTrainer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs an application up to a registered version: data, log, snapshot, models, metrics, gates. Killed at any moment and
 * started again it ends with the same version; what is valid is used again.
 */
public final class Pipeline {
    /** The seed of a run that names none. */
    public static final long SEED = 7;

    private static final int LEAK_CUTS = 2;
    /** The baselines that are learnt from who took what. */
    private static final Map<String, Model.Similar.Method> BASELINES = Map.of(
            "item_knn", new Model.Similar.Knn(100),
            "ease", new Model.Similar.Ease(100, 100),
            "ials", new Model.Similar.Ials(64, 5, 0.01, 2));

    private final FeedApplication application;
    private final Path state;
    private final DataRoot root;
    private final Optional<ArrivalLog> elsewhere;
    private final SnapshotWriter snapshots;
    private final RegistryPlace registry;
    private final boolean isFresh;
    private final boolean isBeside;
    private final TrainingRun run;
    private final Reporter reporter;

    private Pipeline(
            FeedApplication application,
            Path state,
            boolean isBeside,
            DataRoot root,
            DataChoice choice,
            TrainingRun run,
            Reporter reporter) {
        this.snapshots = choice.snapshots();
        this.registry = choice.registry();
        this.isFresh = choice.isFresh() || choice.elsewhere().isPresent();
        this.isBeside = isBeside;
        this.application = application;
        this.state = state;
        this.root = root;
        this.elsewhere = choice.elsewhere();
        this.run = run;
        this.reporter = reporter;
    }

    /**
     * Where the data come from.
     *
     * @param folder the folder that was named for the sources
     * @param isSimulated whether to make them even where real ones are found
     * @param elsewhere where events arrive, if not at the log of this machine
     * @param isFresh whether what was posted since teaches too, by whole days; what arrives elsewhere always does
     * @param snapshots what computes features as they stood before each event
     * @param registry where versions are kept
     */
    public record DataChoice(
            Optional<Path> folder,
            boolean isSimulated,
            Optional<ArrivalLog> elsewhere,
            boolean isFresh,
            SnapshotWriter snapshots,
            RegistryPlace registry) {
        /** The same with snapshots written in another way. */
        public DataChoice with(SnapshotWriter writer) {
            return new DataChoice(folder, isSimulated, elsewhere, isFresh, writer, registry);
        }

        /** The same with what was posted since. */
        public DataChoice fresh() {
            return new DataChoice(folder, isSimulated, elsewhere, true, snapshots, registry);
        }
    }

    /** What writes a snapshot of the log; see {@link Snapshot#write}. */
    public interface SnapshotWriter {
        Snapshot write(
                Path folder, FeedApplication application, EventLog log, Snapshot.Manifest inputs, Progress progress);
    }

    /** Finds the data of an application, or makes them. */
    public static Pipeline of(
            FeedApplication application, Home home, DataChoice choice, TrainingRun run, Reporter reporter) {
        Optional<DataRoot> found =
                Sources.find(application, application.eventGlobs(), choice.folder(), choice.isSimulated());
        DataRoot root = found.orElseGet(() -> simulated(application, home, reporter));
        Sources.tell(root, reporter);
        return new Pipeline(application, home.state(root.isSimulated()), home.isBeside(), root, choice, run, reporter);
    }

    private static DataRoot simulated(FeedApplication application, Home home, Reporter reporter) {
        var settings = application.data().simulation().orElseThrow(() -> Sources.nothing(application));
        Path folder = home.state(true).resolve("data");
        try (Reporter.Step step = reporter.step("simulate")) {
            long rows = Simulator.write(folder, application, settings, step);
            step.outcome("%,d exposures, seed %d", rows, settings.seed());
        }
        return new DataRoot(folder, true);
    }

    public boolean isSimulated() {
        return root.isSimulated();
    }

    /** Where the state of this run lies. */
    public Path state() {
        return state;
    }

    /** What a run has made ready to serve. */
    public record Prepared(
            EventLog log,
            Optional<ArrivalLog> elsewhere,
            Registry registry,
            Version version,
            Ingestion.Report ingestion) {}

    /** Takes into the log what is new in the sources, and what has arrived elsewhere. */
    public Ingestion.Report ingest(EventLog log) {
        Ingestion.Report report = takeIn(log);
        // Beside a server it is the server that follows them.
        elsewhere.filter(_ -> !isBeside).ifPresent(arrivals -> {
            try (Reporter.Step step = reporter.step("catch up")) {
                EventLog.Counts counts = new Intake(log, application.framing().exposure(), arrivals).catchUp(step);
                step.outcome("%s: %s", arrivals.name(), Sources.words(counts));
            }
        });
        return report;
    }

    private Ingestion.Report takeIn(EventLog log) {
        try (Reporter.Step step = reporter.step("take in")) {
            Ingestion.Report report = new Ingestion(application, log, root, step).run();
            step.outcome("%s", Sources.words(report.total()));
            return report;
        }
    }

    /** Runs every step whose inputs have changed, and decides which version is live; the log stays open. */
    public Prepared run() {
        EventLog log = EventLog.open(state.resolve("log"), application);
        try {
            Ingestion.Report ingestion = ingest(log);
            Registry versions = registry();
            Version version = version(log, versions, ingestion, Optional.empty());
            Sources.decide(versions, version, reporter);
            Version live = versions.live().orElseThrow(() -> Sources.refused(application, version));
            return new Prepared(log, elsewhere, versions, live, ingestion);
        } catch (RuntimeException e) {
            log.close();
            throw e;
        }
    }

    /**
     * Takes in what is new, and hands on the version that is live in the registry: nothing is trained.
     *
     * @throws EnvironmentFault if none is live yet
     */
    public Prepared live() {
        EventLog log = EventLog.open(state.resolve("log"), application);
        try {
            Ingestion.Report ingestion = ingest(log);
            Registry versions = registry();
            return new Prepared(log, elsewhere, versions, Sources.live(versions), ingestion);
        } catch (RuntimeException e) {
            log.close();
            throw e;
        }
    }

    private Registry registry() {
        return registry.open(application, state);
    }

    private EventLog log() {
        Path folder = state.resolve("log");
        return isBeside ? EventLog.readOnly(folder, application) : EventLog.open(folder, application);
    }

    /** Runs every step up to the metrics; which version is live stays as it is. */
    public Version evaluate() {
        try (EventLog log = log()) {
            return version(log, registry(), ingest(log), Optional.empty());
        }
    }

    /**
     * Makes a version again, from the sources on, in a folder of its own that is deleted behind it.
     *
     * @throws UserFault if the application file or the code is not that of then
     */
    public Version reproduce(Version original) {
        Version.Lineage lineage = original.lineage();
        refuseOther("application file", lineage.applicationHash(), application.hash());
        refuseOther("code", lineage.codeVersion(), hash(featureCode(), modelCode()));
        Path scratch = state.resolve("reproduced");
        try {
            Folder.delete(scratch);
            try {
                var choice = new DataChoice(
                        Optional.empty(), root.isSimulated(), elsewhere, isFresh, snapshots, RegistryPlace.LOCAL);
                Version again = new Pipeline(application, scratch, false, root, choice, run, reporter).evaluate();
                refuseOther("data", lineage.sourceHash(), again.lineage().sourceHash());
                return again;
            } finally {
                Folder.delete(scratch);
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not delete " + scratch + ": " + e.getMessage(), true, e);
        }
    }

    private static void refuseOther(String what, String then, String now) {
        if (!then.equals(now)) {
            throw new UserFault("the " + what + " of the version was another (" + then.substring(0, 12) + ", now "
                    + now.substring(0, 12) + "); expected that of then, as version control or a backup has it");
        }
    }

    /** The same with a ranker that was trained elsewhere. */
    public Version take(ImportedNetwork network) {
        try (EventLog log = log()) {
            return version(log, registry(), ingest(log), Optional.of(network));
        }
    }

    /** Takes in what is new, and hands on the log with what a snapshot of it is to be made of. */
    public <T> T withInputs(BiFunction<EventLog, Snapshot.Manifest, T> use) {
        try (EventLog log = log()) {
            return use.apply(log, inputs(log, ingest(log)));
        }
    }

    /** Searches settings of the ranker; see {@link Tuner}. The answer are the last attempts, the best first. */
    public List<Trial> tune(SearchSpace space, int trials, int rungs, String metric) {
        return withInputs((log, inputs) -> {
            DataSet data = read(snapshot(log, inputs));
            LocalDate lastDay = LocalDate.parse(inputs.lastDay());
            var split = application.data().split();
            LocalDate judged = split.validate().on(lastDay);
            DataSet.Range judge = data.range(judged, judged);
            DataSet.Range validate = data.range(judged.minusDays(1), judged.minusDays(1));
            DataSet.Range train = data.range(split.trainFrom().on(lastDay), judged.minusDays(2));
            refuseEmpty(judge, "data.split.validate");
            refuseEmpty(validate, "the day before data.split.validate");
            refuseEmpty(train, "data.split.train less its last day");
            String study = hash(inputs.key(), run.toString(), modelCode(), space.toString(), trials + "/" + rungs);
            return new Tuner(
                            application,
                            log,
                            data,
                            train,
                            validate,
                            judge,
                            registry(),
                            run,
                            state.resolve("checkpoints"),
                            reporter)
                    .search(space, trials, rungs, metric, study);
        });
    }

    private Version version(
            EventLog log, Registry registry, Ingestion.Report ingestion, Optional<ImportedNetwork> imported) {
        Snapshot.Manifest inputs = inputs(log, ingestion);
        String key = hash(
                inputs.key(),
                run.toString(),
                modelCode(),
                imported.map(ImportedNetwork::hash).orElse(""));
        Optional<Version> known = registry.find(key);
        if (known.isPresent()) {
            reporter.say(
                    "  %-10s %s is valid for these data, this file and this code: used again",
                    "train", known.get().name());
            return known.get();
        }
        try (var encoders = new Encoders(state, application.encoders())) {
            return train(log, registry, inputs, key, imported, encoders);
        }
    }

    private Snapshot.Manifest inputs(EventLog log, Ingestion.Report ingestion) {
        String exposure = application.framing().exposure();
        long last = ingestion
                .lastTimeMillis(exposure)
                .orElseThrow(() -> new UserFault("no event of '" + exposure
                        + "' was accepted; expected some in the sources (see the quarantine)"));
        long until = last + 1;
        LocalDate lastDay = Snapshot.lastDay(application, last);
        String source = ingestion.sourceHash();
        if (isFresh) {
            // Files end; what arrives does not: it teaches by whole days, and the day of the newest event is not over.
            LocalDate whole = Snapshot.lastDay(
                            application, log.lastTimeMillis(exposure).orElse(last))
                    .minusDays(1);
            if (whole.isAfter(lastDay)) {
                lastDay = whole;
                until = Snapshot.startMillis(application, whole.plusDays(1));
                source = hash(source, elsewhere.map(ArrivalLog::name).orElse("posted"));
            }
        }
        String code = featureCode();
        return new Snapshot.Manifest(
                hash(source, application.hash(), code, lastDay.toString()),
                "",
                source,
                application.hash(),
                code,
                root.isSimulated() ? "simulated" : "real",
                0,
                lastDay.toString(),
                until,
                List.of());
    }

    private static String featureCode() {
        return CodeVersion.of(FeedApplication.class, EventLog.class, FeatureState.class, Snapshot.class);
    }

    private static String modelCode() {
        return CodeVersion.of(Ranker.class, Classification.class, RankerTrainer.class, Retriever.class, Pipeline.class);
    }

    private static String hash(String... parts) {
        return Artefact.hash(String.join("\n", parts).getBytes(StandardCharsets.UTF_8));
    }

    private Snapshot snapshot(EventLog log, Snapshot.Manifest inputs) {
        try (Reporter.Step step = reporter.step("replay")) {
            Snapshot snapshot = Snapshot.find(Home.snapshots(state), inputs.key())
                    .orElseGet(() -> snapshots.write(Home.snapshots(state), application, log, inputs, step));
            step.outcome(
                    "%,d exposures × %d features, snapshot %s",
                    snapshot.manifest().rows(),
                    snapshot.manifest().features().size(),
                    snapshot.manifest().contentHash().substring(0, 12));
            return snapshot;
        }
    }

    private DataSet read(Snapshot snapshot) {
        try (Reporter.Step step = reporter.step("read")) {
            DataSet data = snapshot.read(application, step);
            step.outcome("%,d rows in memory", data.rows());
            return data;
        }
    }

    private Version train(
            EventLog log,
            Registry registry,
            Snapshot.Manifest inputs,
            String key,
            Optional<ImportedNetwork> imported,
            Encoders encoders) {
        Snapshot snapshot = snapshot(log, inputs);
        DataSet data = read(snapshot);
        long start = System.nanoTime();
        LocalDate lastDay = LocalDate.parse(snapshot.manifest().lastDay());
        var split = application.data().split();
        DataSet.Range train =
                data.range(split.trainFrom().on(lastDay), split.trainTo().on(lastDay));
        DataSet.Range validate =
                data.range(split.validate().on(lastDay), split.validate().on(lastDay));
        LocalDate testDay = split.test().on(lastDay);
        refuseEmpty(train, "data.split.train");
        refuseEmpty(validate, "data.split.validate");
        refuseEmpty(data.range(testDay, testDay), "data.split.test");
        checkLeaks(log, data, train, validate);
        var artefacts = new LinkedHashMap<String, byte[]>();
        var trainer = new RankerTrainer(
                application, log, data, train, validate, application.model().rank(), run, checkpoints(key, "ranker"));
        try (Reporter.Step step = reporter.step("ranker")) {
            Artefact ranker = imported.map(trainer::take).orElseGet(() -> trainer.train(step));
            artefacts.put("ranker", ranker.bytes());
            boolean isRefit = application.model().rank().refit() && imported.isEmpty();
            step.outcome(
                    "%s on %,d exposures up to %s",
                    imported.map(_ -> "imported; calibrated beside training").orElse(members()),
                    isRefit ? train.size() + validate.size() : train.size(),
                    (isRefit ? split.validate() : split.trainTo()).on(lastDay));
        }
        Map<String, CollaborativeModel> collaborative = collaborative(log, data, train);
        collaborative.forEach((source, learnt) -> artefacts.put(
                LiveModels.collaborativeOf(source), learnt.artefact().bytes()));
        application.model().twoTower().ifPresent(settings -> {
            try (Reporter.Step step = reporter.step("two-tower")) {
                artefacts.put(
                        "towers",
                        new TwoTowerTrainer(
                                        application,
                                        log,
                                        data,
                                        train,
                                        settings,
                                        run,
                                        encoders,
                                        checkpoints(key, "towers"))
                                .train(step)
                                .bytes());
                step.outcome("%d dimensions, %d epochs", settings.dim(), settings.epochs());
            }
        });
        TrainingTime.note(state, (System.nanoTime() - start) / 1e9, train.size());
        var evaluator = new Evaluator(application, log, data, run.seed());
        evaluate(evaluator, trainer, log, artefacts, collaborative, encoders, testDay);
        Optional<String> notCompared = judgeLive(evaluator, registry, data, testDay);
        Map<String, Double> metrics = evaluator.metrics();
        List<Gates.Result> gates = Gates.judge(
                application.evaluation().gates(),
                metrics,
                application.evaluation().baselines(),
                notCompared);
        var lineage = new Version.Lineage(
                application.name(),
                inputs.data(),
                inputs.sourceHash(),
                inputs.applicationHash(),
                hash(inputs.codeVersion(), modelCode()),
                snapshot.manifest().contentHash(),
                lastDay.toString(),
                testDay.toString(),
                run.seed(),
                run.workers(),
                run.device().name().toLowerCase(Locale.ROOT),
                registry.live().map(Version::id).orElse(0));
        return registry.register(new Registry.Draft(
                key, Instant.now().toString(), lineage, artefacts, metrics, evaluator.intervals(), gates));
    }

    /** Judges the live version on the same day, if a gate asks for it; why it was not, if it was not. */
    private Optional<String> judgeLive(Evaluator evaluator, Registry registry, DataSet data, LocalDate day) {
        boolean isAsked = application.evaluation().gates().stream()
                .flatMap(gate -> gate.names().stream())
                .anyMatch(name -> name.startsWith(Gates.LIVE));
        Optional<Version> live = registry.live();
        if (!isAsked || live.isEmpty()) {
            return Optional.of("no version is live that it could be compared with");
        }
        try (Reporter.Step step = reporter.step("live");
                Ranker ranker = Ranker.of(registry.model(
                        Objects.requireNonNull(live.get().artefacts().get("ranker"))))) {
            List<String> features =
                    data.columns().stream().map(FeatureColumn::name).toList();
            boolean isReadable = features.containsAll(ranker.layout().features())
                    && ranker.layout().sequences().stream()
                            .allMatch(sequence -> data.sequences().containsKey(sequence.name()));
            if (!isReadable) {
                return Optional.of(live.get().name() + " reads features that this file does not have");
            }
            evaluator.judgeLive(ranker, day);
            step.outcome("%s judged on the same day", live.get().name());
            return Optional.empty();
        } catch (EnvironmentFault e) {
            return Optional.of(live.get().name() + " cannot be read: " + e.getMessage());
        }
    }

    private Path checkpoints(String key, String model) {
        return state.resolve("checkpoints").resolve(key).resolve(model);
    }

    private String members() {
        Model.Rank rank = application.model().rank();
        return Stream.of(rank.trees().map(_ -> "trees"), rank.dcn().map(_ -> "dcn"))
                .flatMap(Optional::stream)
                .collect(Collectors.joining(" and "));
    }

    private static void refuseEmpty(DataSet.Range range, String where) {
        if (range.size() == 0) {
            throw new UserFault(
                    "no exposure in the days of " + where + "; expected a split that fits the days of the log");
        }
    }

    private void checkLeaks(EventLog log, DataSet data, DataSet.Range train, DataSet.Range validate) {
        try (Reporter.Step step = reporter.step("leaks")) {
            var leaks = new ArrayList<>(LeakCheck.check(application, log, data, train, LEAK_CUTS, run.seed()));
            leaks.addAll(LeakCheck.check(application, log, data, validate, LEAK_CUTS, run.seed()));
            if (!leaks.isEmpty()) {
                throw new InternalFault("a feature looks ahead:\n"
                        + leaks.stream().map(LeakCheck.Leak::toString).collect(Collectors.joining("\n")));
            }
            step.outcome("%d rows recomputed from a log cut off just before them: equal", 2 * LEAK_CUTS);
        }
    }

    /** What is learnt from who took what, for each source and each baseline that asks for it, by the source's name. */
    private Map<String, CollaborativeModel> collaborative(EventLog log, DataSet data, DataSet.Range train) {
        var wanted = new LinkedHashMap<String, Model.Similar>();
        BASELINES.forEach((baseline, method) -> {
            if (application.evaluation().baselines().contains(baseline)) {
                Model.Similar settings = baseline(method);
                wanted.put(settings.name(), settings);
            }
        });
        application.model().retrieve().stream()
                .filter(Model.Similar.class::isInstance)
                .map(Model.Similar.class::cast)
                .forEach(settings -> wanted.put(settings.name(), settings));
        var learnt = new LinkedHashMap<String, CollaborativeModel>();
        wanted.forEach((name, settings) -> {
            try (Reporter.Step step = reporter.step(name)) {
                learnt.put(name, CollaborativeTrainer.train(application, log, data, train, settings, run.seed(), step));
                step.outcome(
                        "what goes with every %s, by %s",
                        application.framing().item(), settings.method().title());
            }
        });
        return learnt;
    }

    private Model.Similar baseline(Model.Similar.Method method) {
        String sequence = application.sequences().stream()
                .map(FeatureDefinition::name)
                .findFirst()
                .orElseThrow(() ->
                        new UserFault("the baselines item_knn, ease and ials need a sequence feature; expected one"
                                + " in features." + application.framing().subject()));
        return new Model.Similar(method, sequence, 20, 0, 100, 1);
    }

    private Map<String, CollaborativeModel> baselines(Map<String, CollaborativeModel> collaborative) {
        var baselines = new TreeMap<String, CollaborativeModel>();
        BASELINES.forEach((baseline, method) -> {
            if (application.evaluation().baselines().contains(baseline)) {
                baselines.put(
                        baseline,
                        Objects.requireNonNull(
                                collaborative.get(baseline(method).name())));
            }
        });
        return baselines;
    }

    /** The candidate sources over the vectors of all items, which are indexed here where they are not yet. */
    private Retriever indexed(
            EventLog log,
            Optional<TwoTower> towers,
            String hash,
            Map<String, CollaborativeModel> collaborative,
            Encoders encoders) {
        try (Reporter.Step step = reporter.step("index")) {
            Retriever retriever = LiveModels.retriever(
                    application, log, towers, hash, collaborative, encoders, index(), Indexing.alone(step));
            step.outcome(
                    "%,d vectors",
                    towers.isEmpty()
                            ? 0
                            : log.table(application.framing().item()).count());
            return retriever;
        }
    }

    private void evaluate(
            Evaluator evaluator,
            RankerTrainer trainer,
            EventLog log,
            Map<String, byte[]> artefacts,
            Map<String, CollaborativeModel> collaborative,
            Encoders encoders,
            LocalDate testDay) {
        Optional<TwoTower> towers =
                Optional.ofNullable(artefacts.get("towers")).map(bytes -> TwoTower.of(Artefact.of(bytes)));
        String hash =
                Optional.ofNullable(artefacts.get("towers")).map(Artefact::hash).orElse("none");
        try (Retriever retriever = indexed(log, towers, hash, collaborative, encoders);
                Reporter.Step step = reporter.step("evaluate")) {
            try (Ranker ranker = Ranker.of(Artefact.of(Objects.requireNonNull(artefacts.get("ranker"))))) {
                Evaluator.Reliability reliability = evaluator.judgeLabels(ranker, testDay);
                artefacts.put("reliability", Artefact.json(reliability.curve()));
                artefacts.put("slices", Artefact.json(reliability.slices()));
                if (application.evaluation().baselines().contains("trees")) {
                    judgeTrees(evaluator, ranker, trainer, testDay, step);
                }
            }
            LiveModels.fill(retriever, application, log, Snapshot.startMillis(application, testDay));
            evaluator.judgeFeed(retriever, baselines(collaborative), testDay, step);
            step.outcome("test day %s, %d metrics", testDay, evaluator.metrics().size());
        }
        towers.ifPresent(TwoTower::close);
    }

    /** The same towers have the same index, which a server that runs beside holds open. */
    private Path index() {
        return state.resolve(isBeside ? "index-beside" : "index");
    }

    /** The trees that a network must better: the ranker's own, or else some that are trained for this alone. */
    private static void judgeTrees(
            Evaluator evaluator, Ranker ranker, RankerTrainer trainer, LocalDate day, Progress progress) {
        if (ranker.manifest().members().contains(Ranker.Kind.TREES)) {
            evaluator.judgeTrees(ranker, day);
            return;
        }
        try (Ranker trees = Ranker.of(trainer.trees(progress))) {
            evaluator.judgeTrees(trees, day);
        }
    }
}
