package io.rankwright.registry;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One attempt of a search for settings: what was tried and what came of it on the validation days. Immutable.
 *
 * @param study the hash of what all attempts of the search share: data, application, code, seed, space
 * @param number counts from 1 within the study
 * @param settings the values tried, by their path in the application file
 * @param share of the training rows that it learnt from
 * @param seconds how long it took
 */
public record Trial(
        String study,
        int number,
        Map<String, String> settings,
        double share,
        Map<String, Double> metrics,
        double seconds) {
    public Trial {
        settings = Collections.unmodifiableMap(new TreeMap<>(settings));
        metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
    }
}
