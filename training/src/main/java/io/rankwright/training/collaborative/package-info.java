/**
 * Collaborative filtering in closed or nearly closed form: who took what goes in, scores of every item for a subject come
 * out. The classical methods that so often win: popularity, item-kNN, EASE, iALS and a blend of them.
 *
 * <p>{@link io.rankwright.training.collaborative.Interactions} is what all of them learn from, a
 * {@link io.rankwright.training.collaborative.Scorer} what each of them gives. Nothing here knows of applications, logs or
 * features: subjects and items are numbers from 0.
 */
@NullMarked
package io.rankwright.training.collaborative;

import org.jspecify.annotations.NullMarked;
