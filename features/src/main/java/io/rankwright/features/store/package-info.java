/**
 * The newest feature state of each key, where requests find it: on this machine's disk behind a cache, or in Redis.
 *
 * <p>In go cells with the time of their newest event; out come those of one request in one round trip. {@link
 * io.rankwright.features.store.OnlineStore} knows bytes only, {@link io.rankwright.features.store.StoreWriter} turns
 * events into them.
 */
@NullMarked
package io.rankwright.features.store;

import org.jspecify.annotations.NullMarked;
