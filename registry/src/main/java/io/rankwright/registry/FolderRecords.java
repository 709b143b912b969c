package io.rankwright.registry;

import io.rankwright.log.WholeFile;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Records as files of a folder, {@code KIND/NAME.json}, each replaced atomically. */
final class FolderRecords implements Records {
    private static final String SUFFIX = ".json";

    /** A lock on a file is one of the process, not of the thread. */
    private static final ReentrantLock TURN = new ReentrantLock();

    private final Path folder;

    FolderRecords(Path folder) {
        this.folder = folder;
    }

    @Override
    public Map<String, byte[]> all(String kind) {
        Path of = folder.resolve(kind);
        if (!Files.isDirectory(of)) {
            return Map.of();
        }
        try (Stream<Path> files = Files.list(of)) {
            var found = new HashMap<String, byte[]>();
            for (Path file :
                    files.filter(file -> file.toString().endsWith(SUFFIX)).toList()) {
                String name = file.getFileName().toString();
                found.put(name.substring(0, name.length() - SUFFIX.length()), Files.readAllBytes(file));
            }
            return found;
        } catch (IOException e) {
            throw new EnvironmentFault("the files in " + of + " cannot be read: " + e.getMessage(), false, e);
        }
    }

    @Override
    public Optional<byte[]> find(String kind, String name) {
        Path file = file(kind, name);
        try {
            return Optional.of(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new EnvironmentFault(file + " cannot be read: " + e.getMessage(), false, e);
        }
    }

    private Path file(String kind, String name) {
        return folder.resolve(kind).resolve(name + SUFFIX);
    }

    @Override
    public void put(String kind, String name, byte[] content) {
        WholeFile.write(file(kind, name), content);
    }

    @Override
    public <T> T exclusively(Supplier<T> work) {
        TURN.lock();
        try {
            if (TURN.getHoldCount() > 1) {
                return work.get();
            }
            Files.createDirectories(folder);
            try (FileChannel channel = FileChannel.open(
                            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) {
                return work.get();
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not lock the registry in " + folder + ": " + e.getMessage(), true, e);
        } finally {
            TURN.unlock();
        }
    }

    @Override
    public String place() {
        return folder.toString();
    }
}
