/**
 * Texts as numbers: regressions over the runs of words and characters, and trees over what they and encoders say.
 *
 * <p>In go texts and vectors; out come probabilities. It knows nothing of queries, items or cases.
 */
@NullMarked
package io.rankwright.models.text;

import org.jspecify.annotations.NullMarked;
