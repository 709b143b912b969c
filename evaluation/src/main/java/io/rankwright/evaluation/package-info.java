/**
 * Metrics as pure functions: arrays in, figures out; no data source, no model, no clock.
 *
 * <p>{@link io.rankwright.evaluation.Classification} judges probabilities, {@link io.rankwright.evaluation.Regression}
 * judges predicted amounts, {@link io.rankwright.evaluation.RankedList} judges lists over the full catalogue (sampled
 * metrics are inconsistent: Krichene and Rendle, 2020), {@link io.rankwright.evaluation.Bootstrap} says how sure a figure
 * is.
 */
@NullMarked
package io.rankwright.evaluation;

import org.jspecify.annotations.NullMarked;
