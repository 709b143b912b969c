package io.rankwright.registry;

import io.rankwright.spec.Serving;
import io.rankwright.spec.UserFault;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The canaries of one application; one runs at most, and a running server follows it.
 *
 * <p>Thread-safety: any thread of any process.
 */
public final class Canaries {
    private static final String KIND = "canaries";

    private final Registry registry;

    Canaries(Registry registry) {
        this.registry = registry;
    }

    /** All canaries, by the time they were started. */
    public List<Canary> all() {
        return registry.all(KIND, Canary.class).stream()
                .sorted(Comparator.comparingLong(
                        canary -> canary.entries().getFirst().millis()))
                .toList();
    }

    /** The one that runs. */
    public Optional<Canary> running() {
        return all().stream().filter(Canary::isRunning).findFirst();
    }

    /**
     * Lets a version answer the first share of the subjects.
     *
     * @param isForced whether it is tried all the same if a gate has refused it
     * @throws UserFault if a gate has refused it, it serves already, there is none to be compared with, or another canary runs
     */
    public Canary start(int version, Serving.Canary how, boolean isForced, long nowMillis) {
        return registry.exclusively(() -> {
            registry.passed(version, isForced);
            Version live = registry.live()
                    .orElseThrow(() -> new UserFault("no version is live that v" + version
                            + " could be compared with; 'rankwright promote' it"));
            if (live.id() == version) {
                throw new UserFault("v" + version + " is live already");
            }
            running().ifPresent(other -> {
                throw new UserFault("v" + other.version() + " is tried already; 'rankwright canary stop' ends that");
            });
            return keep(Canary.started(version, how, nowMillis));
        });
    }

    /** Goes on to the next share; after the last one the version serves everyone. */
    public Canary widen(Canary canary, long nowMillis) {
        return registry.exclusively(() -> {
            if (!running().equals(Optional.of(canary))) {
                return canary;
            }
            if (!canary.isLastStep()) {
                return keep(canary.widened(nowMillis));
            }
            // Whoever started it has answered for what its gates said.
            registry.promote(canary.version(), true, nowMillis);
            return all().getLast();
        });
    }

    /** Ends the canary of a version that serves everyone by now. */
    void promoted(int version, long nowMillis) {
        running()
                .filter(canary -> canary.version() == version)
                .ifPresent(canary -> keep(canary.ended(Canary.Outcome.PROMOTED, "serves everyone", nowMillis)));
    }

    /** Takes a version back that does harm. */
    public Canary rollBack(Canary canary, String words, long nowMillis) {
        return registry.exclusively(() -> running().equals(Optional.of(canary))
                ? keep(canary.ended(Canary.Outcome.ROLLED_BACK, words, nowMillis))
                : canary);
    }

    /**
     * Ends the canary that runs: the live version answers everyone.
     *
     * @throws UserFault if none runs
     */
    public Canary stop(long nowMillis) {
        return registry.exclusively(() -> {
            Canary running = running().orElseThrow(() -> new UserFault("no canary runs"));
            return keep(running.ended(Canary.Outcome.STOPPED, "stopped by a person", nowMillis));
        });
    }

    private Canary keep(Canary canary) {
        registry.put(KIND, canary.version() + "-" + canary.entries().getFirst().millis(), canary);
        return canary;
    }
}
