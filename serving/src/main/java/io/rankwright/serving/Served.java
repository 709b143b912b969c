package io.rankwright.serving;

import java.util.Optional;

/** What a server looks after while it listens, whatever the task. Any number of threads. */
public interface Served extends AutoCloseable {
    /** Takes up what the registry says by now. */
    void follow();

    /** Moves on what is being tried, if it is time; what was done, in words. */
    default Optional<String> steer() {
        return Optional.empty();
    }

    /** Keeps on disk what a start would otherwise make again. */
    default void keepState() {}

    @Override
    void close();
}
