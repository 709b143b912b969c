package io.rankwright.training;

import io.rankwright.log.Folder;
import io.rankwright.log.WholeFile;
import io.rankwright.models.Artefact;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/**
 * What is learnt of a ranker before it is whole, on disk: after a kill only what was not finished is learnt again. One
 * thread at a time.
 *
 * @param folder of one training alone: named by everything that the model depends on
 */
record FinishedMembers(Path folder) {
    /**
     * A member as it was learnt before a kill, or learnt now and kept.
     *
     * @param learn given a folder for the checkpoints of this member
     */
    Map<String, byte[]> member(String name, Function<Path, Map<String, byte[]>> learn) {
        Path file = folder.resolve(name + ".member");
        if (Files.exists(file)) {
            try {
                return Artefact.of(Files.readAllBytes(file)).parts();
            } catch (IOException e) {
                throw new EnvironmentFault("could not read " + file + ": " + e.getMessage(), true, e);
            } catch (EnvironmentFault e) {
                throw new EnvironmentFault(file + " is broken; delete " + folder + " to begin anew", false, e);
            }
        }
        Map<String, byte[]> learnt = learn.apply(folder.resolve(name));
        WholeFile.write(file, new Artefact(learnt).bytes());
        return learnt;
    }

    /** Deletes what was kept: the ranker is whole. */
    void clear() {
        try {
            Folder.delete(folder);
        } catch (IOException e) {
            throw new EnvironmentFault("could not delete " + folder + ": " + e.getMessage(), true, e);
        }
    }
}
