package io.rankwright.training;

/**
 * One exposure of a snapshot with everything that its file holds of it, the same whoever has computed it. The arrays
 * belong to the row and must not be changed.
 *
 * @param event the offset of its arrival
 * @param day the day in the zone of the split, as days since 1970
 * @param labels labels and amounts in the order of the table; NaN where missing
 * @param sequences the ids of each sequence, the newest last, with tabs between
 * @param numbers the features that are numbers; NaN where missing
 * @param texts the features that are categories; empty where missing
 */
public record SnapshotRow(
        long event,
        long timeMillis,
        int day,
        String subject,
        String item,
        double[] labels,
        String[] sequences,
        double[] numbers,
        String[] texts) {}
