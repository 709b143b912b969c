package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Step 3: sources, contracts, split. Immutable; the maps keep the order of the file.
 *
 * @param lateness how much later than the newest a stream still takes an event in
 */
public record Data(
        Map<String, EventSource> events,
        Map<String, EntitySource> entities,
        Optional<Simulation> simulation,
        Split split,
        Duration lateness) {
    /** The event source of this name; the checker has made sure that it is there. */
    public EventSource event(String name) {
        return requireNonNull(events.get(name), name);
    }

    /** The entity source of this name; the checker has made sure that it is there. */
    public EntitySource entity(String name) {
        return requireNonNull(entities.get(name), name);
    }

    /**
     * One stream of events: files under the data root, as glob patterns, and a topic where the log is Kafka.
     *
     * @param topic the topic's name
     * @param avro the Avro schema of the topic's values; empty if they are JSON
     */
    public record EventSource(String name, List<String> globs, Contract contract, String topic, Optional<Path> avro) {}

    /**
     * One kind of entity. Several sources are joined by key.
     *
     * @param extras sources that may be missing
     */
    public record EntitySource(String name, List<String> globs, List<String> extras, String key, Contract contract) {
        public EntitySource {
            globs = List.copyOf(globs);
            extras = List.copyOf(extras);
        }
    }

    /** The log that the engine makes where no data are found. */
    public record Simulation(long subjects, long items, int days, long seed) {}

    /**
     * Which days teach, which choose, which judge.
     *
     * @param lastDay D, if the file names it; else the last day in the log
     */
    public record Split(Day trainFrom, Day trainTo, Day validate, Day test, ZoneId zone, Optional<Day.Date> lastDay) {}
}
