package io.rankwright.serving;

import io.rankwright.features.FeatureState;
import io.rankwright.features.store.StoreReader;
import io.rankwright.models.Ranker;
import io.rankwright.retrieval.Fusion;
import io.rankwright.spec.Expression;
import io.rankwright.spec.InternalFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Scores candidates in blocks of the same size, the most promising first, on as many threads as there are cores, whoever
 * asks: what is scored when the time is over counts, the rest is left out. The same candidates are in the same blocks, so
 * that scores have the same bits whatever else runs.
 *
 * <p>Thread-safety: any thread.
 */
final class Scoring {
    private static final int CORES = Runtime.getRuntime().availableProcessors();
    /** The most candidates of a block: fewer share less, more make late answers poorer. */
    private static final int MOST = 150;

    private final Expression utility;
    private final ReadWriteLock lock;
    private final LongSupplier position;
    private final Executor threads;

    /**
     * @param threads virtual ones, on which requests wait too: threads of its own would take turns with those that carry them,
     *     and be woken where another one runs
     * @param utility what candidates are sorted by, of the heads
     * @param lock shared while features are read
     * @param position of the features in memory; asked under the lock
     */
    Scoring(Executor threads, Expression utility, ReadWriteLock lock, LongSupplier position) {
        this.threads = threads;
        this.utility = utility;
        this.lock = lock;
        this.position = position;
    }

    /** Who asks, when, and in which context. */
    record Request(int subject, long nowMillis, double[] context) {}

    private record Block(float[] inputs, double[][] scores, long position) {}

    /** One request's work, shared by its threads. */
    private final class Work {
        private final LiveModels live;
        private final StoreReader.Loaded features;
        private final List<Fusion.Candidate> candidates;
        private final int[] items;
        private final Request request;
        private final int block;
        private final int size;
        private final AtomicReferenceArray<@Nullable Block> done;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger running;
        private final CountDownLatch left;
        private final AtomicReference<@Nullable RuntimeException> fault = new AtomicReference<>();
        private volatile boolean isOver;

        Work(LiveModels live, StoreReader.Loaded features, List<Fusion.Candidate> candidates, Request request) {
            this.live = live;
            this.features = features;
            this.candidates = candidates;
            this.items = candidates.stream().mapToInt(Fusion.Candidate::code).toArray();
            this.request = request;
            int least = (candidates.size() + MOST - 1) / MOST;
            // As many as keep all cores busy to the end.
            int wanted = (least + CORES - 1) / CORES * CORES;
            this.block = Math.max(1, (candidates.size() + wanted - 1) / Math.max(1, wanted));
            this.size = (candidates.size() + block - 1) / block;
            this.done = new AtomicReferenceArray<>(size);
            this.left = new CountDownLatch(size);
            this.running = new AtomicInteger(Math.min(size, CORES));
        }

        void run() {
            try {
                Carriers.hold(this::scoreBlocks);
            } finally {
                if (running.decrementAndGet() == 0) {
                    features.giveBack().run();
                    live.release();
                }
            }
        }

        private void scoreBlocks() {
            try {
                for (int b = next.getAndIncrement(); b < size && !isOver; b = next.getAndIncrement()) {
                    int from = b * block;
                    done.set(b, score(from, Math.min(candidates.size(), from + block)));
                    left.countDown();
                }
            } catch (RuntimeException e) {
                fault.set(e);
                Deadlines.open(left);
            }
        }

        private Block score(int from, int to) {
            Ranker ranker = live.ranker();
            float[] rows = new float[(to - from) * ranker.width()];
            FeatureState state = features.state();
            LiveModels.Workspace workspace = live.borrow(state);
            long stood;
            lock.readLock().lock();
            try {
                stood = position.getAsLong();
                int first = items[from];
                workspace.reader.read(request.subject(), first, request.nowMillis(), request.context(), workspace.row);
                workspace.encoder.encode(workspace.row, workspace.reader, request.subject(), first, rows, 0);
                workspace.reader.readNext(
                        items,
                        from + 1,
                        to,
                        workspace.row,
                        i -> workspace.encoder.encodeNext(workspace.row, request.subject(), items[i], rows, i - from));
            } finally {
                lock.readLock().unlock();
                live.giveBack(workspace);
            }
            return new Block(rows, ranker.score(rows, to - from), stood);
        }

        Scored result() {
            RuntimeException failed = fault.get();
            if (failed != null) {
                throw failed;
            }
            Ranker ranker = live.ranker();
            int heads = ranker.manifest().heads().size();
            var kept = new ArrayList<Fusion.Candidate>(candidates.size());
            var inputs = new ArrayList<float[]>();
            double[][] scores = new double[heads][candidates.size()];
            var positions = new HashSet<Long>();
            for (int b = 0; b < size; b++) {
                Block scored = done.get(b);
                if (scored != null) {
                    int from = b * block;
                    int count = Math.min(block, candidates.size() - from);
                    inputs.add(scored.inputs());
                    for (int h = 0; h < heads; h++) {
                        System.arraycopy(scored.scores()[h], 0, scores[h], kept.size(), count);
                    }
                    kept.addAll(candidates.subList(from, from + count));
                    positions.add(scored.position());
                }
            }
            return new Scored(
                    List.copyOf(kept),
                    inputs,
                    block,
                    scores,
                    utilities(ranker, scores, kept.size()),
                    true,
                    positions.size() == 1 ? positions.iterator().next() : Applied.UNSURE);
        }
    }

    /**
     * Scores what can be scored in time. The answer may hold fewer candidates than were asked for, and none at all.
     *
     * @param features given back when the last thread has read from them
     */
    Scored score(
            LiveModels live,
            StoreReader.Loaded features,
            List<Fusion.Candidate> candidates,
            Request request,
            Duration deadline) {
        var work = new Work(live, features, candidates, request);
        if (candidates.isEmpty()) {
            features.giveBack().run();
            return work.result();
        }
        if (!live.use()) {
            throw new InternalFault("models that are closed");
        }
        for (int i = work.running.get(); i > 0; i--) {
            threads.execute(work::run);
        }
        try {
            Deadlines.await(work.left, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InternalFault("interrupted while scoring", e);
        } finally {
            work.isOver = true;
        }
        return work.result();
    }

    private double[] utilities(Ranker ranker, double[][] scores, int count) {
        int[] row = new int[1];
        ToDoubleFunction<int[]> compiled = utility.compile(name -> {
            double[] head = scores[ranker.head(name)];
            return new Expression.Operand.Numeric<>(at -> head[at[0]]);
        });
        double[] utilities = new double[count];
        for (int i = 0; i < count; i++) {
            row[0] = i;
            utilities[i] = compiled.applyAsDouble(row);
        }
        return utilities;
    }
}
