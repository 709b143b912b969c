package io.rankwright.log;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * Something that arrived in an {@link ArrivalLog}. Immutable.
 *
 * @param partition the part of the log where it lies; 0 in a log of one
 * @param offset its place in that part
 */
public record Arrival(int partition, long offset, Content content) {
    public Arrival {
        requireNonNull(content, "content");
    }

    /** What arrived. */
    public sealed interface Content {}

    /**
     * An event, not yet held against its contract.
     *
     * @param subject the id of the one whom it is about: what is about the same one stays in order
     * @param timeMillis when it happened
     * @param fields texts by column
     */
    public record Happened(String subject, long timeMillis, Map<String, String> fields) implements Content {
        public Happened {
            fields = Map.copyOf(fields);
        }
    }

    /** A mark that what happened to a subject up to a moment is to be forgotten. */
    public record Erased(String subject, long timeMillis) implements Content {}

    /** Bytes that are no event: they go to quarantine. */
    public record Unreadable(String reason, String text) implements Content {}
}
