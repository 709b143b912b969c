package io.rankwright.serving;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.rankwright.features.FeatureCells;
import io.rankwright.features.FeatureState;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.log.Event;
import io.rankwright.log.EventLog;
import io.rankwright.spec.Application;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Features that lie in an online store: loads those of one request in one round trip, and takes what arrives into the
 * store, on a thread of its own. Any number of threads may load.
 */
final class StoredFeatures implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(StoredFeatures.class.getName());
    private static final Duration PATIENCE = Duration.ofMillis(500);
    private static final int BATCH = 1000;
    private static final long PAUSE_SECONDS = 1;

    private final Application application;
    private final EventLog log;
    private final OnlineStore store;
    private final StoreWriter writer;
    private final Queue<FeatureCells> pool = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile long offset;
    private volatile boolean isClosed;

    /**
     * What a request has loaded. Given back when nobody reads it any more; if that is not known, never.
     *
     * @param state holds the cells of the request and no others
     */
    record Loaded(FeatureState state, Runnable giveBack) {}

    /** @throws UserFault if the store lacks some of the features */
    StoredFeatures(Application application, EventLog log, OnlineStore store, MeterRegistry meters) {
        this.application = application;
        this.log = log;
        this.store = store;
        this.writer = new StoreWriter(application, log.catalog(), store);
        this.offset = writer.filledUpTo()
                .orElseThrow(() -> new UserFault("the store lacks " + String.join(", ", writer.missing())
                        + " of " + application.name() + "; expected all: 'rankwright backfill "
                        + application.folder() + " --store ADDRESS' fills it from history"));
        Gauge.builder("rankwright.store.lag", () -> log.nextOffset() - offset)
                .description("Events of the log that are not yet in the online store")
                .register(meters);
        this.thread = Thread.ofPlatform().daemon().name("store-writer").start(this::write);
    }

    private void write() {
        String type = application.framing().exposure();
        while (!isClosed) {
            try {
                long end = log.nextOffset();
                List<Event> arrived = log.arrivedSince(type, offset, BATCH);
                if (arrived.isEmpty()) {
                    offset = end;
                    log.awaitArrival(end, PATIENCE);
                } else {
                    writer.apply(arrived);
                    offset = arrived.getLast().offset() + 1;
                }
            } catch (EnvironmentFault e) {
                if (!isClosed) {
                    LOGGER.log(Level.WARNING, "features wait to be stored: " + e.getMessage());
                    pause();
                }
            }
        }
    }

    private void pause() {
        try {
            TimeUnit.SECONDS.sleep(PAUSE_SECONDS);
        } catch (InterruptedException e) {
            isClosed = true;
        }
    }

    /**
     * Loads what the rows of a subject and some items are read of.
     *
     * @throws EnvironmentFault if the store does not answer in time
     */
    Loaded load(int subject, int[] items, long now, double[] context, Duration patience) {
        FeatureCells cells = borrow();
        var needed = new LinkedHashSet<FeatureCells.Key>();
        for (int item : items) {
            cells.keys(subject, item, now, context, needed::add);
        }
        List<FeatureCells.Key> keys = List.copyOf(needed);
        List<Optional<byte[]>> found =
                store.get(keys.stream().map(cells::storeKey).toList(), patience);
        for (int i = 0; i < keys.size(); i++) {
            FeatureCells.Key key = keys.get(i);
            found.get(i).ifPresent(stored -> cells.load(key, StoreWriter.cell(cells, key.kind(), stored)));
        }
        return new Loaded(cells.state(), () -> pool.offer(cells));
    }

    /** What there is if the store does not answer: no event has ever happened. */
    Loaded nothing() {
        FeatureCells cells = borrow();
        return new Loaded(cells.state(), () -> pool.offer(cells));
    }

    private FeatureCells borrow() {
        FeatureCells pooled = pool.poll();
        FeatureCells cells = pooled == null ? new FeatureCells(application, log.catalog()) : pooled;
        cells.clear();
        return cells;
    }

    @Override
    public void close() {
        isClosed = true;
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
