/**
 * Feature definitions as incremental state: the one implementation of every feature.
 *
 * <p>In go events in the order of their time; out come the values of all features for a subject and an item at a moment,
 * as they stood just before it. The same {@link io.rankwright.features.FeatureState} is fed by {@link
 * io.rankwright.features.Replay} when history is walked and by the server when an event is a moment old, so that the two
 * cannot differ. {@link io.rankwright.features.FeatureCells} cuts the same state into cells, one a key, for an online store
 * and for tasks of a cluster.
 *
 * <p>This part knows nothing of models: a value does not depend on who asks for it.
 */
@NullMarked
package io.rankwright.features;

import org.jspecify.annotations.NullMarked;
