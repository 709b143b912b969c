package io.rankwright.evaluation.experiment;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Where units lie: always at the same place, and independently of every other salt, so that a stretch of places is a random
 * sample (Tang et al., "Overlapping Experiment Infrastructure", KDD 2010). Stateless; any thread.
 */
public final class Assignment {
    /** 2^-53: as many places as a double tells apart. */
    private static final double STEP = 0x1p-53;

    private Assignment() {}

    /**
     * The place of a unit, from 0 up to 1: the first 53 bits of SHA-256 over {@code salt + '/' + unit}. Below a microsecond.
     *
     * @param salt names an experiment, or a layer whose experiments share its units
     */
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
