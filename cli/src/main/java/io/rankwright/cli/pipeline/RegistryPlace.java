package io.rankwright.cli.pipeline;

import io.rankwright.registry.Registry;
import io.rankwright.spec.Application;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where versions, experiments and canaries are kept: in the folder of the state, or where several servers share them.
 * Immutable.
 *
 * @param database a JDBC URL, for what is known of versions
 * @param artefacts {@code s3://BUCKET/PREFIX}, for the files of models
 */
public record RegistryPlace(Optional<String> database, Optional<String> artefacts) {
    /** The folder of the state. */
    public static final RegistryPlace LOCAL = new RegistryPlace(Optional.empty(), Optional.empty());

    /** Whether other servers see the same. */
    public boolean isShared() {
        return database.isPresent();
    }

    /**
     * Opens the registry of an application.
     *
     * @param state whose data are real or simulated: the two never mix
     */
    public Registry open(Application application, Path state) {
        Path folder = state.resolve("registry");
        if (equals(LOCAL)) {
            return new Registry(folder);
        }
        Map<String, String> environment = System.getenv();
        return Registry.shared(
                database,
                environment.getOrDefault("RANKWRIGHT_REGISTRY_USER", ""),
                environment.getOrDefault("RANKWRIGHT_REGISTRY_PASSWORD", ""),
                artefacts,
                application.name() + "/" + state.getFileName(),
                folder);
    }
}
