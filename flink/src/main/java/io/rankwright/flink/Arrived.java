package io.rankwright.flink;

import org.jspecify.annotations.Nullable;

/**
 * An event on its way through a job.
 *
 * @param offset its place in the order of arrival
 * @param fields the texts of the contract's source columns in their order, null where missing
 */
public record Arrived(
        long offset, long timeMillis, @Nullable String[] fields) {}
