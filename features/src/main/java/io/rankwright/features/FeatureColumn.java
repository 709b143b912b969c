package io.rankwright.features;

import io.rankwright.spec.FeatureDefinition;

/**
 * One value of a feature row. Immutable.
 *
 * @param kind whether the value is a number (NaN where missing) or the code of a category (0 where missing)
 */
public record FeatureColumn(String name, FeatureDefinition.Scope scope, Kind kind) {
    /** What a value means. */
    public enum Kind {
        NUMBER,
        CATEGORY
    }
}
