/**
 * The statistics of online experiments as pure functions: who is in which arm, what an arm came to, how two arms differ, when
 * that may be believed.
 *
 * <p>{@link io.rankwright.evaluation.experiment.Assignment} gives units their places by salted hash; {@link
 * io.rankwright.evaluation.experiment.Outcomes} sums what the units of an arm did; {@link
 * io.rankwright.evaluation.experiment.Comparison} compares two arms, with intervals that hold at one look and at every look;
 * {@link io.rankwright.evaluation.experiment.SampleRatio} finds broken splits; {@link
 * io.rankwright.evaluation.experiment.Power} says how many units it takes; {@link
 * io.rankwright.evaluation.experiment.TeamDraft} interleaves two rankings; {@link
 * io.rankwright.evaluation.experiment.Verdict} says in words what follows. Units are whatever was assigned: users, usually.
 */
@NullMarked
package io.rankwright.evaluation.experiment;

import org.jspecify.annotations.NullMarked;
