package io.rankwright.log;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The room on the disk of a database. RocksDB that has met a full disk writes no more until it is opened anew; so it must
 * not meet one: what would take the last of the room is refused before, and taken again as soon as there is room. Any
 * number of threads.
 */
final class DiskRoom {
    private static final long LEAST_KEPT = 2L << 20;
    private static final long MOST_KEPT = 256L << 20;
    private static final int SHARE = 20;

    private final Path folder;
    private final FileStore disk;
    private final long kept;

    /** @param folder that of the database, which is there */
    DiskRoom(Path folder) throws IOException {
        this.folder = folder;
        this.disk = Files.getFileStore(folder);
        this.kept = Math.clamp(disk.getTotalSpace() / SHARE, LEAST_KEPT, MOST_KEPT);
    }

    /**
     * Refuses what would leave less than what flushes and compactions need: a twentieth of the disk, 256 MiB at most.
     *
     * @throws EnvironmentFault that says so
     */
    void refuseIfFull(String action, long bytes) {
        try {
            long left = disk.getUsableSpace();
            if (left - bytes < kept) {
                throw new EnvironmentFault(
                        String.format(
                                Locale.ROOT,
                                "the disk is full: no space left to %s in %s (%.1f MiB are free, of which %.1f are kept"
                                        + " for what is there); nothing was half-written, free some space",
                                action,
                                folder,
                                left / 1048576.0,
                                kept / 1048576.0),
                        true);
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not ask how much room " + folder + " has: " + e.getMessage(), true, e);
        }
    }
}
