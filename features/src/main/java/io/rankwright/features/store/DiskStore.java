package io.rankwright.features.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** The store of one machine: RocksDB on its disk behind a cache of the values used last. Readers do not wait for writers. */
public final class DiskStore implements OnlineStore {
    static {
        RocksDB.loadLibrary();
    }

    private final ReentrantLock writing = new ReentrantLock();
    private final Options options;
    private final RocksDB database;
    private final Cache<ByteBuffer, byte[]> cache;

    private DiskStore(Options options, RocksDB database, long cacheBytes) {
        this.options = options;
        this.database = database;
        this.cache = Caffeine.newBuilder()
                .maximumWeight(cacheBytes)
                .<ByteBuffer, byte[]>weigher((key, value) -> key.capacity() + value.length)
                .build();
    }

    /**
     * Opens the store in a folder, empty if it is new.
     *
     * @param cacheBytes how much the cache may hold of keys and values
     */
    public static DiskStore open(Path folder, long cacheBytes) {
        var options = new Options()
                .setCreateIfMissing(true)
                .setKeepLogFileNum(3)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig().setFilterPolicy(new BloomFilter(10)));
        try {
            Files.createDirectories(folder);
            return new DiskStore(options, RocksDB.open(options, folder.toString()), cacheBytes);
        } catch (RocksDBException | IOException e) {
            options.close();
            throw new EnvironmentFault("could not open the store in " + folder + ": " + e.getMessage(), false, e);
        }
    }

    @Override
    public void put(List<Entry> entries) {
        writing.lock();
        try (var batch = new WriteBatch();
                var unsynced = new WriteOptions()) {
            Map<ByteBuffer, byte[]> fresh = new HashMap<>();
            for (Entry entry : entries) {
                ByteBuffer key = ByteBuffer.wrap(entry.key());
                byte[] value = Versioned.bytes(entry);
                byte[] known = fresh.containsKey(key) ? fresh.get(key) : stored(key);
                if (known == null || !Versioned.isOlder(value, known)) {
                    fresh.put(key, value);
                }
            }
            for (Map.Entry<ByteBuffer, byte[]> entry : fresh.entrySet()) {
                batch.put(bytes(entry.getKey()), entry.getValue());
            }
            database.write(unsynced, batch);
            // Behind the database: a reader that has just read the older value there is overwritten here.
            cache.putAll(fresh);
        } catch (RocksDBException e) {
            throw new EnvironmentFault("could not write to the store: " + e.getMessage(), false, e);
        } finally {
            writing.unlock();
        }
    }

    private byte @Nullable [] stored(ByteBuffer key) {
        return cache.asMap().computeIfAbsent(key, this::read);
    }

    private byte @Nullable [] read(ByteBuffer key) {
        try {
            return database.get(bytes(key));
        } catch (RocksDBException e) {
            throw new EnvironmentFault("could not read the store: " + e.getMessage(), false, e);
        }
    }

    private static byte[] bytes(ByteBuffer key) {
        byte[] bytes = new byte[key.remaining()];
        key.duplicate().get(bytes);
        return bytes;
    }

    @Override
    public List<Optional<byte[]>> get(List<byte[]> keys, Duration patience) {
        var found = new ArrayList<Optional<byte[]>>(keys.size());
        for (byte[] key : keys) {
            found.add(Optional.ofNullable(stored(ByteBuffer.wrap(key))).map(Versioned::value));
        }
        return found;
    }

    @Override
    public void close() {
        writing.lock();
        try {
            database.close();
            options.close();
        } finally {
            writing.unlock();
        }
    }
}
