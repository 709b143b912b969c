package io.rankwright.serving;

import io.rankwright.features.FeatureState;
import io.rankwright.features.store.StoreReader;
import io.rankwright.models.Ranker;
import io.rankwright.retrieval.Fusion;
import io.rankwright.spec.Expression;
import io.rankwright.spec.InternalFault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Scores candidates in blocks of about the same size on as many threads as there are cores, whoever asks: what is scored when
 * the time is over counts, the rest is left out. Candidates that are sure to be ranked may be handed over before all are
 * known: a core that is free scores them while another one still searches. The same candidates are in the same blocks, so
 * that scores have the same bits whatever else runs.
 *
 * <p>Thread-safety: any thread; one {@link Run} is for one thread.
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

    /** Candidates that were handed over together, and where their features are read. */
    private record Part(StoreReader.Loaded features, int[] items) {}

    /** Some neighbours of a part, and what became of them: changed under the lock of their run. */
    private static final class Block {
        private final Part part;
        private final int from;
        private final int to;
        private @Nullable Scores scores;

        Block(Part part, int from, int to) {
            this.part = part;
            this.from = from;
            this.to = to;
        }
    }

    /** By head, of the rows of a block, and what they are worth; features stood behind the event at a position. */
    private record Scores(float[] rows, double[][] byHead, double[] utilities, long position) {}

    /**
     * Begins to score for a request.
     *
     * @param live that is in use until the run is closed
     */
    Run begin(LiveModels live, Request request) {
        if (!live.use()) {
            throw new InternalFault("models that are closed");
        }
        return new Run(live, request);
    }

    /** The scoring of one request's candidates. What its threads use is given back when it is closed and the last has ended. */
    final class Run implements AutoCloseable {
        private final LiveModels live;
        private final Request request;
        private final List<Part> parts = new ArrayList<>();
        private final List<Block> blocks = new ArrayList<>();
        private final CountDownLatch done = new CountDownLatch(1);
        private final List<CountDownLatch> waiting = new ArrayList<>();
        /** Of all that were handed over, those ahead first. */
        private List<Fusion.Candidate> inOrder = List.of();
        /** Blocks that a thread has begun, and that are scored. */
        private int begun;

        private int scored;
        /** Threads at work, and those of them that have not begun yet. */
        private int running;

        private int joined;

        private boolean areAllThere;
        private boolean isClosed;
        private @Nullable RuntimeException fault;

        private Run(LiveModels live, Request request) {
            this.live = live;
            this.request = request;
        }

        /** Hands over candidates that are sure to be among those that {@link #all} gets; at most once. */
        synchronized void ahead(StoreReader.Loaded features, List<Fusion.Candidate> candidates) {
            int[] items = codes(candidates);
            add(features, items, (items.length + MOST - 1) / MOST);
        }

        /** Opens a latch when there is nothing more to wait for. */
        synchronized void whenDone(CountDownLatch latch) {
            waiting.add(latch);
        }

        /**
         * Hands over all candidates, also those that were handed over ahead; once.
         *
         * @param features given back when the last thread has read from them
         */
        void all(StoreReader.Loaded features, List<Fusion.Candidate> candidates) {
            synchronized (this) {
                int[] ahead = parts.isEmpty() ? new int[0] : parts.getFirst().items();
                inOrder = aheadFirst(ahead, candidates);
                int[] rest = codes(inOrder.subList(ahead.length, inOrder.size()));
                int least = (rest.length + MOST - 1) / MOST;
                // As many as keep all cores busy to the end.
                add(features, rest, (least + CORES - 1) / CORES * CORES);
                areAllThere = true;
            }
            openIfDone();
        }

        /** Scores what is there, on this thread if there is room for it and on as many others as there is. */
        void scoreHere() {
            boolean isIn = join();
            scoreElsewhere();
            if (isIn) {
                Carriers.hold(this::scoreBlocks);
            }
        }

        /** Scores what is there, on other threads. */
        void scoreElsewhere() {
            while (join()) {
                threads.execute(() -> Carriers.hold(this::scoreBlocks));
            }
        }

        /** Whether there is room for one more thread: on a core, but for one that searches, and for something to do. */
        private synchronized boolean join() {
            boolean hasRoom = running < (areAllThere ? CORES : Math.max(1, CORES - 1));
            if (!hasRoom || joined >= blocks.size() - begun || fault != null || isClosed) {
                return false;
            }
            running++;
            joined++;
            return true;
        }

        /** What was scored in time. It may hold fewer candidates than there are, and none at all. */
        Scored result(Duration deadline) {
            try {
                Deadlines.await(done, deadline);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InternalFault("interrupted while scoring", e);
            }
            return scored();
        }

        /** The candidates, in the order in which they are scored. */
        private static List<Fusion.Candidate> aheadFirst(int[] ahead, List<Fusion.Candidate> candidates) {
            if (ahead.length == 0) {
                return candidates;
            }
            var places = new HashMap<Integer, Integer>();
            for (int i = 0; i < ahead.length; i++) {
                places.put(ahead[i], i);
            }
            var inOrder = new Fusion.Candidate[candidates.size()];
            int next = ahead.length;
            for (Fusion.Candidate candidate : candidates) {
                Integer place = places.get(candidate.code());
                inOrder[place == null ? next++ : place] = candidate;
            }
            return List.of(inOrder);
        }

        private void add(StoreReader.Loaded features, int[] items, int count) {
            var part = new Part(features, items);
            parts.add(part);
            int size = count == 0 ? 0 : (items.length + count - 1) / count;
            for (int from = 0; from < items.length; from += size) {
                blocks.add(new Block(part, from, Math.min(items.length, from + size)));
            }
        }

        private void scoreBlocks() {
            for (Block block = next(true); block != null; block = next(false)) {
                try {
                    Scores scores = scores(block);
                    synchronized (this) {
                        block.scores = scores;
                        scored++;
                    }
                } catch (RuntimeException e) {
                    synchronized (this) {
                        fault = e;
                    }
                }
                openIfDone();
            }
        }

        /** What a thread does next, if anything; if not, it has ended. */
        private @Nullable Block next(boolean isFirst) {
            synchronized (this) {
                joined -= isFirst ? 1 : 0;
                if (begun < blocks.size() && !isClosed && fault == null) {
                    return blocks.get(begun++);
                }
                running--;
                if (!isClosed || running > 0) {
                    return null;
                }
            }
            giveBack();
            return null;
        }

        private void openIfDone() {
            synchronized (this) {
                if (!areAllThere || (fault == null && scored < blocks.size())) {
                    return;
                }
            }
            done.countDown();
            waiting.forEach(CountDownLatch::countDown);
        }

        private Scores scores(Block block) {
            Ranker ranker = live.ranker();
            int[] items = block.part.items();
            int from = block.from;
            int to = block.to;
            float[] rows = new float[(to - from) * ranker.width()];
            FeatureState state = block.part.features().state();
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
            double[][] byHead = ranker.score(rows, to - from);
            return new Scores(rows, byHead, utilities(ranker, byHead, to - from), stood);
        }

        private synchronized Scored scored() {
            if (fault != null) {
                throw fault;
            }
            List<Fusion.Candidate> candidates = inOrder;
            int heads = live.ranker().manifest().heads().size();
            var kept = new ArrayList<Fusion.Candidate>(candidates.size());
            var inputs = new ArrayList<Scored.Inputs>();
            double[][] scores = new double[heads][candidates.size()];
            double[] utilities = new double[candidates.size()];
            var positions = new HashSet<Long>();
            int start = 0;
            for (Block block : blocks) {
                int count = block.to - block.from;
                if (block.scores != null) {
                    inputs.add(new Scored.Inputs(kept.size(), block.scores.rows()));
                    for (int h = 0; h < heads; h++) {
                        System.arraycopy(block.scores.byHead()[h], 0, scores[h], kept.size(), count);
                    }
                    System.arraycopy(block.scores.utilities(), 0, utilities, kept.size(), count);
                    kept.addAll(candidates.subList(start, start + count));
                    positions.add(block.scores.position());
                }
                start += count;
            }
            return new Scored(
                    candidates.size(),
                    List.copyOf(kept),
                    inputs,
                    scores,
                    Arrays.copyOf(utilities, kept.size()),
                    true,
                    positions.size() == 1 ? positions.iterator().next() : Applied.UNSURE);
        }

        @Override
        public void close() {
            synchronized (this) {
                isClosed = true;
                if (running > 0) {
                    return;
                }
            }
            giveBack();
        }

        private void giveBack() {
            parts.forEach(part -> part.features().giveBack().run());
            live.release();
        }
    }

    private static int[] codes(List<Fusion.Candidate> candidates) {
        return candidates.stream().mapToInt(Fusion.Candidate::code).toArray();
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
