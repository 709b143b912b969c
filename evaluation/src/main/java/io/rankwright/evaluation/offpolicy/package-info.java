/**
 * What a policy would have earned, from the log of another one: pure functions over what was shown, with which probability,
 * and what came of it.
 *
 * <p>In go {@link io.rankwright.evaluation.offpolicy.Decisions}; out comes an {@link
 * io.rankwright.evaluation.offpolicy.Estimate} of each estimator, with its interval and the effective size of the sample it
 * rests on.
 */
@NullMarked
package io.rankwright.evaluation.offpolicy;

import org.jspecify.annotations.NullMarked;
