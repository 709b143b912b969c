/**
 * How well predicted effects of a treatment tell whom to treat: pure functions over predictions, treatments and outcomes of a
 * randomised log. See {@link io.rankwright.evaluation.uplift.UpliftCurve}.
 */
@NullMarked
package io.rankwright.evaluation.uplift;

import org.jspecify.annotations.NullMarked;
