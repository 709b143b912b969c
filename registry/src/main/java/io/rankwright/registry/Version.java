package io.rankwright.registry;

import io.rankwright.spec.UserFault;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One trained version of an application's models. Immutable.
 *
 * @param id counts from 1
 * @param stage candidate, canary, live or retired
 * @param key the hash of everything it was made from: the same key means the same version
 * @param lineage what it was made from
 * @param artefacts the content hash of each model file, by what it is for
 * @param metrics what was measured on the test day
 * @param intervals of some metrics the bounds of the 95% interval
 * @param gates what each gate said
 */
public record Version(
        int id,
        Stage stage,
        String key,
        String createdAt,
        Lineage lineage,
        Map<String, String> artefacts,
        Map<String, Double> metrics,
        Map<String, List<Double>> intervals,
        List<Gates.Result> gates) {
    public Version {
        if (id < 1) {
            throw new IllegalArgumentException("version " + id);
        }
        // Sorted, so that the same version is always written as the same bytes.
        artefacts = Collections.unmodifiableMap(new TreeMap<>(artefacts));
        metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
        intervals = Collections.unmodifiableMap(new TreeMap<>(intervals));
        gates = List.copyOf(gates);
    }

    /** How far a version has come. */
    public enum Stage {
        CANDIDATE,
        CANARY,
        LIVE,
        RETIRED
    }

    /**
     * What a version was made from.
     *
     * @param data real or simulated
     * @param snapshot the content hash of the data set it learnt from
     * @param workers how many threads learnt side by side
     * @param device what networks were computed on
     * @param parent the version that was live when it was made, 0 if none
     */
    public record Lineage(
            String application,
            String data,
            String sourceHash,
            String applicationHash,
            String codeVersion,
            String snapshot,
            String lastDay,
            String testDay,
            long seed,
            int workers,
            String device,
            int parent) {}

    /** Whether every gate let it pass. */
    public boolean hasPassed() {
        return gates.stream().allMatch(Gates.Result::hasPassed);
    }

    /**
     * The number of a version by its name, with or without the letter.
     *
     * @throws UserFault if it is no such name
     */
    public static int idOf(String name) {
        if (!name.matches("v?[1-9]\\d{0,8}")) {
            throw new UserFault("the version '" + name + "'; expected one such as v3");
        }
        return Integer.parseInt(name.replace("v", ""));
    }

    /** The name under which people speak of it: {@code v3}. */
    public String name() {
        return "v" + id;
    }

    Version in(Stage newStage) {
        return new Version(id, newStage, key, createdAt, lineage, artefacts, metrics, intervals, gates);
    }
}
