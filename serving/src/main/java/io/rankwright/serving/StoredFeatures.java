package io.rankwright.serving;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.rankwright.features.FeatureState;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.StoreReader;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.log.Event;
import io.rankwright.log.EventLog;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Features that lie in an online store: each request loads what it needs, and what arrives is taken into the store, on a
 * thread of its own. Any number of threads may load.
 */
final class StoredFeatures implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(StoredFeatures.class.getName());
    private static final Duration PATIENCE = Duration.ofMillis(500);
    private static final int BATCH = 1000;
    private static final long PAUSE_SECONDS = 1;

    private final FeedApplication application;
    private final EventLog log;
    private final StoreReader reader;
    private final StoreWriter writer;
    private final Optional<Thread> thread;
    private volatile long offset;
    private volatile boolean isClosed;

    /**
     * @param empty the state of the application without events
     * @param isKept whether a job takes what arrives into the store
     * @throws UserFault if the store lacks some of the features
     */
    StoredFeatures(
            FeedApplication application,
            EventLog log,
            FeatureState empty,
            OnlineStore store,
            boolean isKept,
            MeterRegistry meters) {
        this.application = application;
        this.log = log;
        this.reader = new StoreReader(application, log.catalog(), empty, store);
        this.writer = new StoreWriter(application, log.catalog(), store);
        this.offset = writer.filledUpTo()
                .orElseThrow(() -> new UserFault("the store lacks " + String.join(", ", writer.missing())
                        + " of " + application.name() + "; expected all: 'rankwright backfill "
                        + application.folder() + " --store ADDRESS' fills it from history"));
        if (isKept) {
            this.thread = Optional.empty();
            return;
        }
        Gauge.builder("rankwright.store.lag", () -> log.nextOffset() - offset)
                .description("Events of the log that are not yet in the online store")
                .register(meters);
        this.thread =
                Optional.of(Thread.ofPlatform().daemon().name("store-writer").start(this::write));
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

    StoreReader reader() {
        return reader;
    }

    @Override
    public void close() {
        isClosed = true;
        try {
            if (thread.isPresent()) {
                thread.get().join(Duration.ofSeconds(5));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
