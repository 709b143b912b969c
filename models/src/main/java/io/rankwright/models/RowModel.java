package io.rankwright.models;

/**
 * What says one number of a plain row of numbers, such as a place in an order; a missing number is NaN. Any number of
 * threads may ask.
 */
public interface RowModel extends AutoCloseable {
    /** What it says of each row, the rows one behind the other. */
    double[] margins(float[] rows, int count);

    /** What each column adds to what it says of one row; the last is what all rows begin with. */
    double[] contributions(float[] row);

    @Override
    void close();
}
