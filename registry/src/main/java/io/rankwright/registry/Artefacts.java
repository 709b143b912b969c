package io.rankwright.registry;

import io.rankwright.spec.EnvironmentFault;
import java.lang.foreign.MemorySegment;

/**
 * The slot in which a registry keeps the files of models, each by the SHA-256 of its bytes. Any thread of any process; the
 * same bytes may be put any number of times.
 */
public interface Artefacts extends AutoCloseable {
    /**
     * Keeps a file.
     *
     * @param hash of its bytes, 64 hexadecimal digits
     * @throws EnvironmentFault if it cannot be kept
     */
    void put(String hash, byte[] bytes);

    /**
     * A file, mapped into memory.
     *
     * @throws EnvironmentFault if it is not there, cannot be read, or its bytes are not those it was named by
     */
    MemorySegment map(String hash);

    @Override
    default void close() {}
}
