package io.rankwright.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.rankwright.spec.Contract;
import io.rankwright.spec.Data;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The append-only log of events, with the entities beside it, on local disk (RocksDB). An event counts once, by its id;
 * a batch is written whole or not at all and, once acknowledged, survives the death of the process.
 *
 * <p>Thread-safety: any thread may read; appends queue for one lock.
 */
public final class EventLog implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectReader TEXTS = JSON.readerFor(new TypeReference<LinkedHashMap<String, String>>() {});
    private static final int ENTITIES_AT_ONCE = 4096;
    private static final long WAL_BYTES = 256L << 20;
    private static final String HIDDEN = "_hidden";
    private static final String SIMULATED_AUDIENCE = "simulated audience";

    static {
        RocksDB.loadLibrary();
    }

    private final ReentrantLock writing = new ReentrantLock();
    private final Path folder;
    private final Images images;
    private final Catalog catalog;
    private final Dictionary dictionary;
    private final List<AutoCloseable> resources = new ArrayList<>();
    private final DiskRoom room;
    private final RocksDB database;
    private final ColumnFamilyHandle meta;
    private final ColumnFamilyHandle events;
    private final ColumnFamilyHandle ids;
    private final ColumnFamilyHandle words;
    private final ColumnFamilyHandle entities;
    private final ColumnFamilyHandle quarantine;
    private final ColumnFamilyHandle answers;
    private final ColumnFamilyHandle arrivals;
    private final Condition arrived = writing.newCondition();
    private final String subject;
    private long nextOffset;
    private volatile boolean isClosed;

    private EventLog(Path folder, FeedApplication application, boolean isReadOnly) {
        this.folder = folder;
        this.images = new Images(folder.toAbsolutePath().resolveSibling(""));
        catalog = new Catalog(application);
        dictionary = catalog.dictionary();
        try {
            Files.createDirectories(folder);
            room = new DiskRoom(folder);
            var table = new BlockBasedTableConfig()
                    .setFilterPolicy(new BloomFilter(10))
                    .setBlockSize(32 << 10);
            var options = new ColumnFamilyOptions()
                    .setTableFormatConfig(table)
                    .setCompressionType(CompressionType.LZ4_COMPRESSION);
            var descriptors = new ArrayList<ColumnFamilyDescriptor>();
            descriptors.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, options));
            for (String name : List.of("events", "ids", "words", "entities", "quarantine", "answers", "arrivals")) {
                descriptors.add(new ColumnFamilyDescriptor(name.getBytes(UTF_8), options));
            }
            var databaseOptions = new DBOptions()
                    .setCreateIfMissing(true)
                    .setCreateMissingColumnFamilies(true)
                    .setKeepLogFileNum(3)
                    // A start reads it again, and what is written seldom would keep all that came since.
                    .setMaxTotalWalSize(WAL_BYTES)
                    .setParanoidChecks(true)
                    // A record that a crash tore off at the end is cut; damage anywhere else is an error, not a shorter
                    // log.
                    .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords);
            var handles = new ArrayList<ColumnFamilyHandle>();
            database = isReadOnly
                    ? RocksDB.openReadOnly(databaseOptions, folder.toString(), descriptors, handles)
                    : RocksDB.open(databaseOptions, folder.toString(), descriptors, handles);
            resources.addAll(handles);
            resources.add(database);
            resources.add(databaseOptions);
            resources.add(options);
            meta = handles.get(0);
            events = handles.get(1);
            ids = handles.get(2);
            words = handles.get(3);
            entities = handles.get(4);
            quarantine = handles.get(5);
            answers = handles.get(6);
            arrivals = handles.get(7);
        } catch (RocksDBException e) {
            throw RocksFault.of("open the log in " + folder, e);
        } catch (IOException e) {
            throw new EnvironmentFault("could not make the folder " + folder + ": " + e.getMessage(), true, e);
        }
        subject = application.framing().subject();
        nextOffset = counter("offset");
        loadWords();
        application.data().entities().values().forEach(this::loadEntities);
        if (!isReadOnly) {
            indexArrivals();
        }
    }

    /** A log written before arrivals had an index of their own gets it when it is first opened. */
    private void indexArrivals() {
        try (RocksIterator known = database.newIterator(arrivals);
                RocksIterator iterator = database.newIterator(events);
                var options = new WriteOptions();
                var batch = new WriteBatch()) {
            known.seekToFirst();
            if (known.isValid()) {
                return;
            }
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                byte[] key = iterator.key();
                batch.put(arrivals, EventCodec.arrival(key[0], EventCodec.offset(key)), bytes(EventCodec.time(key)));
            }
            database.write(options, batch);
        } catch (RocksDBException e) {
            throw RocksFault.of("index the arrivals of the log", e);
        }
    }

    /**
     * Opens the log in a folder, empty if it is new, and loads its dictionary and entities into memory.
     *
     * @throws EnvironmentFault if the folder cannot be used
     */
    public static EventLog open(Path folder, FeedApplication application) {
        return new EventLog(folder, application, false);
    }

    /**
     * Opens the log in a folder as it is now, beside the process that writes it; nothing can be written.
     *
     * @throws EnvironmentFault if there is no log
     */
    public static EventLog readOnly(Path folder, FeedApplication application) {
        return new EventLog(folder, application, true);
    }

    /** What became of a row. */
    public enum Outcome {
        ACCEPTED,
        DUPLICATE,
        QUARANTINED
    }

    /** What became of the rows of a batch, in their order, and why some are in quarantine. */
    public record Appended(List<Outcome> outcomes, List<Event> accepted, List<String> reasons) {
        public int count(Outcome outcome) {
            return (int) outcomes.stream().filter(outcome::equals).count();
        }
    }

    /** One row that broke its contract. */
    public record Rejected(String source, long row, String reason, String text) {}

    /** Counts that always add up: read = accepted + duplicates + quarantined. */
    public record Counts(long read, long accepted, long duplicates, long quarantined) {
        public static final Counts NONE = new Counts(0, 0, 0, 0);

        public Counts plus(Counts other) {
            return new Counts(
                    read + other.read,
                    accepted + other.accepted,
                    duplicates + other.duplicates,
                    quarantined + other.quarantined);
        }
    }

    public EventSchema schema(String type) {
        return catalog.schema(type);
    }

    /** What the log knows besides its events. */
    public Catalog catalog() {
        return catalog;
    }

    private int typeIndex(String type) {
        return catalog.typeIndex(type);
    }

    /** The events of a type in the order in which they arrived: the embedded {@link ArrivalLog}. Closing it does nothing. */
    public ArrivalLog arrivals(String type) {
        return new EmbeddedArrivals(this, type);
    }

    public EntityTable table(String entity) {
        return catalog.table(entity);
    }

    public Dictionary dictionary() {
        return dictionary;
    }

    /** How many events the log holds. */
    public long size() {
        return counter("events");
    }

    /**
     * Appends events given as texts by column. Each counts once: an event whose id is in the log is a duplicate.
     * When this returns, the batch is on disk.
     *
     * @param source who sent them, for the quarantine
     */
    public Appended append(String type, List<Map<String, String>> posted, String source) {
        RowCheck check = catalog.check(type);
        var rows = new ArrayList<Row>();
        writing.lock();
        try {
            long position = counter("posted");
            for (var fields : posted) {
                rows.add(new Row(++position, Catalog.fields(check, fields)));
            }
            return append(
                    type,
                    rows,
                    source,
                    (batch, _, _) -> batch.put(meta, key("posted"), bytes(counter("posted") + posted.size())),
                    true);
        } finally {
            writing.unlock();
        }
    }

    /** More that must be written in the same batch, given what became of its rows. */
    interface BatchPart {
        void addTo(WriteBatch batch, List<Outcome> outcomes, List<Event> accepted) throws RocksDBException;
    }

    Appended append(String type, List<Row> rows, String source, BatchPart more, boolean isSynced) {
        EventSchema schema = schema(type);
        RowCheck check = catalog.check(type);
        int typeIndex = typeIndex(type);
        var outcomes = new ArrayList<Outcome>(rows.size());
        var accepted = new ArrayList<Event>();
        var reasons = new ArrayList<String>();
        Dictionary.Additions additions = dictionary.new Additions();
        var pending = new HashMap<ByteBuffer, Boolean>();
        writing.lock();
        try (var batch = new WriteBatch();
                var options = new WriteOptions().setSync(isSynced)) {
            refuseIfClosed();
            long offset = nextOffset;
            for (Row row : rows) {
                Optional<String> fault = row.unreadable().or(() -> check.fault(row.fields()));
                if (fault.isPresent()) {
                    outcomes.add(Outcome.QUARANTINED);
                    reasons.add(fault.get());
                    quarantine(batch, source, row, fault.get());
                    continue;
                }
                byte[] id = catalog.eventId(type, row.fields());
                if (pending.containsKey(ByteBuffer.wrap(id)) || database.get(ids, id) != null) {
                    outcomes.add(Outcome.DUPLICATE);
                    continue;
                }
                Event event = catalog.event(type, row.fields(), additions, offset);
                batch.put(
                        events,
                        EventCodec.key(typeIndex, event.timeMillis(), offset),
                        EventCodec.encode(schema, event.codes(), event.numbers()));
                batch.put(ids, id, bytes(offset));
                batch.put(arrivals, EventCodec.arrival(typeIndex, offset), bytes(event.timeMillis()));
                pending.put(ByteBuffer.wrap(id), true);
                accepted.add(event);
                outcomes.add(Outcome.ACCEPTED);
                offset++;
            }
            batch.put(meta, key("offset"), bytes(offset));
            batch.put(meta, key("events"), bytes(counter("events") + accepted.size()));
            more.addTo(batch, outcomes, accepted);
            putWords(batch, additions);
            room.refuseIfFull("append to the log", batch.getDataSize());
            database.write(options, batch);
            nextOffset = offset;
            additions.commit();
            arrived.signalAll();
        } catch (RocksDBException e) {
            throw RocksFault.of("append to the log", e);
        } finally {
            writing.unlock();
        }
        return new Appended(outcomes, accepted, reasons);
    }

    /** The events of a type in the order of arrival from an offset on, at most so many; marks of erasure are left out. */
    public List<Event> arrivedSince(String type, long offset, int limit) {
        EventSchema schema = schema(type);
        var found = new ArrayList<Event>();
        walkArrivals(type, offset, (at, timeMillis, erased) -> {
            byte[] stored = erased.isPresent() ? null : stored(type, timeMillis, at);
            if (stored != null) {
                int[] codes = new int[schema.codeCount()];
                double[] numbers = new double[schema.numberCount()];
                EventCodec.decode(schema, stored, codes, numbers);
                found.add(new Event(at, timeMillis, codes, numbers));
            }
            return found.size() < limit;
        });
        return found;
    }

    /** Whether subjects were erased since an offset: what was computed from the events before holds them. */
    public boolean isErasedSince(String type, long offset) {
        boolean[] isErased = {false};
        walkArrivals(type, offset, (_, _, erased) -> {
            isErased[0] = erased.isPresent();
            return !isErased[0];
        });
        return isErased[0];
    }

    /** The images that its entities refer to, in a folder beside it. */
    public Images images() {
        return images;
    }

    /** The folder that it lies in. */
    public Path folder() {
        return folder;
    }

    /** Brings everything that was appended onto the disk. */
    public void sync() {
        refuseIfClosed();
        try {
            database.syncWal();
        } catch (RocksDBException e) {
            throw RocksFault.of("write the log", e);
        }
    }

    /** What lies in the order of arrival from an offset on, at most so many; erased events are left out. */
    List<Arrival> arrivals(String type, long from, int limit) {
        EventSchema schema = schema(type);
        var found = new ArrayList<Arrival>();
        int[] codes = new int[schema.codeCount()];
        double[] numbers = new double[schema.numberCount()];
        walkArrivals(type, from, (offset, timeMillis, erased) -> {
            byte[] stored = erased.isPresent() ? null : stored(type, timeMillis, offset);
            if (erased.isPresent()) {
                found.add(new Arrival(0, offset, new Arrival.Erased(erased.get(), timeMillis)));
            } else if (stored != null) {
                EventCodec.decode(schema, stored, codes, numbers);
                Map<String, String> fields = schema.texts(dictionary, codes, numbers);
                found.add(new Arrival(
                        0, offset, new Arrival.Happened(catalog.subject(type, fields), timeMillis, fields)));
            }
            return found.size() < limit;
        });
        return found;
    }

    /** The bytes of an event; null if it was erased or dropped since its arrival was read. */
    private byte @Nullable [] stored(String type, long timeMillis, long offset) throws RocksDBException {
        return database.get(events, EventCodec.key(typeIndex(type), timeMillis, offset));
    }

    /** Told of one arrival: of an event, or of whom a mark erases. The walk goes on as long as the answer is true. */
    interface ArrivalVisitor {
        boolean arrival(long offset, long timeMillis, Optional<String> erased) throws RocksDBException;
    }

    /** Walks what lies of a type in the order of arrival, from an offset on. */
    void walkArrivals(String type, long from, ArrivalVisitor visitor) {
        refuseIfClosed();
        int typeIndex = typeIndex(type);
        try (var bound = new Slice(EventCodec.arrival(typeIndex + 1, 0));
                var options = new ReadOptions().setIterateUpperBound(bound);
                RocksIterator iterator = database.newIterator(arrivals, options)) {
            boolean goesOn = true;
            for (iterator.seek(EventCodec.arrival(typeIndex, from)); goesOn && iterator.isValid(); iterator.next()) {
                byte[] value = iterator.value();
                Optional<String> erased = value.length == Long.BYTES
                        ? Optional.empty()
                        : Optional.of(new String(value, Long.BYTES, value.length - Long.BYTES, UTF_8));
                goesOn = visitor.arrival(
                        EventCodec.arrivalOffset(iterator.key()),
                        ByteBuffer.wrap(value).getLong(),
                        erased);
            }
            RocksFault.check(iterator);
        } catch (RocksDBException e) {
            throw RocksFault.of("read the log", e);
        }
    }

    /** The offset that the next arrival of any type will have. */
    public long nextOffset() {
        writing.lock();
        try {
            return nextOffset;
        } finally {
            writing.unlock();
        }
    }

    /** Waits until something arrives at an offset or behind it, or the time is over. */
    public void awaitArrival(long offset, Duration patience) {
        writing.lock();
        try {
            long left = patience.toNanos();
            while (nextOffset <= offset && left > 0 && !isClosed) {
                left = arrived.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            writing.unlock();
        }
    }

    /** Says for good that a simulated audience has posted some of the events: no figure made of them is about people. */
    public void markSimulatedAudience() {
        if (!hasSimulatedAudience()) {
            putNote(SIMULATED_AUDIENCE, "yes");
        }
    }

    /** Whether a simulated audience has posted some of the events. */
    public boolean hasSimulatedAudience() {
        return note(SIMULATED_AUDIENCE).isPresent();
    }

    /** Keeps a note for good. */
    void putNote(String name, String text) {
        refuseIfClosed();
        room.refuseIfFull("write to the log", text.length());
        try {
            database.put(meta, key(name), key(text));
        } catch (RocksDBException e) {
            throw RocksFault.of("write to the log", e);
        }
    }

    /**
     * Forgets the events of a subject up to a moment and what is known of it, and leaves a mark in the order of arrival.
     * Its events stay known by the hashes of their ids, so that one that is sent again does not come back.
     *
     * @return how many events are gone
     */
    public long erase(String type, String id, long timeMillis) {
        EventSchema schema = schema(type);
        int typeIndex = typeIndex(type);
        Optional<Integer> place =
                schema.contract().columnOf(subject).flatMap(column -> schema.codeIndex(column.name()));
        int code = dictionary.domain(Dictionary.idsOf(subject)).code(id);
        writing.lock();
        try (var batch = new WriteBatch();
                var options = new WriteOptions().setSync(true)) {
            refuseIfClosed();
            long erased = 0;
            if (place.isPresent() && code != 0) {
                try (EventCursor cursor = read(type, 0, timeMillis + 1)) {
                    while (cursor.next()) {
                        if (cursor.codes()[place.get()] == code) {
                            batch.delete(events, EventCodec.key(typeIndex, cursor.timeMillis(), cursor.offset()));
                            batch.delete(arrivals, EventCodec.arrival(typeIndex, cursor.offset()));
                            erased++;
                        }
                    }
                }
            }
            byte[] name = id.getBytes(UTF_8);
            batch.put(
                    arrivals,
                    EventCodec.arrival(typeIndex, nextOffset),
                    ByteBuffer.allocate(8 + name.length)
                            .putLong(timeMillis)
                            .put(name)
                            .array());
            batch.put(meta, key("offset"), bytes(nextOffset + 1));
            batch.put(meta, key("events"), bytes(counter("events") - erased));
            batch.delete(entities, key(subject + "\0" + id));
            database.write(options, batch);
            nextOffset++;
            table(subject).delete(code);
            arrived.signalAll();
            return erased;
        } catch (RocksDBException e) {
            throw RocksFault.of("erase from the log", e);
        } finally {
            writing.unlock();
        }
    }

    /** Drops for good the events of a type that arrived before an offset. */
    void dropBefore(String type, long offset) {
        int typeIndex = typeIndex(type);
        writing.lock();
        try (var batch = new WriteBatch();
                var options = new WriteOptions().setSync(true)) {
            refuseIfClosed();
            long[] dropped = new long[1];
            walkArrivals(type, 0, (at, timeMillis, _) -> {
                if (at >= offset) {
                    return false;
                }
                batch.delete(arrivals, EventCodec.arrival(typeIndex, at));
                if (stored(type, timeMillis, at) != null) {
                    batch.delete(events, EventCodec.key(typeIndex, timeMillis, at));
                    dropped[0]++;
                }
                return true;
            });
            batch.put(meta, key("events"), bytes(counter("events") - dropped[0]));
            database.write(options, batch);
        } catch (RocksDBException e) {
            throw RocksFault.of("drop from the log", e);
        } finally {
            writing.unlock();
        }
    }

    /** The events of a type with {@code from <= time < to}, in the order of time. */
    public EventCursor read(String type, long fromMillis, long toMillis) {
        refuseIfClosed();
        int typeIndex = typeIndex(type);
        return new EventCursor(
                schema(type),
                options -> database.newIterator(events, options),
                EventCodec.key(typeIndex, fromMillis, 0),
                EventCodec.key(typeIndex, toMillis, 0));
    }

    /** All events of a type, in the order of time. */
    public EventCursor read(String type) {
        return read(type, 0, Long.MAX_VALUE);
    }

    /** The time of the last event of a type; empty if there is none. */
    public OptionalLong lastTimeMillis(String type) {
        refuseIfClosed();
        byte[] key = EventCodec.key(typeIndex(type), Long.MAX_VALUE, Long.MAX_VALUE);
        try (RocksIterator iterator = database.newIterator(events)) {
            iterator.seekForPrev(key);
            if (!iterator.isValid() || iterator.key()[0] != key[0]) {
                return OptionalLong.empty();
            }
            return OptionalLong.of(EventCodec.time(iterator.key()));
        }
    }

    /**
     * Puts an entity given as texts by column, in the place of what was known of it.
     *
     * @return why it was refused; empty if it was put
     */
    public Optional<String> putEntity(String entity, String keyColumn, Map<String, String> texts, boolean hidden) {
        RowCheck check = catalog.check(entity);
        Contract contract = table(entity).contract();
        Optional<String> fault =
                check.fault(Catalog.fields(check, texts)).or(() -> images.fault(contract, texts, Optional.empty()));
        if (fault.isPresent()) {
            return fault;
        }
        // Under one lock, so that no image goes with another row while this one comes to refer to it.
        writing.lock();
        try {
            // A row is read only where it may have images.
            Map<String, String> before = Images.areIn(contract)
                    ? entity(entity, requireNonNull(texts.get(keyColumn))).orElse(Map.of())
                    : Map.of();
            Map<String, String> kept = images.keep(contract, texts, Optional.empty());
            putEntities(entity, keyColumn, List.of(kept), hidden, (_, _, _) -> {}, true);
            dropImages(entity, before);
        } finally {
            writing.unlock();
        }
        return Optional.empty();
    }

    void putEntities(
            String entity,
            String keyColumn,
            List<Map<String, String>> rows,
            boolean hidden,
            BatchPart more,
            boolean isSynced) {
        RowCheck check = catalog.check(entity);
        EntityTable table = table(entity);
        writing.lock();
        try (var batch = new WriteBatch();
                var options = new WriteOptions().setSync(isSynced)) {
            refuseIfClosed();
            Dictionary.Additions additions = dictionary.new Additions();
            var puts = new ArrayList<Runnable>();
            for (var texts : rows) {
                String id = requireNonNull(texts.get(keyColumn));
                int code = additions.intern(dictionary.domain(Dictionary.idsOf(entity)), id);
                var stored = new LinkedHashMap<String, String>(texts);
                if (hidden) {
                    stored.put(HIDDEN, "true");
                }
                batch.put(entities, key(entity + "\0" + id), JSON.writeValueAsBytes(stored));
                puts.add(() -> table.put(code, Catalog.fields(check, texts), additions, hidden));
            }
            room.refuseIfFull("put an entity", batch.getDataSize());
            puts.forEach(Runnable::run);
            more.addTo(batch, List.of(), List.of());
            putWords(batch, additions);
            database.write(options, batch);
            additions.commit();
        } catch (RocksDBException e) {
            throw RocksFault.of("put an entity", e);
        } catch (JsonProcessingException e) {
            throw new InternalFault("an entity that cannot be written", e);
        } finally {
            writing.unlock();
        }
    }

    /** What is known of an entity, as texts by column; empty if nothing is. */
    public Optional<Map<String, String>> entity(String entity, String id) {
        refuseIfClosed();
        try {
            byte[] value = database.get(entities, key(entity + "\0" + id));
            if (value == null) {
                return Optional.empty();
            }
            Map<String, String> texts = texts(value);
            texts.remove(HIDDEN);
            return Optional.of(texts);
        } catch (RocksDBException e) {
            throw RocksFault.of("read an entity", e);
        }
    }

    /** Hides an entity from every answer, or shows it again; false if it is not known. */
    public boolean hide(String entity, String keyColumn, String id, boolean hidden) {
        Optional<Map<String, String>> texts = entity(entity, id);
        texts.ifPresent(known -> putEntities(entity, keyColumn, List.of(known), hidden, (_, _, _) -> {}, true));
        return texts.isPresent();
    }

    /** Forgets an entity's attributes; its events stay. False if it is not known. */
    public boolean deleteEntity(String entity, String id) {
        writing.lock();
        try (var options = new WriteOptions().setSync(true)) {
            refuseIfClosed();
            byte[] key = key(entity + "\0" + id);
            byte[] stored = database.get(entities, key);
            if (stored == null) {
                return false;
            }
            database.delete(entities, options, key);
            table(entity).delete(dictionary.domain(Dictionary.idsOf(entity)).code(id));
            dropImages(entity, texts(stored));
            return true;
        } catch (RocksDBException e) {
            throw RocksFault.of("delete an entity", e);
        } finally {
            writing.unlock();
        }
    }

    /** The images of a row that is gone, as far as no other row has them too. */
    private void dropImages(String entity, Map<String, String> gone) {
        for (String reference : Images.references(table(entity).contract(), gone)) {
            if (catalog.tables().stream().noneMatch(table -> table.hasImage(reference))) {
                images.drop(reference);
            }
        }
    }

    /** Keeps an answer as it was served, under the time and the id of its request. */
    public void logAnswer(long timeMillis, String requestId, byte[] answer) {
        refuseIfClosed();
        room.refuseIfFull("log an answer", answer.length);
        byte[] id = requestId.getBytes(UTF_8);
        try {
            database.put(
                    answers,
                    ByteBuffer.allocate(8 + id.length)
                            .putLong(timeMillis)
                            .put(id)
                            .array(),
                    answer);
        } catch (RocksDBException e) {
            throw RocksFault.of("log an answer", e);
        }
    }

    /** The answers of the log, the newest first. */
    public List<byte[]> answers(int limit) {
        refuseIfClosed();
        var found = new ArrayList<byte[]>();
        try (RocksIterator iterator = database.newIterator(answers)) {
            for (iterator.seekToLast(); iterator.isValid() && found.size() < limit; iterator.prev()) {
                found.add(iterator.value());
            }
        }
        return found;
    }

    /** Tells of every answer of the log, the oldest first. */
    public void forEachAnswer(Consumer<byte[]> visitor) {
        refuseIfClosed();
        try (RocksIterator iterator = database.newIterator(answers)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                visitor.accept(iterator.value());
            }
            RocksFault.check(iterator);
        }
    }

    /** The rows in quarantine, in the order of source and row. */
    public List<Rejected> quarantined(int limit) {
        refuseIfClosed();
        var rejected = new ArrayList<Rejected>();
        try (RocksIterator iterator = database.newIterator(quarantine)) {
            for (iterator.seekToFirst(); iterator.isValid() && rejected.size() < limit; iterator.next()) {
                rejected.add(JSON.readValue(iterator.value(), Rejected.class));
            }
        } catch (IOException e) {
            throw new InternalFault("a quarantined row that cannot be read", e);
        }
        return rejected;
    }

    void quarantine(WriteBatch batch, String source, Row row, String reason) throws RocksDBException {
        var text = new StringBuilder();
        for (String field : row.fields()) {
            text.append(text.isEmpty() ? "" : ",").append(field == null ? "" : field);
        }
        String shortened = text.length() > 500 ? text.substring(0, 500) + "…" : text.toString();
        byte[] name = (source + "\0").getBytes(UTF_8);
        byte[] key = ByteBuffer.allocate(name.length + 8)
                .put(name)
                .putLong(row.position())
                .array();
        try {
            batch.put(quarantine, key, JSON.writeValueAsBytes(new Rejected(source, row.position(), reason, shortened)));
        } catch (JsonProcessingException e) {
            throw new InternalFault("a rejected row that cannot be written", e);
        }
    }

    Optional<String> note(String name) {
        refuseIfClosed();
        try {
            return Optional.ofNullable(database.get(meta, key(name))).map(value -> new String(value, UTF_8));
        } catch (RocksDBException e) {
            throw RocksFault.of("read the log", e);
        }
    }

    BatchPart note(String name, BiFunction<List<Outcome>, List<Event>, String> text) {
        return (batch, outcomes, accepted) ->
                batch.put(meta, key(name), text.apply(outcomes, accepted).getBytes(UTF_8));
    }

    private long counter(String name) {
        try {
            byte[] value = database.get(meta, key(name));
            return value == null ? 0 : ByteBuffer.wrap(value).getLong();
        } catch (RocksDBException e) {
            throw RocksFault.of("read the log", e);
        }
    }

    private void putWords(WriteBatch batch, Dictionary.Additions additions) throws RocksDBException {
        for (var domain : additions.byDomain().entrySet()) {
            for (var word : domain.getValue().entrySet()) {
                byte[] prefix = key(domain.getKey() + "\0");
                byte[] key = ByteBuffer.allocate(prefix.length + 4)
                        .put(prefix)
                        .putInt(word.getValue())
                        .array();
                batch.put(words, key, key(word.getKey()));
            }
        }
    }

    private void loadWords() {
        try (RocksIterator iterator = database.newIterator(words)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                byte[] key = iterator.key();
                String domain = new String(key, 0, key.length - 5, UTF_8);
                int code = ByteBuffer.wrap(key).getInt(key.length - 4);
                dictionary.domain(domain).put(code, new String(iterator.value(), UTF_8));
            }
            RocksFault.check(iterator);
        }
    }

    private void loadEntities(Data.EntitySource source) {
        RowCheck check = catalog.check(source.name());
        EntityTable table = table(source.name());
        Dictionary.Additions additions = dictionary.new Additions();
        Dictionary.Domain ids = dictionary.domain(Dictionary.idsOf(source.name()));
        byte[] prefix = key(source.name() + "\0");
        try (RocksIterator iterator = database.newIterator(entities)) {
            iterator.seek(prefix);
            while (iterator.isValid() && startsWith(iterator.key(), prefix)) {
                // Most of a start's time on entities goes into their JSON and their check: all cores do that.
                for (Stored row : nextEntities(iterator, prefix).parallelStream()
                        .map(json -> Stored.of(json, source.key(), check))
                        .flatMap(Optional::stream)
                        .toList()) {
                    table.put(ids.code(row.id()), row.fields(), additions, row.isHidden());
                }
            }
            RocksFault.check(iterator);
        }
    }

    /** An entity as it was put. */
    private record Stored(String id, @Nullable String[] fields, boolean isHidden) {
        /** Empty if the contract of today refuses it. */
        static Optional<Stored> of(byte[] json, String key, RowCheck check) {
            Map<String, String> texts = texts(json);
            @Nullable String[] fields = Catalog.fields(check, texts);
            return check.fault(fields).isEmpty()
                    ? Optional.of(new Stored(requireNonNull(texts.get(key)), fields, texts.containsKey(HIDDEN)))
                    : Optional.empty();
        }
    }

    private static List<byte[]> nextEntities(RocksIterator iterator, byte[] prefix) {
        var values = new ArrayList<byte[]>();
        while (values.size() < ENTITIES_AT_ONCE && iterator.isValid() && startsWith(iterator.key(), prefix)) {
            values.add(iterator.value());
            iterator.next();
        }
        return values;
    }

    private static Map<String, String> texts(byte[] json) {
        try {
            return TEXTS.readValue(json);
        } catch (IOException e) {
            throw new InternalFault("an entity that cannot be read", e);
        }
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static byte[] key(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] bytes(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }

    /** A hash over the dictionary and every event, in hex: equal for equal logs, however they came to be. */
    public String contentHash() {
        MessageDigest digest = Catalog.sha256();
        for (ColumnFamilyHandle family : List.of(words, events, entities)) {
            try (RocksIterator iterator = database.newIterator(family)) {
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    digest.update(iterator.key());
                    digest.update(iterator.value());
                }
                RocksFault.check(iterator);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private void refuseIfClosed() {
        if (isClosed) {
            throw new EnvironmentFault("the log is closed: the process is stopping", true);
        }
    }

    @Override
    public void close() {
        writing.lock();
        try {
            if (!isClosed) {
                isClosed = true;
                arrived.signalAll();
                database.cancelAllBackgroundWork(true);
                for (AutoCloseable resource : resources) {
                    resource.close();
                }
            }
        } catch (Exception e) {
            throw new InternalFault("the log does not close", e);
        } finally {
            writing.unlock();
        }
    }
}
