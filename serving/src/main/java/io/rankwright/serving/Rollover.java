package io.rankwright.serving;

import io.rankwright.retrieval.Retriever;
import io.rankwright.spec.EnvironmentFault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * Which models answer, and how others take their place while requests and events go on: the new ones are loaded beside,
 * what happens meanwhile is told to them before they answer, and from one request to the next they do.
 *
 * <p>Thread-safety: any thread; one load at a time.
 */
final class Rollover {
    /** Shared by those who tell of changes, exclusive for the moment in which models change. */
    private final ReentrantReadWriteLock change = new ReentrantReadWriteLock();
    /** What has happened since a load began; empty while no load runs. */
    private Optional<List<Consumer<Retriever>>> missed = Optional.empty();

    private long loadedBefore;
    private volatile LiveModels live;

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

    /** Tells the candidate sources of a change that is not an event of the log. */
    void tell(Consumer<Retriever> happened) {
        tell(Long.MAX_VALUE, happened);
    }

    /** Tells the candidate sources of an event of the log. */
    void tell(long offset, Consumer<Retriever> happened) {
        change.readLock().lock();
        try {
            happened.accept(live.retriever());
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
        change.writeLock().lock();
        try {
            loadedBefore = nextOffset.getAsLong();
            missed = Optional.of(new ArrayList<>());
        } finally {
            change.writeLock().unlock();
        }
        LiveModels old = live;
        try {
            LiveModels fresh = load.apply(loadedBefore);
            change.writeLock().lock();
            try {
                missed.ifPresent(list -> list.forEach(happened -> happened.accept(fresh.retriever())));
                live = fresh;
            } finally {
                change.writeLock().unlock();
            }
            old.close();
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
