package io.rankwright.registry;

import io.rankwright.models.SealedJson;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A folder of sealed files of one kind, {@code NAME.json} each. Stateless. */
final class SealedFolder {
    private SealedFolder() {}

    /** All of them, in no order; none if the folder is not there. */
    static <T> List<T> read(Path folder, Class<T> type) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .map(file -> SealedJson.read(file, type))
                    .toList();
        } catch (IOException e) {
            throw new EnvironmentFault("the files in " + folder + " cannot be read: " + e.getMessage(), false, e);
        }
    }

    /** Puts one in the place of what was there; the folder is made if it is not there. */
    static void write(Path folder, String name, byte[] bytes) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EnvironmentFault("could not make " + folder + ": " + e.getMessage(), true, e);
        }
        Registry.write(folder.resolve(name + ".json"), bytes);
    }
}
