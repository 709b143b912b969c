package io.rankwright.features.store;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Values by key, the newest each. Which one is newer is told by the time of the newest event in it: a writer that is late,
 * such as a task that was started again from an older state, never overwrites what is newer.
 *
 * <p>Thread-safety: any number of threads.
 */
public interface OnlineStore extends AutoCloseable {
    /**
     * A value on its way into the store.
     *
     * @param versionMillis the time of the newest event in it
     */
    record Entry(byte[] key, long versionMillis, byte[] value) {}

    /**
     * Puts values. One that is older than what is there changes nothing; one of the same time takes its place. When this
     * returns, they are what {@link #get} finds; if it throws, some of them may be, and the same call may be made again.
     *
     * @throws io.rankwright.spec.EnvironmentFault if the store does not answer
     */
    void put(List<Entry> entries);

    /**
     * The values of keys, in their order, in one round trip.
     *
     * @throws io.rankwright.spec.EnvironmentFault if the store does not answer in time
     */
    List<Optional<byte[]>> get(List<byte[]> keys, Duration patience);

    @Override
    void close();
}
