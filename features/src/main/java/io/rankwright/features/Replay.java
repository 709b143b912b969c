package io.rankwright.features;

import io.rankwright.features.FeatureState.Part;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.Workers;
import io.rankwright.spec.InternalFault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Walks the log once, in the order of time, and yields the features of each exposure as they stood just before it. The
 * events of one millisecond are read together before any of them is applied, so that none sees another.
 *
 * <p>Three threads work on batches one behind the other: one reads and decodes, one keeps half of the state and writes its
 * columns of the rows, the caller's keeps the other half and yields the rows.
 */
public final class Replay {
    private static final int BATCH = 1024;
    private static final int AHEAD = 16;
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private Replay() {}

    /** Told of each exposure in the order of time; {@code row} is its own, sequences are those just before it. */
    public interface Visitor {
        void exposure(Event event, double[] row, Sequences recent);
    }

    /** Events that lie one behind the other, and the rows of features that become of them. */
    private record Batch(List<Event> events, double[][] rows) {
        static final Batch END = new Batch(List.of());

        Batch(List<Event> events) {
            this(events, new double[0][]);
        }

        boolean isEnd() {
            return events.isEmpty();
        }

        Batch withRows(int columns) {
            return new Batch(events, new double[events.size()][columns]);
        }
    }

    /** Reads a part of the state just before each event, and applies the events when time goes on. */
    private static final class Walker {
        private final Part part;
        private final List<Event> together = new ArrayList<>();

        Walker(Part part) {
            this.part = part;
        }

        /** Takes all events of a batch. */
        void take(Batch batch, IntConsumer told) {
            for (int i = 0; i < batch.rows().length; i++) {
                int place = i % FeatureState.AHEAD;
                if (place == 0) {
                    part.lookAhead(batch.events().subList(i, Math.min(i + FeatureState.AHEAD, batch.rows().length)));
                }
                take(batch.events().get(i), place, batch.rows()[i]);
                told.accept(i);
            }
        }

        private void take(Event event, int place, double[] row) {
            if (!together.isEmpty() && together.getFirst().timeMillis() != event.timeMillis()) {
                finish();
            }
            part.read(event, place, row);
            together.add(event);
        }

        void finish() {
            if (together.size() == 1) {
                part.applyLastRead(together.getFirst());
            } else {
                together.forEach(part::apply);
            }
            together.clear();
        }
    }

    /**
     * Replays the events of a cursor into a state, which nobody else may read or change meanwhile.
     *
     * @return how many events there were
     */
    public static long run(EventCursor events, FeatureState state, Visitor visitor) {
        List<Part> parts = state.parts(2);
        var here = new Walker(parts.getFirst());
        var ahead = new Walker(parts.getLast());
        int columns = state.columns().size();
        UnaryOperator<Batch> begin = batch -> {
            Batch begun = batch.withRows(columns);
            ahead.take(begun, _ -> {});
            return begun;
        };
        long count = walk(
                events,
                List.of(begin),
                batch -> here.take(
                        batch,
                        i -> visitor.exposure(
                                batch.events().get(i),
                                batch.rows()[i],
                                parts.getFirst().sequences())));
        ahead.finish();
        here.finish();
        return count;
    }

    /** Brings a state up to the end of a cursor without asking for values, on all cores. */
    public static long restore(EventCursor events, FeatureState state) {
        return restore(events, state, _ -> {});
    }

    /**
     * Brings a state up to the end of a cursor without asking for values, on all cores.
     *
     * @param beside told of each event, by one thread at a time
     */
    public static long restore(EventCursor events, FeatureState state, Consumer<Event> beside) {
        List<Consumer<Event>> consumers = new ArrayList<>();
        state.parts(CORES).forEach(part -> consumers.add(part::apply));
        consumers.add(beside);
        try (ExecutorService pool = Executors.newFixedThreadPool(CORES)) {
            return walk(events, List.of(), batch -> {
                List<Callable<Boolean>> tasks = new ArrayList<>();
                for (Consumer<Event> consumer : consumers) {
                    tasks.add(() -> {
                        batch.events().forEach(consumer);
                        return true;
                    });
                }
                Workers.together(pool, tasks);
            });
        }
    }

    /** Walks to the end of a cursor, reading ahead. */
    public static long each(EventCursor events, Consumer<Event> consumer) {
        return walk(events, List.of(), batch -> batch.events().forEach(consumer));
    }

    /** Where batches wait for the next step, and what went wrong in one before. */
    private static final class Belt {
        private final BlockingQueue<Batch> batches = new ArrayBlockingQueue<>(AHEAD);
        private volatile @Nullable RuntimeException failure;

        void put(Batch batch) throws InterruptedException {
            batches.put(batch);
        }

        /** The next batch, {@link Batch#END} behind the last. */
        Batch take() throws InterruptedException {
            Batch batch = batches.take();
            RuntimeException found = failure;
            if (batch.isEnd() && found != null) {
                throw found;
            }
            return batch;
        }

        /** Fills it from a thread of its own. */
        static Belt of(String thread, List<Thread> threads, Filler filler) {
            var belt = new Belt();
            threads.add(Thread.ofPlatform().daemon().name(thread).start(() -> {
                try {
                    try {
                        filler.fill(belt);
                    } catch (RuntimeException e) {
                        belt.failure = e;
                    }
                    belt.put(Batch.END);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
            return belt;
        }
    }

    /** Puts batches on a belt until there are no more. */
    private interface Filler {
        void fill(Belt belt) throws InterruptedException;
    }

    /**
     * Takes the events to the end of a cursor through steps.
     *
     * @param ahead each on a thread of its own
     * @param last on the caller's
     */
    private static long walk(EventCursor events, List<UnaryOperator<Batch>> ahead, Consumer<Batch> last) {
        var threads = new ArrayList<Thread>();
        try {
            Belt belt = Belt.of("read-ahead", threads, to -> readAhead(events, to));
            for (UnaryOperator<Batch> step : ahead) {
                Belt from = belt;
                belt = Belt.of("replay-ahead", threads, to -> {
                    for (Batch batch = from.take(); !batch.isEnd(); batch = from.take()) {
                        to.put(step.apply(batch));
                    }
                });
            }
            long count = 0;
            for (Batch batch = belt.take(); !batch.isEnd(); batch = belt.take()) {
                last.accept(batch);
                count += batch.events().size();
            }
            return count;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InternalFault("a replay was interrupted", e);
        } finally {
            // The cursor and the state belong to the caller: nobody may be at them any more.
            threads.forEach(Thread::interrupt);
            threads.forEach(Replay::joinQuietly);
        }
    }

    private static void readAhead(EventCursor events, Belt to) throws InterruptedException {
        var batch = new ArrayList<Event>(BATCH);
        while (events.next()) {
            batch.add(events.event());
            if (batch.size() == BATCH) {
                to.put(new Batch(batch));
                batch = new ArrayList<>(BATCH);
            }
        }
        if (!batch.isEmpty()) {
            to.put(new Batch(batch));
        }
    }

    private static void joinQuietly(Thread thread) {
        boolean isInterrupted = Thread.interrupted();
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
