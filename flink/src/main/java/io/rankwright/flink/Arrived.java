package io.rankwright.flink;

import org.jspecify.annotations.Nullable;

/**
 * An event on its way through a job.
 *
 * @param offset its place in the order of arrival, of its partition if the log has several
 * @param isHistory whether it was in the log when the job was described: nothing of that is late
 * @param fields the texts of the contract's source columns in their order, null where missing
 */
public record Arrived(
        long offset,
        boolean isHistory,
        long timeMillis,
        @Nullable String[] fields) {}
