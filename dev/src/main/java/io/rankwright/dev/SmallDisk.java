package io.rankwright.dev;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A file system of a few megabytes, for trying what happens when a disk is full. Needs the right to mount. */
public final class SmallDisk implements AutoCloseable {
    private static final int BLOCK_BYTES = 1 << 16;

    private final Path folder;

    private SmallDisk(Path folder) {
        this.folder = folder;
    }

    /** Makes one in a new folder; empty if this process may not mount. */
    public static Optional<SmallDisk> in(Path folder, int megabytes) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EnvironmentFault("could not make " + folder + ": " + e.getMessage(), true, e);
        }
        String size = "size=" + megabytes + "m";
        return run("mount", "-t", "tmpfs", "-o", size, "tmpfs", folder.toString())
                ? Optional.of(new SmallDisk(folder))
                : Optional.empty();
    }

    private static boolean run(String... command) {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException _) {
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public Path folder() {
        return folder;
    }

    /** Makes it larger or smaller; false if that was refused. */
    public boolean resize(int megabytes) {
        return run("mount", "-o", "remount,size=" + megabytes + "m", folder.toString());
    }

    /** Fills it to the last byte, as another program would; the answer is the file to delete for room. */
    public Path fill() {
        Path filler = folder.resolve("filler");
        try (OutputStream out = Files.newOutputStream(filler)) {
            byte[] block = new byte[BLOCK_BYTES];
            while (true) {
                out.write(block);
            }
        } catch (IOException _) {
            return filler;
        }
    }

    @Override
    public void close() {
        run("umount", "-l", folder.toString());
    }
}
