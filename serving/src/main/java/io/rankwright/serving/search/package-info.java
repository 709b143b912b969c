/**
 * A search that is served: its index, its ranker, what is clicked.
 *
 * <p>In go queries, clicks and items; out come ranked items with where each was found, what the ranker saw and the passage
 * that fits. It knows nothing of how a version was trained, nor of any application by name.
 */
@NullMarked
package io.rankwright.serving.search;

import org.jspecify.annotations.NullMarked;
