package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.dev.Faults;
import io.rankwright.log.Event;
import io.rankwright.log.EventLog;
import io.rankwright.log.Folder;
import io.rankwright.log.Progress;
import io.rankwright.models.EmbeddingTable;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.retrieval.VectorIndex;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model.Precision;
import io.rankwright.training.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that a disk has torn or in which it has flipped a bit is found and named, or what is read is what was written:
 * never a silent wrong answer.
 */
class DamagedFilesTest {
    private static final int SEEDS = Faults.times(60, 1000);

    @TempDir
    static Path scratch;

    private static FeedApplication application;
    private static Path state;

    @BeforeAll
    static void make() {
        Path folder = Command.smallApplication(scratch);
        Path home = scratch.resolve("home");
        Command.trainedHome(home);
        application = FeedApplication.read(folder);
        state = home.resolve("simulated");
    }

    /** What is read from a folder, as a value that can be compared. */
    private interface Reading {
        Object read(Path folder) throws IOException;
    }

    private static List<Path> filesOf(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** Flips one bit, or cuts the file off; the answer says what was done. */
    private static String damage(Path file, SplittableRandom random) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int place = random.nextInt(bytes.length);
        if (random.nextInt(4) == 0) {
            Files.write(file, Arrays.copyOf(bytes, place));
            return file.getFileName() + " cut at " + place + " of " + bytes.length;
        }
        int bit = random.nextInt(8);
        bytes[place] ^= (byte) (1 << bit);
        Files.write(file, bytes);
        return file.getFileName() + " bit " + bit + " of byte " + place;
    }

    /** Damages one file of a folder for each seed, every file as likely as another. */
    private static void tried(String what, Path whole, Reading reading, Tolerance tolerance) throws IOException {
        Object expected = reading.read(copied(whole));
        int found = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            var random = new SplittableRandom(seed);
            Path folder = copied(whole);
            List<Path> files = filesOf(folder).stream()
                    .filter(file -> file.toFile().length() > 0)
                    .toList();
            Path hit = files.get(random.nextInt(files.size()));
            String damage = what + ", seed " + seed + ": " + damage(hit, random);
            try {
                Object read = reading.read(folder);
                if (!read.equals(expected)) {
                    found++;
                    assertThat(tolerance.allows(hit, read, expected)).as(damage).isTrue();
                }
            } catch (EnvironmentFault e) {
                found++;
                assertThat(e.getMessage()).as(damage).contains(folder.toString());
            }
        }
        System.out.printf("%s: %d of %d damages found, the others changed nothing that is read%n", what, found, SEEDS);
    }

    /** What may be read beside what was written. */
    private interface Tolerance {
        boolean allows(Path damaged, Object read, Object written);
    }

    private static Path copied(Path whole) throws IOException {
        Path folder = scratch.resolve("copy");
        Folder.delete(folder);
        Command.copy(whole, folder);
        return folder;
    }

    @Test
    void theLog_whoseTailMayBeCut() throws IOException {
        tried(
                "log",
                state.resolve("log"),
                folder -> {
                    try (EventLog log = EventLog.open(folder, application)) {
                        List<String> events = new ArrayList<>();
                        for (Event event : log.arrivedSince("watch", 0, Integer.MAX_VALUE)) {
                            events.add(log.catalog().texts("watch", event).toString());
                        }
                        return events;
                    }
                },
                (damaged, read, written) -> damaged.toString().endsWith(".log")
                        && ((List<?>) written)
                                .subList(0, ((List<?>) read).size())
                                .equals(read));
    }

    @Test
    void theIndex_whichIsThenMadeAgain() throws IOException {
        try (Stream<Path> indexes = Files.list(state.resolve("index"))) {
            tried(
                    "index",
                    indexes.findFirst().orElseThrow(),
                    folder -> {
                        try (VectorIndex index = VectorIndex.open(folder, Precision.FLOAT)) {
                            var vector = new float[64];
                            vector[3] = 1;
                            VectorIndex.Nearest nearest = index.nearest(vector, 20, _ -> true);
                            return List.of(index.codes(), Arrays.toString(nearest.codes()));
                        }
                    },
                    (_, read, _) -> read.toString().equals("[{}, []]"));
        }
    }

    @Test
    void theSnapshot() throws IOException {
        tried(
                "snapshot",
                state.resolve("snapshots"),
                folder -> {
                    var rows = new ArrayList<String>();
                    for (Snapshot snapshot : Snapshot.all(folder)) {
                        var data = snapshot.read(application, Progress.SILENT);
                        rows.add(snapshot.manifest() + " " + data.rows());
                    }
                    return rows;
                },
                (_, _, _) -> false);
    }

    @Test
    void theRegistryAndItsModels() throws IOException {
        tried(
                "model",
                state.resolve("registry"),
                folder -> {
                    var registry = new Registry(folder);
                    var all = new ArrayList<String>();
                    for (Version version : registry.versions()) {
                        all.add(version.toString());
                        version.artefacts()
                                .values()
                                .forEach(hash -> all.add(Arrays.hashCode(registry.artefact(hash)) + " " + hash));
                    }
                    return all;
                },
                (_, _, _) -> false);
    }

    @Test
    void anEmbeddingTable() throws IOException {
        Path folder = Files.createDirectories(scratch.resolve("tables"));
        var table = EmbeddingTable.create(16, 8, 5);
        for (long id = 1; id < 500; id++) {
            table.add(id);
        }
        table.freeze().write(folder.resolve("table"));
        tried(
                "embedding table",
                folder,
                copy -> {
                    EmbeddingTable read = EmbeddingTable.open(copy.resolve("table"));
                    var vectors = new ArrayList<String>();
                    for (long id = 1; id < 600; id++) {
                        var vector = new float[16];
                        read.read(read.row(id), vector, 0);
                        vectors.add(Arrays.toString(vector));
                    }
                    return vectors;
                },
                (_, _, _) -> false);
    }
}
