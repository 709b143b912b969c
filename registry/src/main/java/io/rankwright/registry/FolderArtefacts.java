package io.rankwright.registry;

import io.rankwright.log.WholeFile;
import io.rankwright.models.Artefact;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Artefacts as files of a folder, named by their hashes. */
final class FolderArtefacts implements Artefacts {
    private final Path folder;

    FolderArtefacts(Path folder) {
        this.folder = folder;
    }

    @Override
    public void put(String hash, byte[] bytes) {
        Path file = folder.resolve(hash);
        if (!Files.exists(file)) {
            WholeFile.write(file, bytes);
        }
    }

    /** Whether there is such a file, whole or not. */
    boolean has(String hash) {
        return Files.exists(folder.resolve(hash));
    }

    /** Forgets a file. */
    void delete(String hash) {
        try {
            Files.deleteIfExists(folder.resolve(hash));
        } catch (IOException e) {
            throw new EnvironmentFault("could not delete from " + folder + ": " + e.getMessage(), true, e);
        }
    }

    @Override
    public MemorySegment map(String hash) {
        Path file = folder.resolve(hash);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            if (!Artefact.hash(bytes).equals(hash)) {
                throw new EnvironmentFault("the model file " + file + " is damaged: train again, or roll back", false);
            }
            return bytes;
        } catch (IOException e) {
            throw new EnvironmentFault("the model file " + file + " cannot be read: " + e.getMessage(), false, e);
        }
    }
}
