package io.rankwright.serving;

import java.util.List;
import java.util.Optional;

/** What a server looks after while it listens, whatever the task. Any number of threads. */
public interface Served extends AutoCloseable {
    /** Takes up what the registry says by now. */
    void follow();

    /** Moves on what is being tried, if it is time; what was done, in words. */
    default Optional<String> steer() {
        return Optional.empty();
    }

    /**
     * What answers need and what is not there.
     *
     * @param part of the server
     * @param why in words
     */
    record Missing(String part, String why) {}

    /** The needed parts that are not there now; while there is one, the server is not ready. */
    default List<Missing> missing() {
        return List.of();
    }

    /** Keeps on disk what a start would otherwise make again. */
    default void keepState() {}

    @Override
    void close();
}
