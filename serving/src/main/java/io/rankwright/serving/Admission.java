package io.rankwright.serving;

import com.netflix.concurrency.limits.Limiter;
import com.netflix.concurrency.limits.limiter.AbstractLimiter;
import com.netflix.concurrency.limits.limiter.SimpleLimiter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Optional;

/**
 * Lets in as many requests at once as the machine answers without a queue, and refuses the others at once: a server that
 * is asked for more than it can do goes on doing what it can. How many that are is learnt ({@link CrowdLimit}), up to a hard
 * maximum. Batch requests take part in what live ones leave: half of it.
 *
 * <p>Thread-safety: any number of threads.
 */
final class Admission {
    /** Who waits for an answer: a person, or a program that can come again. */
    enum Priority {
        LIVE,
        BATCH
    }

    /** A request that was let in. */
    interface Ticket {
        /** Some of its answer came too late to be used: too many were let in. */
        void late();

        /** It was answered: its latency tells how many to let in. */
        void done();

        /** It ended in a way that tells nothing. */
        void forget();
    }

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private final CrowdLimit limit;
    private final AbstractLimiter<Void> limiter;
    private final Counter refusedLive;
    private final Counter refusedBatch;

    /**
     * @param name of what is asked for, in the metrics
     * @param most how many may be under way at once, whatever their latency
     */
    Admission(String name, int most, MeterRegistry meters) {
        this.limit = new CrowdLimit(CORES, most);
        this.limiter = SimpleLimiter.newBuilder().named(name).limit(limit).build();
        Gauge.builder("rankwright.admission.limit", limiter::getLimit)
                .description("How many requests are let in at once")
                .tag("what", name)
                .register(meters);
        Gauge.builder("rankwright.admission.under.way", limiter::getInflight)
                .description("How many requests are under way")
                .tag("what", name)
                .register(meters);
        this.refusedLive = refused(name, Priority.LIVE, meters);
        this.refusedBatch = refused(name, Priority.BATCH, meters);
    }

    private static Counter refused(String name, Priority priority, MeterRegistry meters) {
        return Counter.builder("rankwright.refused")
                .description("Requests that were not let in")
                .tag("what", name)
                .tag("priority", priority.name().toLowerCase(Locale.ROOT))
                .register(meters);
    }

    /** Lets a request in; empty if it must come again later. */
    Optional<Ticket> enter(Priority priority) {
        boolean mustWait = priority == Priority.BATCH && limiter.getInflight() >= Math.max(1, limiter.getLimit() / 2);
        Optional<Limiter.Listener> entered = mustWait ? Optional.empty() : limiter.acquire(null);
        if (entered.isEmpty()) {
            if (!mustWait) {
                limit.refused();
            }
            (priority == Priority.LIVE ? refusedLive : refusedBatch).increment();
        }
        return entered.map(listener -> new Ticket() {
            private boolean isLate;

            @Override
            public void late() {
                isLate = true;
            }

            @Override
            public void done() {
                if (isLate) {
                    listener.onDropped();
                } else {
                    listener.onSuccess();
                }
            }

            @Override
            public void forget() {
                listener.onIgnore();
            }
        });
    }
}
