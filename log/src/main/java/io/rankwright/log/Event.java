package io.rankwright.log;

/**
 * One event as it lies in the log: its arrays are in the order of its {@link EventSchema}. The arrays belong to the
 * event and must not be changed.
 *
 * @param offset its place in the order of arrival
 * @param codes ids and categories as codes of the {@link Dictionary}
 * @param numbers numbers, the derived ones included; NaN where missing
 */
public record Event(long offset, long timeMillis, int[] codes, double[] numbers) {}
