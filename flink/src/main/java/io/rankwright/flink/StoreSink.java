package io.rankwright.flink;

import io.rankwright.features.store.OnlineStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.jspecify.annotations.Nullable;

/**
 * Puts cells into an online store. Of the cells of one key only the last of a few milliseconds is put; with a checkpoint
 * all are there. A task that was started again puts older cells once more, which the store leaves out: what is seen is as
 * if each were put once.
 */
final class StoreSink implements Sink<StoredCell> {
    private static final long serialVersionUID = 1L;
    private static final int MOST = 5000;
    private static final long MILLIS = 10;

    private final String address;

    /** @param address see {@link Handles#store} */
    StoreSink(String address) {
        this.address = address;
    }

    @Override
    public SinkWriter<StoredCell> createWriter(WriterInitContext context) {
        return new Writer(Handles.store(address), context.getProcessingTimeService());
    }

    private final class Writer implements SinkWriter<StoredCell> {
        private final OnlineStore store;
        private final ProcessingTimeService clock;
        private final Map<ByteBuffer, StoredCell> waiting = new LinkedHashMap<>();
        /** That writes what waits; none if nothing does. */
        private @Nullable ScheduledFuture<?> timer;

        Writer(OnlineStore store, ProcessingTimeService clock) {
            this.store = store;
            this.clock = clock;
        }

        @Override
        public void write(StoredCell cell, Context context) {
            waiting.put(ByteBuffer.wrap(cell.key()), cell);
            if (waiting.size() >= MOST) {
                flush(false);
            } else if (timer == null) {
                timer = clock.registerTimer(clock.getCurrentProcessingTime() + MILLIS, _ -> {
                    timer = null;
                    flush(false);
                });
            }
        }

        @Override
        public void flush(boolean isLast) {
            var entries = new ArrayList<OnlineStore.Entry>(waiting.size());
            waiting.values()
                    .forEach(
                            cell -> entries.add(new OnlineStore.Entry(cell.key(), cell.versionMillis(), cell.value())));
            store.put(entries);
            waiting.clear();
        }

        @Override
        public void close() {
            if (!Handles.isHere(address)) {
                store.close();
            }
        }
    }
}
