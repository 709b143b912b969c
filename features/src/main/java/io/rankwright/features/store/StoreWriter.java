package io.rankwright.features.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.rankwright.features.Cell;
import io.rankwright.features.FeatureCells;
import io.rankwright.features.FeatureState;
import io.rankwright.log.Catalog;
import io.rankwright.log.Event;
import io.rankwright.log.Progress;
import io.rankwright.spec.FeedApplication;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Takes events into the cells of an online store. Each cell knows the arrival that changed it last, so that an event that
 * is taken again changes nothing: killed at any moment, the writer goes on from {@link #filledUpTo}.
 *
 * <p>One writer a store, one thread at a time; any number of readers.
 */
public final class StoreWriter {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int BATCH = 2000;

    private final FeedApplication application;
    private final Catalog catalog;
    private final OnlineStore store;
    private final FeatureCells senders;
    private final FeatureCells keepers;
    /** The kinds of cells that events change, in words. */
    private final Map<Integer, String> kinds;

    /** @param catalog that of the events */
    public StoreWriter(FeedApplication application, Catalog catalog, OnlineStore store) {
        this.application = application;
        this.catalog = catalog;
        this.store = store;
        this.senders = new FeatureCells(application, catalog);
        this.kinds = senders.kinds();
        this.keepers = new FeatureCells(application, new Catalog(application));
    }

    /** A cell as a store holds it, with the offset of the arrival that changed it last. */
    public static byte[] stored(long offset, Cell cell) {
        byte[] bytes = cell.bytes();
        return ByteBuffer.allocate(Long.BYTES + bytes.length)
                .putLong(offset)
                .put(bytes)
                .array();
    }

    /** Reads a cell of a store. */
    public static Cell cell(FeatureCells cells, int kind, byte[] stored) {
        return cells.read(kind, stored, Long.BYTES);
    }

    /** The offset up to which the store holds every feature; empty if some features are not in it. */
    public OptionalLong filledUpTo() {
        long least = Long.MAX_VALUE;
        for (Optional<byte[]> mark : store.get(marks(), PATIENCE)) {
            if (mark.isEmpty()) {
                return OptionalLong.empty();
            }
            least = Math.min(least, ByteBuffer.wrap(mark.get()).getLong());
        }
        return OptionalLong.of(least);
    }

    /** The kinds of cells that the store does not hold, in words. */
    public List<String> missing() {
        return missingKinds().stream().map(kind -> kinds.getOrDefault(kind, "")).toList();
    }

    /** How many kinds of cells there are. */
    public int kinds() {
        return kinds.size();
    }

    private List<Integer> missingKinds() {
        List<Optional<byte[]>> marks = store.get(marks(), PATIENCE);
        List<Integer> inOrder = List.copyOf(kinds.keySet());
        return IntStream.range(0, inOrder.size())
                .filter(i -> marks.get(i).isEmpty())
                .mapToObj(inOrder::get)
                .toList();
    }

    private List<byte[]> marks() {
        return kinds.keySet().stream().map(this::mark).toList();
    }

    private byte[] mark(int kind) {
        byte[] ofKind = senders.storeKey(new FeatureCells.Key(kind, ""));
        byte[] suffix = "\u001Ffilled".getBytes(UTF_8);
        return ByteBuffer.allocate(ofKind.length + suffix.length)
                .put(ofKind)
                .put(suffix)
                .array();
    }

    /** Takes events into the store, in the order of arrival; when this returns, readers find them. */
    public void apply(List<Event> events) {
        if (events.isEmpty()) {
            return;
        }
        record Pending(FeatureCells.Change change, long offset) {}
        var byKey = new LinkedHashMap<FeatureCells.Key, List<Pending>>();
        for (Event event : events) {
            for (FeatureCells.Change change : senders.changes(event)) {
                byKey.computeIfAbsent(change.key(), _ -> new ArrayList<>()).add(new Pending(change, event.offset()));
            }
        }
        List<FeatureCells.Key> keys = List.copyOf(byKey.keySet());
        List<Optional<byte[]>> known =
                store.get(keys.stream().map(senders::storeKey).toList(), PATIENCE);
        var entries = new ArrayList<OnlineStore.Entry>();
        for (int i = 0; i < keys.size(); i++) {
            int kind = keys.get(i).kind();
            Optional<byte[]> stored = known.get(i);
            Cell cell = stored.map(bytes -> cell(keepers, kind, bytes)).orElseGet(() -> keepers.empty(kind));
            long applied = stored.map(bytes -> ByteBuffer.wrap(bytes).getLong()).orElse(Long.MIN_VALUE);
            for (Pending pending : requireNonNull(byKey.get(keys.get(i)))) {
                if (pending.offset() > applied) {
                    cell = keepers.apply(cell, pending.change());
                    applied = pending.offset();
                }
            }
            entries.add(entry(keys.get(i), applied, cell));
        }
        store.put(entries);
        mark(kinds.keySet(), events.getLast().offset() + 1);
    }

    private OnlineStore.Entry entry(FeatureCells.Key key, long offset, Cell cell) {
        return new OnlineStore.Entry(senders.storeKey(key), cell.versionMillis(), stored(offset, cell));
    }

    private void mark(Iterable<Integer> kinds, long offset) {
        var marks = new ArrayList<OnlineStore.Entry>();
        kinds.forEach(kind -> marks.add(new OnlineStore.Entry(
                mark(kind),
                offset,
                ByteBuffer.allocate(Long.BYTES).putLong(offset).array())));
        store.put(marks);
    }

    /** Notes that another writer, such as a Flink job, has filled the store with every feature up to an offset. */
    public void declareFull(long offset) {
        mark(kinds.keySet(), offset);
    }

    /**
     * Fills the store with what it does not hold. What it holds is left alone, so that another writer can go on with it.
     *
     * @param full the state after all arrivals before the offset
     * @param versionMillis the time of the newest event in it
     * @return how many cells were put
     */
    public long fill(FeatureState full, long offset, long versionMillis, Progress progress) {
        List<Integer> missing = missingKinds();
        var batch = new ArrayList<OnlineStore.Entry>();
        long[] count = new long[1];
        new FeatureCells(application, catalog, full).forEach(versionMillis, (key, cell) -> {
            if (missing.contains(key.kind())) {
                batch.add(entry(key, offset - 1, cell));
                if (batch.size() == BATCH) {
                    store.put(batch);
                    batch.clear();
                    progress.at(count[0], -1, "cells");
                }
                count[0]++;
            }
        });
        store.put(batch);
        mark(missing, offset);
        return count[0];
    }
}
