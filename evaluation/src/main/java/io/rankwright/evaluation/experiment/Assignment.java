package io.rankwright.evaluation.experiment;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts units into arms: always the same one, and independently of every other salt (Tang et al., "Overlapping Experiment
 * Infrastructure", KDD 2010). A unit's place is the first eight bytes of SHA-256 over {@code salt + '/' + unit}, as a share
 * of all there are; arms lie behind each other on it in their order. Growing the last arm moves no unit from one arm into
 * another. Immutable; any thread.
 */
public final class Assignment {
    /** 2^-53: as many places as a double tells apart. */
    private static final double STEP = 0x1p-53;

    private final String salt;
    private final List<String> arms;
    private final double[] ends;

    /**
     * @param salt names the experiment, or the layer whose experiments share its units
     * @param shares of each arm in its order, together at most 1
     */
    public Assignment(String salt, Map<String, Double> shares) {
        this.salt = salt;
        this.arms = List.copyOf(new ArrayList<>(new LinkedHashMap<>(shares).keySet()));
        this.ends = new double[arms.size()];
        double end = 0;
        for (int a = 0; a < ends.length; a++) {
            double share = shares.getOrDefault(arms.get(a), 0.0);
            if (!(share >= 0)) {
                throw new IllegalArgumentException("the share " + share + " of '" + arms.get(a) + "'; at least 0");
            }
            end += share;
            ends[a] = end;
        }
        if (end > 1 + 1e-9) {
            throw new IllegalArgumentException("shares of " + end + " together; at most 1");
        }
    }

    /** The arms in their order. */
    public List<String> arms() {
        return Collections.unmodifiableList(arms);
    }

    /** The arm of a unit; empty if it is in none. Below a microsecond. */
    public Optional<String> arm(String unit) {
        double place = place(salt, unit);
        for (int a = 0; a < ends.length; a++) {
            if (place < ends[a]) {
                return Optional.of(arms.get(a));
            }
        }
        return Optional.empty();
    }

    /** Where a unit lies, from 0 up to 1. */
    public static double place(String salt, String unit) {
        byte[] hash = sha256().digest((salt + '/' + unit).getBytes(UTF_8));
        long first = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            first = first << 8 | (hash[i] & 0xFF);
        }
        return (first >>> 11) * STEP;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
