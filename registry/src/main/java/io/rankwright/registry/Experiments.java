package io.rankwright.registry;

import io.rankwright.spec.UserFault;
import java.util.Comparator;
import java.util.List;

/**
 * The experiments of one application; a running server follows them.
 *
 * <p>Thread-safety: any thread of any process.
 */
public final class Experiments {
    private static final String KIND = "experiments";

    private final Registry registry;

    Experiments(Registry registry) {
        this.registry = registry;
    }

    /** All experiments, by the time they were started. */
    public List<Experiment> all() {
        return registry.all(KIND, Experiment.class).stream()
                .sorted(Comparator.comparingLong(Experiment::startedMillis).thenComparing(Experiment::name))
                .toList();
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
        return start(name, layer, share, nowMillis, arms, false);
    }

    /**
     * Starts an experiment in the first gap of its layer.
     *
     * @param isInterleaved whether everybody gets one list of the rankings of both arms
     * @throws UserFault if there is one of this name, or no room in the layer
     */
    public Experiment start(
            String name, String layer, double share, long nowMillis, List<Experiment.Arm> arms, boolean isInterleaved) {
        return registry.exclusively(() -> {
            if (all().stream().anyMatch(known -> known.name().equals(name))) {
                throw new UserFault("there is an experiment '" + name + "' already; expected another name");
            }
            double from = Experiment.room(
                    running().stream()
                            .filter(other -> other.layer().equals(layer))
                            .toList(),
                    share);
            return keep(new Experiment(name, layer, from, share, nowMillis, 0, arms, isInterleaved));
        });
    }

    /** Ends an experiment; everybody gets what everybody gets. */
    public Experiment stop(String name, long nowMillis) {
        return registry.exclusively(() -> {
            Experiment experiment = named(name);
            if (!experiment.isRunning()) {
                throw new UserFault("the experiment '" + name + "' has ended before");
            }
            return keep(experiment.stopped(nowMillis));
        });
    }

    private Experiment keep(Experiment experiment) {
        registry.put(KIND, experiment.name(), experiment);
        return experiment;
    }
}
