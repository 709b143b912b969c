package io.rankwright.serving;

import io.rankwright.registry.Canary;
import io.rankwright.registry.Experiment;
import io.rankwright.spec.FeedApplication;
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
 * The experiments and the canary that run, ready to say what a subject's request is answered by. Immutable; any thread.
 *
 * <p>What each combination of arms comes to is read and checked beforehand: a request only looks it up.
 */
final class Trials {
    static final Trials NONE = new Trials(List.of(), Map.of(), Optional.empty());

    private final List<Experiment> running;
    private final Map<Map<String, String>, Model> models;
    private final Optional<Canary> canary;

    /**
     * What a subject's request is answered by.
     *
     * @param arms it is in, as {@code experiment/arm}; of a canary {@code canary-v3/new} or {@code canary-v3/live}
     * @param changes of the application file
     * @param model the file's, with the changes; empty if there are none
     * @param version another than the live one
     * @param interleaved the arms of an experiment whose rankings are mixed into one list
     */
    record Part(
            List<String> arms,
            Map<String, String> changes,
            Optional<Model> model,
            OptionalInt version,
            Optional<Interleaved> interleaved) {
        static final Part NONE = new Part(List.of(), Map.of(), Optional.empty(), OptionalInt.empty(), Optional.empty());
    }

    /** Two arms, and what each is answered by; {@code arms} of both name the experiment alone. */
    record Interleaved(String first, Part ofFirst, String second, Part ofSecond) {}

    private Trials(List<Experiment> running, Map<Map<String, String>, Model> models, Optional<Canary> canary) {
        this.running = running;
        this.models = models;
        this.canary = canary;
    }

    /**
     * Reads what the arms of experiments change.
     *
     * @param canary the one that runs
     * @throws UserFault if the application file does not take a change
     */
    static Trials of(FeedApplication application, List<Experiment> running, Optional<Canary> canary) {
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
                FeedApplication changed = FeedApplication.read(application.folder(), changes);
                if (!changed.hash().equals(application.hash())) {
                    throw new UserFault("the application file has changed since the server was started; restart it, and"
                            + " experiments go on");
                }
                models.put(changes, changed.model());
            }
        }
        return new Trials(List.copyOf(running), Map.copyOf(models), canary);
    }

    /** How the arms of a canary are called. */
    static String arm(int version, boolean isNew) {
        return "canary-v" + version + (isNew ? "/new" : "/live");
    }

    List<Experiment> running() {
        return running;
    }

    Optional<Canary> canary() {
        return canary;
    }

    /** The versions that some arm names, and the one that is tried. */
    Set<Integer> versions() {
        var versions = new TreeSet<Integer>();
        canary.ifPresent(tried -> versions.add(tried.version()));
        running.forEach(
                experiment -> experiment.arms().forEach(arm -> arm.versionOf().ifPresent(versions::add)));
        return versions;
    }

    Part of(String subject) {
        if (running.isEmpty() && canary.isEmpty()) {
            return Part.NONE;
        }
        var arms = new ArrayList<String>();
        var changes = new LinkedHashMap<String, String>();
        OptionalInt version = OptionalInt.empty();
        if (canary.isPresent()) {
            boolean isTried = canary.get().answers(subject);
            version = isTried ? OptionalInt.of(canary.get().version()) : version;
            arms.add(arm(canary.get().version(), isTried));
        }
        Optional<Experiment> mixed = Optional.empty();
        for (Experiment experiment : running) {
            if (experiment.isInterleaved() && experiment.takesPart(subject) && mixed.isEmpty()) {
                mixed = Optional.of(experiment);
                arms.add(experiment.interleavedArm());
            }
            Optional<Experiment.Arm> arm = experiment.arm(subject);
            if (arm.isPresent()) {
                arms.add(experiment.name() + "/" + arm.get().name());
                changes.putAll(arm.get().changes());
                version = arm.get().versionOf().isPresent() ? arm.get().versionOf() : version;
            }
        }
        OptionalInt answeredBy = version;
        return new Part(
                List.copyOf(arms),
                changes,
                Optional.ofNullable(models.get(changes)),
                version,
                mixed.map(experiment -> interleaved(experiment, arms, changes, answeredBy)));
    }

    private Interleaved interleaved(
            Experiment experiment, List<String> arms, Map<String, String> changes, OptionalInt version) {
        Experiment.Arm first = experiment.arms().getFirst();
        Experiment.Arm second = experiment.arms().getLast();
        return new Interleaved(
                first.name(), of(first, arms, changes, version), second.name(), of(second, arms, changes, version));
    }

    private Part of(Experiment.Arm arm, List<String> arms, Map<String, String> changes, OptionalInt version) {
        var together = new LinkedHashMap<>(changes);
        together.putAll(arm.changes());
        return new Part(
                List.copyOf(arms),
                together,
                Optional.ofNullable(models.get(together)),
                arm.versionOf().isPresent() ? arm.versionOf() : version,
                Optional.empty());
    }
}
