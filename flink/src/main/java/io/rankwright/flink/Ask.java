package io.rankwright.flink;

import io.rankwright.features.FeatureCells;

/**
 * What an event changes in one cell, and so what its row asks of it before.
 *
 * @param event the identity of the event
 * @param isRow whether the event is a row of the data set; else it only changes the cell
 */
public record Ask(String event, boolean isRow, FeatureCells.Change change) {}
