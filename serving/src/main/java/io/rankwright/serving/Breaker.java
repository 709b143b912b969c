package io.rankwright.serving;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.spec.EnvironmentFault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A circuit breaker before a slot that lies elsewhere: while half of the calls fail, it is not asked, so that no request
 * waits for what does not answer; after two seconds a few calls try whether it does again. Any number of threads.
 */
final class Breaker {
    private static final Duration OPEN = Duration.ofSeconds(2);

    private final String slot;
    private final CircuitBreaker circuit;

    /** @param slot what it is called in the metrics and in faults */
    Breaker(String slot, MeterRegistry meters) {
        this.slot = slot;
        this.circuit = CircuitBreaker.of(
                slot,
                CircuitBreakerConfig.custom()
                        .slidingWindowSize(20)
                        .minimumNumberOfCalls(10)
                        .failureRateThreshold(50)
                        .waitDurationInOpenState(OPEN)
                        .permittedNumberOfCallsInHalfOpenState(3)
                        .recordExceptions(EnvironmentFault.class)
                        .build());
        Gauge.builder("rankwright.breaker.open", () -> circuit.getState() == CircuitBreaker.State.OPEN ? 1 : 0)
                .description("1 while a slot is not asked because it fails")
                .tag("slot", slot)
                .register(meters);
    }

    /** Whether the slot is not asked for now because it fails. */
    boolean isOpen() {
        return circuit.getState() != CircuitBreaker.State.CLOSED;
    }

    private <T> T call(Supplier<T> work) {
        try {
            return circuit.executeSupplier(work);
        } catch (CallNotPermittedException e) {
            throw new EnvironmentFault(
                    "the " + slot + " has failed too often and is asked again in " + OPEN.toSeconds() + " s", true, e);
        }
    }

    /**
     * Asks the slot for something.
     *
     * @throws EnvironmentFault as the slot does, or at once while it is not asked
     */
    void run(Runnable work) {
        call(() -> {
            work.run();
            return true;
        });
    }

    /** A store behind this breaker. */
    OnlineStore before(OnlineStore store) {
        return new OnlineStore() {
            @Override
            public void put(List<Entry> entries) {
                run(() -> store.put(entries));
            }

            @Override
            public List<Optional<byte[]>> get(List<byte[]> keys, Duration patience) {
                return call(() -> store.get(keys, patience));
            }

            @Override
            public void close() {
                store.close();
            }
        };
    }
}
