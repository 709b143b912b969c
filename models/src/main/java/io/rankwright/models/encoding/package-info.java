/**
 * Pre-trained encoders of texts and images, whose vectors are kept by the hash of what they are of.
 *
 * <p>In go texts, and images that are held or referred to; out come vectors of length 1. It knows nothing of queries, items or
 * cases.
 */
@NullMarked
package io.rankwright.models.encoding;

import org.jspecify.annotations.NullMarked;
