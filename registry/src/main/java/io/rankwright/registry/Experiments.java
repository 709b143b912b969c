package io.rankwright.registry;

import io.rankwright.models.SealedJson;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The experiments of one application, each a file, replaced atomically; a running server follows them.
 *
 * <p>Thread-safety: any thread may read; one process at a time may write, other processes may read.
 */
public final class Experiments {
    private final Path folder;

    Experiments(Path folder) {
        this.folder = folder;
    }

    /** All experiments, by the time they were started. */
    public List<Experiment> all() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .map(file -> SealedJson.read(file, Experiment.class))
                    .sorted(Comparator.comparingLong(Experiment::startedMillis).thenComparing(Experiment::name))
                    .toList();
        } catch (IOException e) {
            throw new EnvironmentFault("the experiments in " + folder + " cannot be read: " + e.getMessage(), false, e);
        }
    }

    /** Those that run. */
    public List<Experiment> running() {
        return all().stream().filter(Experiment::isRunning).toList();
    }

    /**
     * The experiment of this name.
     *
     * @throws UserFault if there is none
     */
    public Experiment named(String name) {
        return all().stream()
                .filter(experiment -> experiment.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UserFault("no experiment '" + name + "'; there are "
                        + all().stream().map(Experiment::name).toList()));
    }

    /**
     * Starts an experiment in the first gap of its layer.
     *
     * @throws UserFault if there is one of this name, or no room in the layer
     */
    public Experiment start(String name, String layer, double share, long nowMillis, List<Experiment.Arm> arms) {
        if (all().stream().anyMatch(known -> known.name().equals(name))) {
            throw new UserFault("there is an experiment '" + name + "' already; expected another name");
        }
        double from = Experiment.room(
                running().stream().filter(other -> other.layer().equals(layer)).toList(), share);
        var started = new Experiment(name, layer, from, share, nowMillis, 0, arms);
        keep(started);
        return started;
    }

    /** Ends an experiment; everybody gets what everybody gets. */
    public Experiment stop(String name, long nowMillis) {
        Experiment experiment = named(name);
        if (!experiment.isRunning()) {
            throw new UserFault("the experiment '" + name + "' has ended before");
        }
        Experiment stopped = experiment.stopped(nowMillis);
        keep(stopped);
        return stopped;
    }

    private void keep(Experiment experiment) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new EnvironmentFault("could not make " + folder + ": " + e.getMessage(), true, e);
        }
        Registry.write(folder.resolve(experiment.name() + ".json"), SealedJson.bytes(experiment));
    }
}
