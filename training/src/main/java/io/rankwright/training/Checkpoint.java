package io.rankwright.training;

import io.rankwright.log.Folder;
import io.rankwright.models.EmbeddingTable;
import io.rankwright.spec.EnvironmentFault;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * Where a training stands, on disk: after a kill it goes on from there to the same model. A checkpoint is a folder named by
 * its step, renamed to that name when it is whole; the one before is deleted then. One thread at a time.
 */
final class Checkpoint {
    private static final String PREFIX = "step-";

    private final Path folder;

    /** @param folder of this training alone: named by everything that the model depends on */
    Checkpoint(Path folder) {
        this.folder = folder;
    }

    /** How many steps are behind the newest whole checkpoint; 0 if there is none. */
    int step() {
        return newest().map(Checkpoint::step).orElse(0);
    }

    private static int step(Path whole) {
        return Integer.parseInt(whole.getFileName().toString().substring(PREFIX.length()));
    }

    private Optional<Path> newest() {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> entry.getFileName().toString().matches(PREFIX + "\\d+"))
                    .max(Comparator.comparingInt(Checkpoint::step));
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    /** A table as it stood; empty if there is no checkpoint. */
    Optional<EmbeddingTable> table(String name) {
        return newest().map(whole -> EmbeddingTable.open(whole.resolve("table-" + name)));
    }

    /** Brings weights to where they stood; leaves them if there is no checkpoint. */
    void restore(List<Weights> weights) {
        newest().map(whole -> whole.resolve("weights")).ifPresent(file -> {
            var checksum = new CRC32C();
            try (var in = new DataInputStream(
                    new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file)), checksum))) {
                for (Weights each : weights) {
                    each.read(in);
                }
                long found = checksum.getValue();
                if (in.readLong() != found) {
                    throw new EnvironmentFault(file + " is broken; delete " + folder + " to begin anew", false);
                }
            } catch (IOException e) {
                throw unreadable(file, e);
            }
        });
    }

    private static EnvironmentFault unreadable(Path file, IOException e) {
        return new EnvironmentFault("could not read " + file + ": " + e.getMessage(), true, e);
    }

    /** Saves where the training stands. */
    void save(int step, Map<String, EmbeddingTable> tables, List<Weights> weights) {
        Optional<Path> before = newest();
        Path unfinished = folder.resolve("unfinished");
        try {
            Folder.delete(unfinished);
            Files.createDirectories(unfinished);
            tables.forEach((name, table) -> table.freeze().write(unfinished.resolve("table-" + name)));
            var checksum = new CRC32C();
            try (var out = new DataOutputStream(new CheckedOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(unfinished.resolve("weights"))), checksum))) {
                for (Weights each : weights) {
                    each.write(out);
                }
                out.writeLong(checksum.getValue());
            }
            Files.move(unfinished, folder.resolve(PREFIX + step), StandardCopyOption.ATOMIC_MOVE);
            if (before.isPresent()) {
                Folder.delete(before.get());
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not write " + unfinished + ": " + e.getMessage(), true, e);
        }
    }

    /** Deletes what was saved: the training is over. */
    void clear() {
        try {
            Folder.delete(folder);
        } catch (IOException e) {
            throw new EnvironmentFault("could not delete " + folder + ": " + e.getMessage(), true, e);
        }
    }
}
