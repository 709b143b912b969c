package io.rankwright.cli.pipeline;

import io.rankwright.spec.Application;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The folder in which an application keeps its state: log, snapshots, registry, index. One process at a time holds it;
 * closing lets go.
 */
public final class Home implements AutoCloseable {
    private final Path folder;
    private final FileChannel channel;
    private final boolean isBeside;

    private Home(Path folder, FileChannel channel, boolean isBeside) {
        this.folder = folder;
        this.channel = channel;
        this.isBeside = isBeside;
    }

    /** Where the state of an application lies: {@code .rankwright} in its folder unless another is named. */
    public static Path folder(Application application, Optional<Path> named) {
        return named.orElse(application.folder().resolve(".rankwright")).toAbsolutePath();
    }

    /**
     * Takes the folder for this process.
     *
     * @throws EnvironmentFault naming the process that holds it, if one does
     */
    public static Home take(Path folder) {
        return lock(folder, folder.resolve("lock"), false);
    }

    /**
     * Takes the folder for this process, or works beside the server that has it: the log is read as it is then, and versions
     * are registered where the server finds them.
     *
     * @throws EnvironmentFault if another process works beside it already
     */
    public static Home takeOrBeside(Path folder) {
        try {
            return take(folder);
        } catch (EnvironmentFault held) {
            return lock(folder, folder.resolve("lock-beside"), true);
        }
    }

    private static Home lock(Path folder, Path file, boolean isBeside) {
        try {
            Files.createDirectories(folder);
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (lock(channel) == null) {
                String holder = Files.readString(file).strip();
                channel.close();
                throw new EnvironmentFault(
                        "the folder " + folder + " is in use by the process " + holder
                                + "; stop it, or name another folder with --home",
                        true);
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8)));
            return new Home(folder, channel, isBeside);
        } catch (IOException e) {
            throw new EnvironmentFault("could not use the folder " + folder + ": " + e.getMessage(), true, e);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** Whether a server has the folder. */
    public boolean isBeside() {
        return isBeside;
    }

    /** The state that belongs to real or to simulated data; the two never mix. */
    public Path state(boolean isSimulated) {
        return state(folder, isSimulated);
    }

    /** The same without taking the folder: to look only. */
    public static Path state(Path folder, boolean isSimulated) {
        return folder.resolve(isSimulated ? "simulated" : "real");
    }

    /** Whether a state has a registry yet. */
    public static boolean hasRegistry(Path state) {
        return Files.isDirectory(state.resolve("registry"));
    }

    /** The snapshots within a state. */
    public static Path snapshots(Path state) {
        return state.resolve("snapshots");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new EnvironmentFault("could not let go of " + folder + ": " + e.getMessage(), true, e);
        }
    }
}
