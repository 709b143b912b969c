package io.rankwright.spec;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One ML ranking system: the seven steps of its application file. Which steps there are is the same for every task; what
 * stands in them is not. Immutable, safe for any thread.
 */
public sealed interface Application permits FeedApplication, SearchApplication, ScoreApplication {
    String name();

    /** The folder that holds {@code app.yaml}. */
    Path folder();

    /** SHA-256 over the application file and its contracts, in hex: part of every model's lineage. */
    String hash();

    Framing.Task task();

    /** Step 1. */
    Requirements requirements();

    /** The pre-trained encoders that its features name. */
    List<Encoder> encoders();

    /** Step 6. */
    Evaluation evaluation();

    /**
     * Reads and checks the application in a folder (or its {@code app.yaml}), whatever its task.
     *
     * @throws UserFault with every problem found, if there is one
     */
    static Application read(Path folderOrFile) {
        return ApplicationFile.of(folderOrFile, Map.of());
    }
}
