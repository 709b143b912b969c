package io.rankwright.registry;

import io.rankwright.models.Artefact;
import io.rankwright.models.SealedJson;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The versions of one application in a folder: {@code blobs/HASH} holds the files, {@code versions/N.json} what is known
 * of a version, {@code trials/STUDY} what came of a search, {@code experiments} and {@code canaries} who is answered by what, {@code live.json} which one serves and which ones did before. Every file is replaced atomically.
 *
 * <p>Thread-safety: any thread of any process; those that write take turns.
 */
public final class Registry {
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
    /** A lock on a file is one of the process, not of the thread. */
    private static final ReentrantLock TURN = new ReentrantLock();

    private final Path folder;

    /** @param folder made if it is not there */
    public Registry(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(folder.resolve("blobs"));
            Files.createDirectories(folder.resolve("versions"));
        } catch (IOException e) {
            throw new EnvironmentFault("could not make the registry in " + folder + ": " + e.getMessage(), true, e);
        }
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
            write(folder.resolve("versions").resolve(id + ".json"), SealedJson.bytes(version));
            return version;
        });
    }

    /**
     * Does what reads and then writes, while no other thread or process does.
     *
     * @throws EnvironmentFault if the file that all of them lock cannot be opened
     */
    <T> T exclusively(Supplier<T> work) {
        TURN.lock();
        try {
            if (TURN.getHoldCount() > 1) {
                return work.get();
            }
            try (FileChannel channel = FileChannel.open(
                            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                return work.get();
            } catch (IOException e) {
                throw new EnvironmentFault("could not lock the registry in " + folder + ": " + e.getMessage(), true, e);
            }
        } finally {
            TURN.unlock();
        }
    }

    private String keep(byte[] bytes) {
        String hash = Artefact.hash(bytes);
        Path blob = folder.resolve("blobs").resolve(hash);
        if (!Files.exists(blob)) {
            write(blob, bytes);
        }
        return hash;
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
        Path blob = folder.resolve("blobs").resolve(hash);
        try (FileChannel channel = FileChannel.open(blob, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            if (!Artefact.hash(bytes).equals(hash)) {
                throw new EnvironmentFault("the model file " + blob + " is damaged: train again, or roll back", false);
            }
            return bytes;
        } catch (IOException e) {
            throw new EnvironmentFault("the model file " + blob + " cannot be read: " + e.getMessage(), false, e);
        }
    }

    /** The experiments on the application. */
    public Experiments experiments() {
        return new Experiments(folder.resolve("experiments"), this);
    }

    /** The canaries of the application. */
    public Canaries canaries() {
        return new Canaries(folder.resolve("canaries"), this);
    }

    /** Every time that a server trained by itself, the first one first. */
    public List<Retraining> retrainings() {
        return SealedFolder.read(folder.resolve("retrainings"), Retraining.class).stream()
                .sorted(Comparator.comparingLong(Retraining::startedMillis))
                .toList();
    }

    /** Keeps what is known of a training that a server began, in the place of what was known of it. */
    public void keep(Retraining retraining) {
        SealedFolder.write(
                folder.resolve("retrainings"), Long.toString(retraining.startedMillis()), SealedJson.bytes(retraining));
    }

    /** All versions, the oldest first, each in its stage. */
    public List<Version> versions() {
        Live live = liveNow();
        int tried = canaries().running().map(Canary::version).orElse(0);
        return SealedFolder.read(folder.resolve("versions"), Version.class).stream()
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
        return versions().stream()
                .filter(known -> known.id() == id)
                .findFirst()
                .orElseThrow(() -> new UserFault("no version v" + id + "; 'rankwright models' lists them"));
    }

    /** The version that was made from the same inputs, if there is one. */
    public Optional<Version> find(String key) {
        return versions().stream().filter(version -> version.key().equals(key)).findFirst();
    }

    /** The version that serves. */
    public Optional<Version> live() {
        int live = liveNow().version();
        return versions().stream().filter(version -> version.id() == live).findFirst();
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
                write(folder.resolve("live.json"), SealedJson.bytes(new Live(id, before)));
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
            write(
                    folder.resolve("live.json"),
                    SealedJson.bytes(new Live(
                            previous, live.before().subList(0, live.before().size() - 1))));
            return live().orElseThrow();
        });
    }

    /** Keeps what came of one attempt of a search. */
    public void keep(Trial trial) {
        Path file = trialFile(trial.study(), trial.number(), trial.share());
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw new EnvironmentFault("could not make " + file.getParent() + ": " + e.getMessage(), true, e);
        }
        write(file, SealedJson.bytes(trial));
    }

    /** What came of an attempt, if it was made. */
    public Optional<Trial> trial(String study, int number, double share) {
        Path file = trialFile(study, number, share);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        return Optional.of(SealedJson.read(file, Trial.class));
    }

    private Path trialFile(String study, int number, double share) {
        if (!HASH.matcher(study).matches()) {
            throw new IllegalArgumentException("'" + study + "' is no content hash");
        }
        return folder.resolve("trials").resolve(study).resolve(number + "-" + Math.round(1000 * share) + ".json");
    }

    private Live liveNow() {
        Path file = folder.resolve("live.json");
        if (!Files.exists(file)) {
            return new Live(0, List.of());
        }
        return SealedJson.read(file, Live.class);
    }

    static void write(Path file, byte[] bytes) {
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            try (FileChannel channel = FileChannel.open(
                    partial,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                var buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new EnvironmentFault(
                    "could not write " + file + ": " + e.getMessage() + "; the old file stays", true, e);
        }
    }
}
