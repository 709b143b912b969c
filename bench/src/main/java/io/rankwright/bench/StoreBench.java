package io.rankwright.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.rankwright.dev.RedisServer;
import io.rankwright.features.FeatureCells;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.features.store.DiskStore;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.RedisStore;
import io.rankwright.features.store.StoreReader;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.log.DataRoot;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Folder;
import io.rankwright.log.Ingestion;
import io.rankwright.log.Progress;
import io.rankwright.log.Simulator;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * How long a request's features take: 500 values of 30 numbers out of a store alone, and every feature of a user and 500
 * items out of this process, this machine's disk behind a cache, and Redis.
 */
final class StoreBench {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int ITEMS = 500;
    private static final int NUMBERS = 30;
    private static final int WARM_UP = 300;
    private static final int ROUNDS = 1000;

    private StoreBench() {}

    static void run(Path folder) throws IOException {
        FeedApplication application = FeedApplication.read(folder);
        Path scratch = Files.createTempDirectory("rankwright-bench");
        try (RedisServer server = RedisServer.start(scratch.resolve("redis"), 0);
                OnlineStore redis = RedisStore.open(server.address());
                OnlineStore disk = DiskStore.open(scratch.resolve("store"), 256L << 20);
                EventLog log = EventLog.open(scratch.resolve("log"), application)) {
            DataRoot root = DataRoot.find(application, application.eventGlobs(), Optional.empty(), Optional.empty())
                    .orElseGet(() -> simulated(application, scratch));
            new Ingestion(application, log, root, Progress.SILENT).run();
            System.out.printf(
                    "%,d events of %s data, %d rounds behind %d to warm up%n",
                    log.size(), root.isSimulated() ? "simulated" : "real", ROUNDS, WARM_UP);
            values("this machine's disk", disk);
            values("Redis", redis);
            features(application, log, disk, redis);
        } finally {
            Folder.delete(scratch);
        }
    }

    private static DataRoot simulated(FeedApplication application, Path scratch) {
        Simulator.write(
                scratch.resolve("data"),
                application,
                application.data().simulation().orElseThrow(),
                Progress.SILENT);
        return new DataRoot(scratch.resolve("data"), true);
    }

    private static void values(String name, OnlineStore store) {
        var keys = new ArrayList<byte[]>();
        var entries = new ArrayList<OnlineStore.Entry>();
        for (int i = 0; i < 10_000; i++) {
            byte[] key = ("bench:" + i).getBytes(UTF_8);
            byte[] value = new byte[NUMBERS * Double.BYTES];
            new SplittableRandom(i).nextBytes(value);
            keys.add(key);
            entries.add(new OnlineStore.Entry(key, i, value));
        }
        store.put(entries);
        var random = new SplittableRandom(1);
        time(name + ": " + ITEMS + " values of " + NUMBERS + " numbers", () -> {
            List<byte[]> some =
                    random.ints(ITEMS, 0, keys.size()).mapToObj(keys::get).toList();
            if (store.get(some, PATIENCE).size() != ITEMS) {
                throw new IllegalStateException("values are missing");
            }
        });
    }

    private static void features(FeedApplication application, EventLog log, OnlineStore disk, OnlineStore redis) {
        var state = new FeatureState(application, log.catalog());
        String exposure = application.framing().exposure();
        try (EventCursor cursor = log.read(exposure)) {
            Replay.restore(cursor, state);
        }
        long now = log.lastTimeMillis(exposure).orElseThrow() + 1;
        for (OnlineStore store : List.of(disk, redis)) {
            new StoreWriter(application, log.catalog(), store).fill(state, log.nextOffset(), now, Progress.SILENT);
        }
        var empty = new FeatureState(application, log.catalog());
        describe(application, log, empty, redis, now);
        time(
                "in process: every feature of a user and " + ITEMS + " items",
                request(application, log, now, (subject, items) -> state));
        for (OnlineStore store : List.of(disk, redis)) {
            var reader = new StoreReader(application, log.catalog(), empty, store);
            double[] context = new double[empty.contextColumns().size()];
            time(
                    (store == disk ? "this machine's disk" : "Redis") + ": the same",
                    request(application, log, now, (subject, items) -> {
                        StoreReader.Loaded loaded = reader.load(subject, items, now, context, PATIENCE);
                        loaded.giveBack().run();
                        return loaded.state();
                    }));
        }
    }

    private interface Loader {
        FeatureState load(int subject, int[] items);
    }

    private static Runnable request(FeedApplication application, EventLog log, long now, Loader loader) {
        var random = new SplittableRandom(3);
        int subjects = log.table(application.framing().subject()).count();
        int items = log.table(application.framing().item()).count();
        return () -> {
            int subject = 1 + random.nextInt(subjects);
            int[] some = random.ints(ITEMS, 1, items + 1).toArray();
            FeatureState state = loader.load(subject, some);
            FeatureState.Reader reader = state.reader();
            double[] row = new double[state.columns().size()];
            double[] context = new double[state.contextColumns().size()];
            for (int item : some) {
                reader.read(subject, item, now, context, row);
            }
        };
    }

    private static void describe(
            FeedApplication application, EventLog log, FeatureState empty, OnlineStore store, long now) {
        var cells = new FeatureCells(application, log.catalog(), empty.empty());
        double[] context = new double[empty.contextColumns().size()];
        List<FeatureCells.Slot> keys =
                cells.slots(7, IntStream.rangeClosed(1, ITEMS).toArray(), now, context);
        List<Optional<byte[]>> found =
                store.get(keys.stream().map(slot -> cells.storeKey(slot.key())).toList(), PATIENCE);
        System.out.printf(
                "a request of %d items asks for %,d keys, finds %,d, %,d bytes%n",
                ITEMS,
                keys.size(),
                found.stream().filter(Optional::isPresent).count(),
                found.stream()
                        .flatMap(Optional::stream)
                        .mapToLong(value -> value.length)
                        .sum());
    }

    private static void time(String name, Runnable round) {
        var histogram = new Histogram(3);
        for (int i = 0; i < WARM_UP + ROUNDS; i++) {
            long start = System.nanoTime();
            round.run();
            if (i >= WARM_UP) {
                histogram.recordValue(System.nanoTime() - start);
            }
        }
        System.out.printf(
                "%-60s p50 %6.2f ms, p99 %6.2f ms%n",
                name, histogram.getValueAtPercentile(50) / 1e6, histogram.getValueAtPercentile(99) / 1e6);
    }
}
