package io.rankwright.serving;

import static java.util.Objects.requireNonNull;

import io.rankwright.retrieval.Retriever;
import io.rankwright.spec.EnvironmentFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * Which models are loaded, and which of them answer: others are loaded beside while requests and events go on, what happens
 * meanwhile is told to them before they answer, and from one request to the next they do.
 *
 * <p>Thread-safety: any thread; one load at a time, whoever else asks for one waits.
 */
final class Rollover {
    /** Shared by those who tell of changes, exclusive for the moment in which models change. */
    private final ReentrantReadWriteLock change = new ReentrantReadWriteLock();
    /** What has happened since a load began; empty while no load runs. */
    private Optional<List<Consumer<Retriever>>> missed = Optional.empty();

    private long loadedBefore;
    private volatile LiveModels live;
    /** By the version's number; the live ones among them. */
    private final Map<Integer, LiveModels> loaded = new ConcurrentHashMap<>();

    Rollover(LiveModels live) {
        this.live = live;
        loaded.put(live.version().id(), live);
    }

    LiveModels live() {
        return live;
    }

    /**
     * The models of one answer, which releases them.
     *
     * @throws EnvironmentFault if the engine is closed
     */
    LiveModels use() {
        while (true) {
            LiveModels now = live;
            if (now.use()) {
                return now;
            }
            // Others take their place before models are closed; if none did, nothing answers any more.
            if (now == live) {
                throw new EnvironmentFault("the engine is closed", true);
            }
        }
    }

    /** The same of a version; of the live one if it is not loaded. */
    LiveModels use(int version) {
        LiveModels wanted = loaded.get(version);
        return wanted != null && wanted.use() ? wanted : use();
    }

    /** Which versions are loaded. */
    Set<Integer> loaded() {
        return Set.copyOf(loaded.keySet());
    }

    /** Tells the candidate sources of a change that is not an event of the log. */
    void tell(Consumer<Retriever> happened) {
        tell(Long.MAX_VALUE, happened);
    }

    /** Tells the candidate sources of an event of the log. */
    void tell(long offset, Consumer<Retriever> happened) {
        change.readLock().lock();
        try {
            loaded.values().forEach(models -> happened.accept(models.retriever()));
            missed.filter(_ -> offset >= loadedBefore).ifPresent(list -> {
                synchronized (list) {
                    list.add(happened);
                }
            });
        } finally {
            change.readLock().unlock();
        }
    }

    /** Lets a version that is loaded answer, from the next request on. */
    void to(int version) {
        live = requireNonNull(loaded.get(version));
    }

    /** Lets go of a version, which is not the live one. */
    void drop(int version) {
        LiveModels dropped;
        change.writeLock().lock();
        try {
            dropped = loaded.remove(version);
        } finally {
            change.writeLock().unlock();
        }
        if (dropped != null) {
            dropped.close();
        }
    }

    /** Closes all models. */
    void close() {
        loaded().forEach(this::drop);
    }

    /**
     * Loads a version.
     *
     * @param nextOffset the offset that the next event will have
     * @param load loads models that know the events before an offset
     */
    synchronized void load(LongSupplier nextOffset, LongFunction<LiveModels> load) {
        change.writeLock().lock();
        try {
            loadedBefore = nextOffset.getAsLong();
            missed = Optional.of(new ArrayList<>());
        } finally {
            change.writeLock().unlock();
        }
        try {
            LiveModels fresh = load.apply(loadedBefore);
            change.writeLock().lock();
            try {
                missed.ifPresent(list -> list.forEach(happened -> happened.accept(fresh.retriever())));
                loaded.put(fresh.version().id(), fresh);
            } finally {
                change.writeLock().unlock();
            }
        } finally {
            change.writeLock().lock();
            try {
                missed = Optional.empty();
            } finally {
                change.writeLock().unlock();
            }
        }
    }
}
