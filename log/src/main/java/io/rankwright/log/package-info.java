/**
 * Events and entities: read from files or posted, held against their contracts, kept for good.
 *
 * <p>In go rows of text with a source and a position; out come typed events in the order of their time, entities by
 * key, and a quarantine of what broke its contract. {@link io.rankwright.log.EventLog} is the store (RocksDB), {@link
 * io.rankwright.log.Ingestion} fills it from files, {@link io.rankwright.log.Intake} from where events arrive elsewhere
 * ({@link io.rankwright.log.ArrivalLog}), {@link io.rankwright.log.EventCursor} reads it. {@link
 * io.rankwright.log.Catalog} is what there is to know without the events.
 *
 * <p>This part knows what an event looks like, but not what a feature or a label is.
 */
@NullMarked
package io.rankwright.log;

import org.jspecify.annotations.NullMarked;
