package io.rankwright.log;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.RankwrightException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/** Does the same for each of many, on as many threads as there are cores. Which thread does what must not matter. */
public final class Workers {
    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private Workers() {}

    /**
     * Does {@code 0} to {@code count - 1}, each once.
     *
     * @param worker makes what one thread works with and on
     */
    public static void forEach(int count, Progress progress, String unit, Supplier<IntConsumer> worker) {
        var next = new AtomicInteger();
        try (ExecutorService pool = Executors.newFixedThreadPool(CORES)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int w = 0; w < CORES; w++) {
                tasks.add(() -> {
                    IntConsumer work = worker.get();
                    for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                        work.accept(i);
                        if (i % 64 == 0) {
                            progress.at(i, count, unit);
                        }
                    }
                    return true;
                });
            }
            together(pool, tasks);
        }
        progress.at(count, count, unit);
    }

    /** Does tasks side by side and waits for all, for what they give; the fault of the first that failed comes out. */
    public static <T> List<T> together(ExecutorService pool, List<Callable<T>> tasks) {
        try {
            var results = new ArrayList<T>();
            for (Future<T> task : pool.invokeAll(tasks)) {
                results.add(result(task));
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EnvironmentFault("interrupted", true, e);
        }
    }

    /** Waits for what a task gives; its fault comes out. */
    public static <T> T result(Future<T> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EnvironmentFault("interrupted", true, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RankwrightException fault) {
                throw fault;
            }
            throw new InternalFault("a worker failed: " + e.getCause(), e);
        }
    }
}
