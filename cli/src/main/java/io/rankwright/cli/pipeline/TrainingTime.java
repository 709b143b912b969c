package io.rankwright.cli.pipeline;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How long the last training of an application took, kept beside its state for {@code rankwright plan}. */
final class TrainingTime {
    private static final String FILE = "training-time";

    private TrainingTime() {}

    /** Notes a training of all models. */
    static void note(Path state, double seconds, long exposures) {
        try {
            Files.writeString(state.resolve(FILE), Long.toString(Math.round(seconds * 1e6 / Math.max(1, exposures))));
        } catch (IOException e) {
            throw new EnvironmentFault("could not write to " + state + ": " + e.getMessage(), true, e);
        }
    }

    /** Seconds a million exposures; 0 if no training was noted. */
    static long secondsPerMillion(Path state) {
        try {
            Path file = state.resolve(FILE);
            return Files.exists(file) ? Long.parseLong(Files.readString(file).strip()) : 0;
        } catch (IOException e) {
            throw new EnvironmentFault("could not read " + state + ": " + e.getMessage(), true, e);
        }
    }
}
