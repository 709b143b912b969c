package io.rankwright.registry;

import io.rankwright.spec.EnvironmentFault;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The slot in which a registry keeps what it knows of versions, experiments and canaries: small sealed JSON texts by kind and
 * name. Any thread of any process; those that write take turns.
 */
public interface Records extends AutoCloseable {
    /**
     * All of a kind by name, in no order.
     *
     * @throws EnvironmentFault if they cannot be read
     */
    Map<String, byte[]> all(String kind);

    /**
     * One of a kind.
     *
     * @throws EnvironmentFault if it cannot be read
     */
    Optional<byte[]> find(String kind, String name);

    /**
     * Puts one in the place of what was there, whole or not at all.
     *
     * @throws EnvironmentFault if it cannot be written; what was there stays
     */
    void put(String kind, String name, byte[] content);

    /**
     * Does what reads and then writes, while no other thread or process does; may be called within itself.
     *
     * @throws EnvironmentFault if the turn cannot be taken
     */
    <T> T exclusively(Supplier<T> work);

    /** Where they lie, for people: without passwords. */
    String place();

    @Override
    default void close() {}
}
