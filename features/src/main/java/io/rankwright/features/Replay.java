package io.rankwright.features;

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

/**
 * Walks the log once, in the order of time, and yields the features of each exposure as they stood just before it. The
 * events of one millisecond are read together before any of them is applied, so that none sees another.
 *
 * <p>One thread reads and decodes ahead, the caller's keeps the state: the two cores of a small machine.
 */
public final class Replay {
    private static final int BATCH = 4096;
    private static final int AHEAD = 4;
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private Replay() {}

    /** Told of each exposure in the order of time; {@code row} is overwritten at the next. */
    public interface Visitor {
        void exposure(Event event, double[] row, FeatureState.Reader reader);
    }

    /**
     * Replays the events of a cursor into a state.
     *
     * @return how many events there were
     */
    public static long run(EventCursor events, FeatureState state, Visitor visitor) {
        FeatureState.Reader reader = state.reader();
        double[] row = new double[state.columns().size()];
        var together = new ArrayList<Event>();
        long count = walk(events, batch -> {
            for (Event event : batch) {
                if (!together.isEmpty() && together.getFirst().timeMillis() != event.timeMillis()) {
                    together.forEach(state::apply);
                    together.clear();
                }
                reader.read(event, row);
                visitor.exposure(event, row, reader);
                together.add(event);
            }
        });
        together.forEach(state::apply);
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
        var consumers = new ArrayList<>(state.appliers(CORES));
        consumers.add(beside);
        try (ExecutorService pool = Executors.newFixedThreadPool(CORES)) {
            return walk(events, batch -> {
                List<Callable<Boolean>> tasks = new ArrayList<>();
                for (Consumer<Event> consumer : consumers) {
                    tasks.add(() -> {
                        batch.forEach(consumer);
                        return true;
                    });
                }
                Workers.together(pool, tasks);
            });
        }
    }

    /** Walks to the end of a cursor, reading ahead. */
    public static long each(EventCursor events, Consumer<Event> consumer) {
        return walk(events, batch -> batch.forEach(consumer));
    }

    private interface Step {
        void take(List<Event> batch);
    }

    private static long walk(EventCursor events, Step step) {
        BlockingQueue<List<Event>> ahead = new ArrayBlockingQueue<>(AHEAD);
        var failure = new RuntimeException[1];
        Thread decoder = Thread.ofPlatform().daemon().name("read-ahead").start(() -> readAhead(events, ahead, failure));
        long count = 0;
        try {
            for (List<Event> batch = ahead.take(); !batch.isEmpty(); batch = ahead.take()) {
                step.take(batch);
                count += batch.size();
            }
            decoder.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InternalFault("a replay was interrupted", e);
        } finally {
            // The cursor belongs to the caller, who closes it next: nobody may be reading it then.
            decoder.interrupt();
            joinQuietly(decoder);
        }
        if (failure[0] != null) {
            throw failure[0];
        }
        return count;
    }

    /** Puts batches of events into the queue, and an empty one at the end or after a failure. */
    private static void readAhead(EventCursor events, BlockingQueue<List<Event>> ahead, RuntimeException[] failure) {
        try {
            var batch = new ArrayList<Event>(BATCH);
            try {
                while (events.next()) {
                    batch.add(events.event());
                    if (batch.size() == BATCH) {
                        ahead.put(batch);
                        batch = new ArrayList<>(BATCH);
                    }
                }
                if (!batch.isEmpty()) {
                    ahead.put(batch);
                }
            } catch (RuntimeException e) {
                failure[0] = e;
            }
            ahead.put(List.of());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
