package io.rankwright.dev;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The jars of an engine, which the build lays beside this part's classes and which nothing else may meet. */
final class Libraries {
    private Libraries() {}

    /** The folder of an engine's jars. */
    static Path of(String engine) {
        try {
            Path here = Path.of(Libraries.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            Path folder = here.resolveSibling(engine);
            if (!Files.isDirectory(folder)) {
                throw new EnvironmentFault("no jars of " + engine + " in " + folder + ": build anew", false);
            }
            return folder;
        } catch (URISyntaxException e) {
            throw new InternalFault("cannot find the jars of " + engine, e);
        }
    }
}
