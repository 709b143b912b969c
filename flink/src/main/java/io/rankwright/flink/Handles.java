package io.rankwright.flink;

import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.RedisStore;
import io.rankwright.log.ArrivalLog;
import io.rankwright.spec.InternalFault;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How the tasks of a job in this process find a log or a store of this process: a job's description travels as bytes, so
 * it names them. Safe for any thread.
 */
final class Handles {
    private static final String SCHEME = "here:";
    private static final Map<String, AutoCloseable> HERE = new ConcurrentHashMap<>();

    private Handles() {}

    /** The address of a log or a store of this process, valid until {@link #forget}. */
    static String address(AutoCloseable slot) {
        String address = SCHEME + UUID.randomUUID();
        HERE.put(address, slot);
        return address;
    }

    static void forget(String address) {
        HERE.remove(address);
    }

    static ArrivalLog log(String address) {
        return slot(address, ArrivalLog.class);
    }

    /** A store of this process, or Redis. Closing one of this process is its owner's. */
    static OnlineStore store(String address) {
        return address.startsWith(SCHEME) ? slot(address, OnlineStore.class) : RedisStore.open(address);
    }

    static boolean isHere(String address) {
        return address.startsWith(SCHEME);
    }

    private static <T> T slot(String address, Class<T> type) {
        AutoCloseable slot = HERE.get(address);
        if (slot == null) {
            throw new InternalFault("nothing at " + address + ": a job that runs in another process than its log");
        }
        return type.cast(slot);
    }
}
