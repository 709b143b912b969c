/**
 * Texts as numbers: pre-trained encoders whose vectors are kept by the hash of the text, and regressions over the runs of
 * words and characters.
 *
 * <p>In go texts; out come vectors of length 1, or probabilities. It knows nothing of queries, items or cases.
 */
@NullMarked
package io.rankwright.models.text;

import org.jspecify.annotations.NullMarked;
