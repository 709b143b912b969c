package io.rankwright.serving;

import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What a version was loaded as, while it serves: from one answer to the next another one takes its place, and the one before is
 * closed when nobody uses it any more.
 *
 * <p>Thread-safety: any number of threads.
 *
 * @param <M> what a version is loaded as
 */
public final class Followed<M> {
    private final Registry registry;
    private final Function<Version, M> load;
    private final Consumer<M> close;
    /** Shared by answers, exclusive for the moment in which something is closed. */
    private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();

    private volatile Loaded<M> loaded;

    private record Loaded<M>(Version version, M models) {}

    /**
     * Loads the first version.
     *
     * @param close closes what a version was loaded as
     */
    public Followed(Registry registry, Version first, Function<Version, M> load, Consumer<M> close) {
        this.registry = registry;
        this.load = load;
        this.close = close;
        this.loaded = new Loaded<>(first, load.apply(first));
    }

    /** The version that serves. */
    public Version version() {
        return loaded.version();
    }

    /** What answers with the models of one version. */
    public interface Answer<M, T> {
        T of(Version version, M models);
    }

    /** Answers with one version from its beginning to its end. */
    public <T> T answer(Answer<M, T> answer) {
        use.readLock().lock();
        try {
            Loaded<M> now = loaded;
            return answer.of(now.version(), now.models());
        } finally {
            use.readLock().unlock();
        }
    }

    /** Takes up the version that the registry says is live by now. One thread at a time. */
    public void follow() {
        Optional<Version> now = registry.live();
        if (now.isEmpty() || now.get().id() == loaded.version().id()) {
            return;
        }
        Loaded<M> before = loaded;
        loaded = new Loaded<>(now.get(), load.apply(now.get()));
        close(before);
    }

    private void close(Loaded<M> which) {
        use.writeLock().lock();
        try {
            close.accept(which.models());
        } finally {
            use.writeLock().unlock();
        }
    }

    /** Closes what serves, when the answers under way are done. */
    public void close() {
        close(loaded);
    }
}
