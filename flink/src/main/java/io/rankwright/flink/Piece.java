package io.rankwright.flink;

import io.rankwright.features.FeatureCells;
import org.jspecify.annotations.Nullable;

/**
 * Part of a row on its way: the exposure itself, or what was read of one of its cells.
 *
 * @param event the identity of the exposure
 * @param exposure the exposure, and then how many readings belong to it; null in a reading
 * @param reading what was read of one cell; null with the exposure
 */
public record Piece(String event, @Nullable Arrived exposure, int readings, FeatureCells.@Nullable Reading reading) {}
