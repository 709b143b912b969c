package io.rankwright.serving;

import io.rankwright.registry.Experiment;
import io.rankwright.spec.Application;
import io.rankwright.spec.Model;
import io.rankwright.spec.UserFault;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * The experiments that run, ready to say what a subject's request is answered by. Immutable; any thread.
 *
 * <p>What each combination of arms comes to is read and checked beforehand: a request only looks it up.
 */
final class Trials {
    static final Trials NONE = new Trials(List.of(), Map.of());

    private final List<Experiment> running;
    private final Map<Map<String, String>, Model> models;

    /**
     * What a subject's request is answered by.
     *
     * @param arms it is in, as {@code experiment/arm}
     * @param changes of the application file
     * @param model the file's, with the changes; empty if there are none
     * @param version another than the live one
     */
    record Part(List<String> arms, Map<String, String> changes, Optional<Model> model, OptionalInt version) {
        static final Part NONE = new Part(List.of(), Map.of(), Optional.empty(), OptionalInt.empty());
    }

    private Trials(List<Experiment> running, Map<Map<String, String>, Model> models) {
        this.running = running;
        this.models = models;
    }

    /**
     * Reads what the arms of experiments change.
     *
     * @throws UserFault if the application file does not take a change
     */
    static Trials of(Application application, List<Experiment> running) {
        List<Map<String, String>> combinations = new ArrayList<>(List.of(Map.of()));
        for (Experiment experiment : running) {
            for (Map<String, String> before : List.copyOf(combinations)) {
                for (Experiment.Arm arm : experiment.arms()) {
                    var together = new LinkedHashMap<>(before);
                    together.putAll(arm.changes());
                    combinations.add(together);
                }
            }
        }
        var models = new HashMap<Map<String, String>, Model>();
        for (Map<String, String> changes : combinations) {
            if (!changes.isEmpty() && !models.containsKey(changes)) {
                Application changed = Application.read(application.folder(), changes);
                if (!changed.hash().equals(application.hash())) {
                    throw new UserFault("the application file has changed since the server was started; restart it, and"
                            + " experiments go on");
                }
                models.put(changes, changed.model());
            }
        }
        return new Trials(List.copyOf(running), Map.copyOf(models));
    }

    List<Experiment> running() {
        return running;
    }

    /** The versions that some arm names. */
    Set<Integer> versions() {
        var versions = new TreeSet<Integer>();
        running.forEach(
                experiment -> experiment.arms().forEach(arm -> arm.versionOf().ifPresent(versions::add)));
        return versions;
    }

    Part of(String subject) {
        if (running.isEmpty()) {
            return Part.NONE;
        }
        var arms = new ArrayList<String>();
        var changes = new LinkedHashMap<String, String>();
        OptionalInt version = OptionalInt.empty();
        for (Experiment experiment : running) {
            Optional<Experiment.Arm> arm = experiment.arm(subject);
            if (arm.isPresent()) {
                arms.add(experiment.name() + "/" + arm.get().name());
                changes.putAll(arm.get().changes());
                version = arm.get().versionOf().isPresent() ? arm.get().versionOf() : version;
            }
        }
        return new Part(List.copyOf(arms), changes, Optional.ofNullable(models.get(changes)), version);
    }
}
