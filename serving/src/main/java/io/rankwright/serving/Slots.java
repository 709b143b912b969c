package io.rankwright.serving;

import io.rankwright.features.store.OnlineStore;
import io.rankwright.log.ArrivalLog;
import java.util.Optional;

/**
 * The slots of an engine that lie elsewhere. Immutable; the engine closes what is in them.
 *
 * @param log where events arrive; if empty, at the log of this machine
 * @param store where features are read from; if empty, from the memory of this process
 * @param isStoreKept whether a job keeps the store; if not, the engine takes what arrives into it
 */
public record Slots(Optional<ArrivalLog> log, Optional<OnlineStore> store, boolean isStoreKept) {
    /** Everything in this process. */
    public static final Slots EMBEDDED = new Slots(Optional.empty(), Optional.empty(), false);

    void close() {
        log.ifPresent(ArrivalLog::close);
        store.ifPresent(OnlineStore::close);
    }
}
