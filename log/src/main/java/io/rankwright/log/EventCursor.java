package io.rankwright.log;

import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/**
 * Walks the events of one type in the order of time, ties in the order of arrival, without allocating per event: the
 * accessors show the current one. Close it after use; one thread at a time.
 */
public final class EventCursor implements AutoCloseable {
    private final EventSchema schema;
    private final ReadOptions options;
    private final Slice bound;
    private final RocksIterator iterator;
    private final int[] codes;
    private final double[] numbers;
    private final byte[] key = new byte[EventCodec.KEY_BYTES];
    private byte[] value = new byte[512];
    private long timeMillis;
    private long offset;
    private boolean isStarted;
    private long endOffset = Long.MAX_VALUE;

    EventCursor(EventSchema schema, RocksIteratorSource source, byte[] from, byte[] to) {
        this.schema = schema;
        this.bound = new Slice(to);
        this.options = new ReadOptions().setIterateUpperBound(bound).setReadaheadSize(2 << 20);
        this.iterator = source.iterator(options);
        this.codes = new int[schema.codeCount()];
        this.numbers = new double[schema.numberCount()];
        iterator.seek(from);
    }

    /** Where the cursor gets its iterator. */
    interface RocksIteratorSource {
        RocksIterator iterator(ReadOptions options);
    }

    /** Leaves out what arrived at an offset or behind it. */
    public EventCursor before(long offset) {
        endOffset = offset;
        return this;
    }

    /** Moves to the next event; false behind the last. */
    public boolean next() {
        while (step()) {
            if (offset < endOffset) {
                return true;
            }
        }
        return false;
    }

    private boolean step() {
        if (isStarted) {
            iterator.next();
        }
        isStarted = true;
        if (!iterator.isValid()) {
            RocksFault.check(iterator);
            return false;
        }
        iterator.key(key, 0, key.length);
        timeMillis = EventCodec.time(key);
        offset = EventCodec.offset(key);
        int length = iterator.value(value, 0, value.length);
        if (length > value.length) {
            value = new byte[length * 2];
            iterator.value(value, 0, value.length);
        }
        EventCodec.decode(schema, value, codes, numbers);
        return true;
    }

    public long timeMillis() {
        return timeMillis;
    }

    public long offset() {
        return offset;
    }

    /** The codes of the current event; overwritten by {@link #next()}. */
    public int[] codes() {
        return codes;
    }

    /** The numbers of the current event; overwritten by {@link #next()}. */
    public double[] numbers() {
        return numbers;
    }

    /** A copy of the current event that outlives the next step. */
    public Event event() {
        return new Event(offset, timeMillis, codes.clone(), numbers.clone());
    }

    @Override
    public void close() {
        iterator.close();
        options.close();
        bound.close();
    }
}
