package io.rankwright.serving;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** How long the stages of one request took, and what was left out of its answer. One thread at a time. */
public final class Stages {
    static final String DEADLINE = "deadline";

    /** The meters of all requests. Any number of threads. */
    public static final class Meters {
        private final MeterRegistry registry;
        private final Map<String, Timer> timers = new ConcurrentHashMap<>();
        private final Map<String, Counter> leftOut = new ConcurrentHashMap<>();
        private final Map<String, Counter> rungs = new ConcurrentHashMap<>();
        private final Tracing tracing = new Tracing();

        /** @param stages that may be left out: a series that begins at 0 has a rate from the first time on */
        public Meters(MeterRegistry registry, List<String> stages) {
            this.registry = registry;
            stages.forEach(this::leftOut);
        }

        private Timer timer(String stage) {
            return timers.computeIfAbsent(
                    stage,
                    name -> Timer.builder("rankwright.stage")
                            .description("How long a stage of the cascade takes")
                            .tag("stage", name)
                            .publishPercentileHistogram()
                            .register(registry));
        }

        private Counter leftOut(String stage) {
            return leftOut.computeIfAbsent(
                    stage,
                    name -> counter("rankwright.degraded", "Stages that were left out of an answer", "stage", name));
        }

        Counter rung(String rung) {
            return rungs.computeIfAbsent(
                    rung,
                    name -> counter(
                            "rankwright.answers", "Answers, by the rung of the ladder that gave them", "rung", name));
        }

        private Counter counter(String name, String about, String tag, String value) {
            return Counter.builder(name).description(about).tag(tag, value).register(registry);
        }
    }

    private final ExecutorService threads;
    private final Meters meters;
    private final Map<String, Duration> budget;
    private final boolean isCounted;
    private final Map<String, Double> timings = new LinkedHashMap<>();
    private final List<String> degraded = new ArrayList<>();

    /**
     * @param budget the deadline of each stage
     * @param isCounted whether it counts in the meters: a request that somebody sees
     */
    public Stages(ExecutorService threads, Meters meters, Map<String, Duration> budget, boolean isCounted) {
        this.threads = threads;
        this.meters = meters;
        this.budget = budget;
        this.isCounted = isCounted;
    }

    public Duration deadline(String stage) {
        return requireNonNull(budget.get(stage), stage);
    }

    /** Whether somebody sees the answer: it is logged then. */
    boolean isCounted() {
        return isCounted;
    }

    /** Milliseconds a stage. */
    Map<String, Double> timings() {
        return timings;
    }

    /** What was left out and why. */
    public List<String> degraded() {
        return degraded;
    }

    /** Does a stage; empty if it failed or did not end in time, which is noted. */
    public <T> Optional<T> within(String stage, Duration deadline, Callable<T> work) {
        long start = System.nanoTime();
        var isOver = new CountDownLatch(1);
        FutureTask<T> task = Deadlines.task(work, isOver);
        threads.execute(task);
        try {
            Deadlines.await(isOver, deadline);
            if (task.state() == Future.State.FAILED && task.exceptionNow() instanceof BadRequest badRequest) {
                throw badRequest;
            }
            return result(stage, task, deadline(deadline));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            leaveOut(stage, "interrupted");
        } finally {
            record(stage, start);
        }
        return Optional.empty();
    }

    /** What came of work that was waited for; empty if it failed or has not ended, which is noted. It is cancelled then. */
    <T> Optional<T> result(String stage, Future<T> work, String late) {
        switch (work.state()) {
            case SUCCESS -> {
                return Optional.of(work.resultNow());
            }
            case FAILED -> leaveOut(stage, String.valueOf(work.exceptionNow()));
            case RUNNING, CANCELLED -> {
                work.cancel(true);
                leaveOut(stage, late);
            }
        }
        return Optional.empty();
    }

    /** Why a stage was left out that took longer than this. */
    public static String deadline(Duration deadline) {
        return DEADLINE + " of " + deadline.toMillis() + " ms";
    }

    /** Notes how long a stage took that began at a moment. */
    public void record(String stage, long startNanos) {
        record(stage, startNanos, System.nanoTime());
    }

    /** Notes how long a stage took, from one moment to another. */
    void record(String stage, long startNanos, long endNanos) {
        long nanos = endNanos - startNanos;
        timings.put(stage, Math.round(nanos / 1e4) / 100.0);
        if (isCounted) {
            meters.timer(stage).record(nanos, TimeUnit.NANOSECONDS);
            meters.tracing.stage(stage, nanos);
        }
    }

    /** Notes that a stage was left out, and why. */
    public void leaveOut(String stage, String why) {
        degraded.add(stage + ": " + why);
        if (isCounted) {
            meters.leftOut(stage).increment();
        }
    }

    void answeredBy(String rung) {
        if (isCounted) {
            meters.rung(rung).increment();
        }
    }
}
