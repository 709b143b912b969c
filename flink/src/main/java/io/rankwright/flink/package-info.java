/**
 * The same features and data sets as everywhere else, computed by Flink: a streaming job that keeps an online store, a
 * batch job that writes a training set.
 *
 * <p>In go what arrives in a log, the application file and the entities; out come cells of feature state or rows of a
 * snapshot. What a feature is computes {@link io.rankwright.features.FeatureCells} here as there; this part only knows
 * where the pieces lie and in which order they come.
 */
@NullMarked
package io.rankwright.flink;

import org.jspecify.annotations.NullMarked;
