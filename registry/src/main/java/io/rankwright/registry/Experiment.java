package io.rankwright.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.rankwright.evaluation.experiment.Assignment;
import io.rankwright.spec.UserFault;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * An experiment on an application: who takes part, and what is different in each arm. Immutable.
 *
 * <p>Experiments of one layer share its subjects: nobody takes part in two of them. Those of different layers do not know of each
 * other: a subject's arm in one tells nothing of its arm in another.
 *
 * @param layer whose subjects it shares with other experiments
 * @param from,share the stretch of the layer that takes part: places from {@code from} up to {@code from + share}
 * @param startedMillis by the clock of the machine; what it came to is told by the answers, which name its arms
 * @param stoppedMillis the same; 0 while it runs
 * @param arms in their order, the control first
 * @param isInterleaved whether everybody who takes part gets one list of the rankings of both arms, team-drafted
 */
public record Experiment(
        String name,
        String layer,
        double from,
        double share,
        long startedMillis,
        long stoppedMillis,
        List<Arm> arms,
        boolean isInterleaved) {
    /** What an arm may change besides the version: all that takes no training. */
    private static final Pattern SERVED = Pattern.compile(
            "model\\.(retrieve\\.[a-z0-9_]+\\.(candidates|weight|popularity|younger_than)|rank\\.candidates|rerank)");

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,40}");

    /** One whose subjects are each in one arm. */
    public Experiment(
            String name,
            String layer,
            double from,
            double share,
            long startedMillis,
            long stoppedMillis,
            List<Arm> arms) {
        this(name, layer, from, share, startedMillis, stoppedMillis, arms, false);
    }

    public Experiment {
        arms = List.copyOf(arms);
        if (isInterleaved && arms.size() != 2) {
            throw new UserFault(arms.size() + " arms of an interleaved experiment; expected two");
        }
        if (!NAME.matcher(name).matches() || !NAME.matcher(layer).matches()) {
            throw new UserFault("the experiment '" + name + "' in the layer '" + layer
                    + "'; expected names of small letters, digits, _ and -");
        }
        if (!(share > 0 && share <= 1) || !(from >= 0 && from + share <= 1 + 1e-9)) {
            throw new UserFault("the share " + share + "; expected one above 0 and at most 1");
        }
        if (arms.size() < 2 || arms.stream().map(Arm::name).distinct().count() < arms.size()) {
            throw new UserFault("the arms " + arms.stream().map(Arm::name).toList()
                    + "; expected two at least, the control first, each with a name of its own");
        }
    }

    /**
     * An arm.
     *
     * @param changes YAML by the path of the application file that it stands for; none for the control
     * @param version the version that answers; 0 for the live one
     * @param size how large it is beside the others, such as 9 beside 1; 0 is taken as 1
     */
    public record Arm(String name, Map<String, String> changes, int version, double size) {
        public Arm {
            size = size == 0 ? 1 : size;
            if (!(size > 0 && size <= 1_000_000)) {
                throw new UserFault(
                        "the arm '" + name + "' of size " + size + "; expected more than 0, such as 9 beside 1");
            }
            changes = Collections.unmodifiableMap(new LinkedHashMap<>(changes));
            if (!NAME.matcher(name).matches()) {
                throw new UserFault("the arm '" + name + "'; expected small letters, digits, _ and -");
            }
            changes.keySet().stream()
                    .filter(path -> !SERVED.matcher(path).matches())
                    .findFirst()
                    .ifPresent(path -> {
                        throw new UserFault(
                                "an arm that changes '" + path
                                        + "'; expected model.rerank, model.rank.candidates, or the candidates, weight, popularity or"
                                        + " younger_than of a source; what must be trained is compared as a version: NAME:version=v3");
                    });
        }

        /** One as large as the others. */
        public Arm(String name, Map<String, String> changes, int version) {
            this(name, changes, version, 1);
        }

        /** What answers: another version than the live one, if it names one. */
        public OptionalInt versionOf() {
            return version == 0 ? OptionalInt.empty() : OptionalInt.of(version);
        }
    }

    @JsonIgnore
    public boolean isRunning() {
        return stoppedMillis == 0;
    }

    Experiment stopped(long nowMillis) {
        return new Experiment(name, layer, from, share, startedMillis, nowMillis, arms, isInterleaved);
    }

    /** Whether a subject takes part. The same at any time. */
    public boolean takesPart(String subject) {
        double place = Assignment.place(layer, subject);
        return place >= from && place < from + share;
    }

    /** How answers name an interleaved experiment in the place of an arm. */
    public String interleavedArm() {
        return name + "/interleaved";
    }

    /** The arm of a subject; empty if it does not take part, or gets the rankings of both. The same at any time. */
    public Optional<Arm> arm(String subject) {
        if (isInterleaved || !takesPart(subject)) {
            return Optional.empty();
        }
        double within = Assignment.place(layer + "/" + name, subject) * size();
        for (Arm arm : arms) {
            within -= arm.size();
            if (within < 0) {
                return Optional.of(arm);
            }
        }
        return Optional.of(arms.getLast());
    }

    private double size() {
        return arms.stream().mapToDouble(Arm::size).sum();
    }

    /** Where the first gap of a layer begins that has room for a share. */
    static double room(List<Experiment> running, double share) {
        var taken = new ArrayList<>(running);
        taken.sort(Comparator.comparingDouble(Experiment::from));
        double free = 0;
        for (Experiment experiment : taken) {
            if (experiment.from() - free >= share - 1e-9) {
                return free;
            }
            free = experiment.from() + experiment.share();
        }
        if (1 - free >= share - 1e-9) {
            return free;
        }
        throw new UserFault(String.format(
                "the layer has no room for %.0f%%: %s take part in others; expected a smaller --share, or another --layer",
                100 * share, taken.stream().map(Experiment::name).toList()));
    }
}
