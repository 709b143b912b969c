package io.rankwright.serving;

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
 * Which models answer, and how others take their place while requests and events go on: the new ones are loaded beside,
 * what happens meanwhile is told to them before they answer, and from one request to the next they do.
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
    /** Versions that answer some arm of an experiment, by their id. */
    private final Map<Integer, LiveModels> besides = new ConcurrentHashMap<>();

    Rollover(LiveModels live) {
        this.live = live;
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

    /** The same of a version beside; of the live one if it is not loaded. */
    LiveModels use(int version) {
        LiveModels beside = besides.get(version);
        return beside != null && beside.use() ? beside : use();
    }

    /** Which versions are loaded beside the live one. */
    Set<Integer> besides() {
        return Set.copyOf(besides.keySet());
    }

    /** Tells the candidate sources of a change that is not an event of the log. */
    void tell(Consumer<Retriever> happened) {
        tell(Long.MAX_VALUE, happened);
    }

    /** Tells the candidate sources of an event of the log. */
    void tell(long offset, Consumer<Retriever> happened) {
        change.readLock().lock();
        try {
            happened.accept(live.retriever());
            besides.values().forEach(beside -> happened.accept(beside.retriever()));
            missed.filter(_ -> offset >= loadedBefore).ifPresent(list -> {
                synchronized (list) {
                    list.add(happened);
                }
            });
        } finally {
            change.readLock().unlock();
        }
    }

    /**
     * Puts others in the place of the models.
     *
     * @param nextOffset the offset that the next event will have
     * @param load loads models that know the events before an offset
     */
    synchronized void to(LongSupplier nextOffset, LongFunction<LiveModels> load) {
        LiveModels old = live;
        load(nextOffset, load, fresh -> live = fresh);
        old.close();
    }

    /** Loads a version beside the live one. */
    void beside(int version, LongSupplier nextOffset, LongFunction<LiveModels> load) {
        load(nextOffset, load, fresh -> besides.put(version, fresh));
    }

    /** Lets go of a version beside. */
    void drop(int version) {
        LiveModels dropped;
        change.writeLock().lock();
        try {
            dropped = besides.remove(version);
        } finally {
            change.writeLock().unlock();
        }
        if (dropped != null) {
            dropped.close();
        }
    }

    /** Closes all models. */
    void close() {
        besides().forEach(this::drop);
        live.close();
    }

    private synchronized void load(LongSupplier nextOffset, LongFunction<LiveModels> load, Consumer<LiveModels> place) {
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
                place.accept(fresh);
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
