package io.rankwright.log;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.RankwrightException;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;

/** Turns errors of the store into ours. */
final class RocksFault {
    private RocksFault() {}

    static RankwrightException of(String action, RocksDBException e) {
        Status status = e.getStatus();
        boolean isFull = String.valueOf(e.getMessage()).contains("No space left")
                || (status != null && status.getSubCode() == Status.SubCode.NoSpace);
        if (isFull) {
            return new EnvironmentFault(
                    "the disk is full: could not " + action
                            + "; nothing was half-written, free some space and run again",
                    true,
                    e);
        }
        return new EnvironmentFault("could not " + action + ": " + e.getMessage(), false, e);
    }

    static void check(RocksIterator iterator) {
        try {
            iterator.status();
        } catch (RocksDBException e) {
            throw of("read the log", e);
        }
    }
}
