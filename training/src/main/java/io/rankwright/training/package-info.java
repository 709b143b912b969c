/**
 * From the log to trained models: point-in-time data sets, kept as Parquet snapshots with lineage, and the trainers.
 *
 * <p>In go the log and the application file; out come a {@link io.rankwright.training.Snapshot}, the files of models and
 * what was measured on the test day. A row of a data set holds the values as they stood just before its event; {@link
 * io.rankwright.training.LeakCheck} proves it on every snapshot.
 *
 * <p>This part does not know where a model is kept or how it is served.
 */
@NullMarked
package io.rankwright.training;

import org.jspecify.annotations.NullMarked;
