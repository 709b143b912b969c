package io.rankwright.log;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The events of one type in the order in which they arrived, which any number of readers walk, each from a position of
 * its own. It lies in the embedded log ({@link EventLog#arrivals}) or in a Kafka topic ({@link
 * io.rankwright.log.kafka.KafkaArrivals}).
 *
 * <p>An event may be delivered more than once, as when its sender did not hear that it was kept and sent it again: who
 * reads counts it once, by its id, as {@link EventLog} does.
 *
 * <p>Thread-safety: any thread may call; each {@link Reader} belongs to one thread at a time.
 */
public interface ArrivalLog extends AutoCloseable {
    /** What the quarantine calls it. */
    String name();

    /**
     * Appends what arrived. When this returns all of it is kept, whatever dies next; if it throws, some of it may be, and
     * the same call may be made again.
     *
     * @throws io.rankwright.spec.EnvironmentFault if the log cannot be reached
     */
    void append(List<Arrival.Content> arrivals);

    /** A reader that starts at a position. */
    Reader read(Position from);

    /** The position of the first arrival that is still there. */
    Position beginning();

    /** The position behind the last arrival. */
    Position end();

    /** A position from which on every event of that time and later is found, and as few earlier ones as can be. */
    Position at(long timeMillis);

    /** How far a consumer has come, as it has said last. */
    Optional<Position> committed(String consumer);

    /** Keeps how far a consumer has come. */
    void commit(String consumer, Position position);

    /** Drops for good what lies before a position. */
    void dropBefore(Position position);

    @Override
    void close();

    /** Walks the arrivals. One thread at a time. */
    interface Reader extends AutoCloseable {
        /** What comes next; waits for the first of it, and gives none if nothing came in time. */
        List<Arrival> next(Duration patience);

        /** Where it would go on. */
        Position position();

        @Override
        void close();
    }
}
