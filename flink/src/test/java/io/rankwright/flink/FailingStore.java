package io.rankwright.flink;

import io.rankwright.features.store.OnlineStore;
import io.rankwright.spec.EnvironmentFault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** A store that refuses some writes, half of each done: the task that writes dies of it. */
final class FailingStore implements OnlineStore {
    private final OnlineStore store;
    private final int most;
    private final BooleanSupplier mayFail;
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger puts = new AtomicInteger();

    FailingStore(OnlineStore store, int most, BooleanSupplier mayFail) {
        this.store = store;
        this.most = most;
        this.mayFail = mayFail;
    }

    int failures() {
        return Math.min(most, failures.get());
    }

    @Override
    public void put(List<Entry> entries) {
        if (entries.size() > 1
                && mayFail.getAsBoolean()
                && puts.incrementAndGet() % 2 == 0
                && failures.incrementAndGet() <= most) {
            store.put(entries.subList(0, entries.size() / 2));
            throw new EnvironmentFault("the store is away", true);
        }
        store.put(entries);
    }

    @Override
    public List<Optional<byte[]>> get(List<byte[]> keys, Duration patience) {
        return store.get(keys, patience);
    }

    @Override
    public void close() {}
}
