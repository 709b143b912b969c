package io.rankwright.registry;

import io.rankwright.models.Artefact;
import io.rankwright.models.SealedJson;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The versions of one application: the files of models are {@link Artefacts}, what is known of versions, trials, experiments
 * and canaries, and which version serves and which ones did before, are {@link Records}.
 *
 * <p>Thread-safety: any thread of any process; those that write take turns.
 */
public final class Registry implements AutoCloseable {
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
    private static final String VERSIONS = "versions";
    private static final String RETRAININGS = "retrainings";
    private static final String LIVE = "live";
    /** The kind of what there is one of. */
    private static final String ONE = "";

    private final Records records;
    private final Artefacts artefacts;

    /** One that keeps what is known in one place and files in another. */
    public Registry(Records records, Artefacts artefacts) {
        this.records = records;
        this.artefacts = artefacts;
    }

    /** One that lies in a folder of this machine, made if it is not there. */
    public Registry(Path folder) {
        this(new FolderRecords(folder), new FolderArtefacts(folder.resolve("blobs")));
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EnvironmentFault("could not make the registry in " + folder + ": " + e.getMessage(), true, e);
        }
    }

    /**
     * One that servers may share.
     *
     * @param database a JDBC URL where what is known lies; empty for the folder
     * @param user,password of the database; empty for those in the URL
     * @param files {@code s3://BUCKET/PREFIX} where the files of models lie; empty for the folder
     * @param scope the application and its kind of data, so that several can share a database
     * @param folder of this machine
     * @throws UserFault if it is no such address
     * @throws EnvironmentFault if the database does not answer
     */
    public static Registry shared(
            Optional<String> database,
            String user,
            String password,
            Optional<String> files,
            String scope,
            Path folder) {
        Records records = database.<Records>map(url -> DatabaseRecords.open(url, user, password, scope))
                .orElseGet(() -> new FolderRecords(folder));
        Path copies = folder.resolve("blobs");
        Artefacts artefacts = files.<Artefacts>map(address -> S3Artefacts.open(address, copies))
                .orElseGet(() -> new FolderArtefacts(copies));
        return new Registry(records, artefacts);
    }

    private record Live(int version, List<Integer> before) {}

    /** What a new version is made of; see {@link Version}. */
    public record Draft(
            String key,
            String createdAt,
            Version.Lineage lineage,
            Map<String, byte[]> artefacts,
            Map<String, Double> metrics,
            Map<String, List<Double>> intervals,
            List<Gates.Result> gates) {}

    /** Keeps a new version as a candidate. */
    public Version register(Draft draft) {
        var hashes = new TreeMap<String, String>();
        draft.artefacts().forEach((name, bytes) -> hashes.put(name, keep(bytes)));
        return exclusively(() -> {
            int id = versions().stream().mapToInt(Version::id).max().orElse(0) + 1;
            var version = new Version(
                    id,
                    Version.Stage.CANDIDATE,
                    draft.key(),
                    draft.createdAt(),
                    draft.lineage(),
                    hashes,
                    draft.metrics(),
                    draft.intervals(),
                    draft.gates());
            put(VERSIONS, Integer.toString(id), version);
            return version;
        });
    }

    private String keep(byte[] bytes) {
        String hash = Artefact.hash(bytes);
        artefacts.put(hash, bytes);
        return hash;
    }

    <T> T exclusively(Supplier<T> work) {
        return records.exclusively(work);
    }

    /** All of a kind, in no order. */
    <T> List<T> all(String kind, Class<T> type) {
        return records.all(kind).entrySet().stream()
                .map(entry -> SealedJson.read(entry.getValue(), place(kind, entry.getKey()), type))
                .toList();
    }

    private <T> Optional<T> find(String kind, String name, Class<T> type) {
        return records.find(kind, name).map(found -> SealedJson.read(found, place(kind, name), type));
    }

    void put(String kind, String name, Object value) {
        records.put(kind, name, SealedJson.bytes(value));
    }

    private String place(String kind, String name) {
        return (kind.isEmpty() ? name : kind + "/" + name) + " in " + records.place();
    }

    /**
     * The bytes of an artefact.
     *
     * @throws EnvironmentFault if the file is not there or its bytes are not those it was named by
     */
    public byte[] artefact(String hash) {
        return mapped(hash).toArray(ValueLayout.JAVA_BYTE);
    }

    /**
     * A model, mapped from its file: what it has of tables stays there until it is looked at.
     *
     * @throws EnvironmentFault as {@link #artefact}
     */
    public Artefact model(String hash) {
        return Artefact.of(mapped(hash));
    }

    private MemorySegment mapped(String hash) {
        if (!HASH.matcher(hash).matches()) {
            throw new EnvironmentFault("'" + hash + "' is no content hash", false);
        }
        return artefacts.map(hash);
    }

    /** The experiments on the application. */
    public Experiments experiments() {
        return new Experiments(this);
    }

    /** The canaries of the application. */
    public Canaries canaries() {
        return new Canaries(this);
    }

    /** The shadows of the application. */
    public Shadows shadows() {
        return new Shadows(this);
    }

    /** Every time that a server trained by itself, the first one first. */
    public List<Retraining> retrainings() {
        return all(RETRAININGS, Retraining.class).stream()
                .sorted(Comparator.comparingLong(Retraining::startedMillis))
                .toList();
    }

    /** Keeps what is known of a training that a server began, in the place of what was known of it. */
    public void keep(Retraining retraining) {
        put(RETRAININGS, Long.toString(retraining.startedMillis()), retraining);
    }

    /** All versions, the oldest first, each in its stage. */
    public List<Version> versions() {
        Live live = liveNow();
        int tried = canaries().running().map(Canary::version).orElse(0);
        return all(VERSIONS, Version.class).stream()
                .map(version -> version.in(stage(version, live, tried)))
                .sorted(Comparator.comparingInt(Version::id))
                .toList();
    }

    private static Version.Stage stage(Version version, Live live, int tried) {
        if (version.id() == live.version()) {
            return Version.Stage.LIVE;
        }
        if (version.id() == tried) {
            return Version.Stage.CANARY;
        }
        return live.before().contains(version.id()) ? Version.Stage.RETIRED : Version.Stage.CANDIDATE;
    }

    /**
     * The version of this number.
     *
     * @throws UserFault if there is none
     */
    public Version version(int id) {
        return known(id, liveNow())
                .orElseThrow(() -> new UserFault("no version v" + id + "; 'rankwright models' lists them"));
    }

    /** The version that was made from the same inputs, if there is one. */
    public Optional<Version> find(String key) {
        return versions().stream().filter(version -> version.key().equals(key)).findFirst();
    }

    /** The version that serves. */
    public Optional<Version> live() {
        Live live = liveNow();
        return known(live.version(), live);
    }

    private Optional<Version> known(int id, Live live) {
        int tried = canaries().running().map(Canary::version).orElse(0);
        return find(VERSIONS, Integer.toString(id), Version.class)
                .map(version -> version.in(stage(version, live, tried)));
    }

    /**
     * Lets a version serve; if it is tried as a canary, that has come to its end.
     *
     * @throws UserFault if there is no such version, or a gate has refused it and {@code isForced} is false
     */
    public Version promote(int id, boolean isForced, long nowMillis) {
        return exclusively(() -> {
            Version version = passed(id, isForced);
            Live live = liveNow();
            if (live.version() != id) {
                var before = new ArrayList<>(live.before());
                if (live.version() != 0) {
                    before.add(live.version());
                }
                put(ONE, LIVE, new Live(id, before));
            }
            canaries().promoted(id, nowMillis);
            return version.in(Version.Stage.LIVE);
        });
    }

    /**
     * The version of this number, if it may serve.
     *
     * @throws UserFault if there is no such version, or a gate has refused it and {@code isForced} is false
     */
    Version passed(int id, boolean isForced) {
        Version version = version(id);
        if (!version.hasPassed() && !isForced) {
            String refused = String.join(
                    "; ",
                    version.gates().stream()
                            .filter(gate -> !gate.hasPassed())
                            .map(gate -> gate.gate() + " (" + gate.values() + ")")
                            .toList());
            throw new UserFault(
                    "v" + id + " was refused by its gates: " + refused + "; --force lets it serve all the same");
        }
        return version;
    }

    /** The version that was live before the one that is. */
    public OptionalInt liveBefore() {
        List<Integer> before = liveNow().before();
        return before.isEmpty() ? OptionalInt.empty() : OptionalInt.of(before.getLast());
    }

    /**
     * Takes back the last step towards a new version: ends the canary that runs, or lets the version serve again that did
     * before the live one. The answer is the version that serves.
     *
     * @throws UserFault if there was none before
     */
    public Version rollback(long nowMillis) {
        return exclusively(() -> {
            if (canaries().running().isPresent()) {
                canaries().stop(nowMillis);
                return live().orElseThrow();
            }
            Live live = liveNow();
            if (live.before().isEmpty()) {
                throw new UserFault("nothing to roll back to: no version was live before");
            }
            int previous = live.before().getLast();
            put(
                    ONE,
                    LIVE,
                    new Live(previous, live.before().subList(0, live.before().size() - 1)));
            return live().orElseThrow();
        });
    }

    /** Keeps what came of one attempt of a search. */
    public void keep(Trial trial) {
        put(trials(trial.study()), trialName(trial.number(), trial.share()), trial);
    }

    /** What came of an attempt, if it was made. */
    public Optional<Trial> trial(String study, int number, double share) {
        return find(trials(study), trialName(number, share), Trial.class);
    }

    private static String trials(String study) {
        if (!HASH.matcher(study).matches()) {
            throw new IllegalArgumentException("'" + study + "' is no content hash");
        }
        return "trials/" + study;
    }

    private static String trialName(int number, double share) {
        return number + "-" + Math.round(1000 * share);
    }

    private Live liveNow() {
        return find(ONE, LIVE, Live.class).orElseGet(() -> new Live(0, List.of()));
    }

    @Override
    public void close() {
        records.close();
        artefacts.close();
    }
}
