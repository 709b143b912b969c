package io.rankwright.features.store;

import io.rankwright.features.FeatureCells;
import io.rankwright.features.FeatureState;
import io.rankwright.log.Catalog;
import io.rankwright.spec.FeedApplication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Loads what the rows of one request are read of, in one round trip. Any number of threads. */
public final class StoreReader {
    private final FeedApplication application;
    private final Catalog catalog;
    private final OnlineStore store;
    private final FeatureState empty;
    private final Queue<FeatureCells> pool = new ConcurrentLinkedQueue<>();

    /** @param empty the state of the application without events */
    public StoreReader(FeedApplication application, Catalog catalog, FeatureState empty, OnlineStore store) {
        this.application = application;
        this.catalog = catalog;
        this.empty = empty;
        this.store = store;
    }

    /**
     * What a request has loaded.
     *
     * @param state holds the cells of the request and no others
     * @param giveBack to be called when nobody reads the state any more; if that is not known, never
     */
    public record Loaded(FeatureState state, Runnable giveBack) {}

    /**
     * Loads what the rows of a subject and some items are read of.
     *
     * @throws io.rankwright.spec.EnvironmentFault if the store does not answer in time
     */
    public Loaded load(int subject, int[] items, long now, double[] context, Duration patience) {
        FeatureCells cells = borrow();
        boolean isLoaded = false;
        try {
            List<FeatureCells.Slot> slots = cells.slots(subject, items, now, context);
            var keys = new ArrayList<byte[]>(slots.size());
            slots.forEach(slot -> keys.add(cells.storeKey(slot.key())));
            List<Optional<byte[]>> found = store.get(keys, patience);
            for (int i = 0; i < keys.size(); i++) {
                FeatureCells.Slot slot = slots.get(i);
                int kind = slot.key().kind();
                cells.load(
                        slot,
                        found.get(i)
                                .map(stored -> StoreWriter.cell(cells, kind, stored))
                                .orElseGet(() -> cells.empty(kind)));
            }
            isLoaded = true;
        } finally {
            if (!isLoaded) {
                pool.offer(cells);
            }
        }
        return loaded(cells);
    }

    /** What there is where the store does not answer: no event has ever happened. */
    public Loaded nothing() {
        return loaded(borrow());
    }

    private Loaded loaded(FeatureCells cells) {
        return new Loaded(cells.state(), () -> pool.offer(cells));
    }

    private FeatureCells borrow() {
        FeatureCells pooled = pool.poll();
        FeatureCells cells = pooled == null ? new FeatureCells(application, catalog, empty.empty()) : pooled;
        cells.clear();
        return cells;
    }
}
