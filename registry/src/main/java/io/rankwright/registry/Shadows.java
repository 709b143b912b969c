package io.rankwright.registry;

import io.rankwright.spec.UserFault;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The shadows of one application; one runs at most, and a running server follows it.
 *
 * <p>Thread-safety: any thread of any process.
 */
public final class Shadows {
    private static final String KIND = "shadows";

    private final Registry registry;

    Shadows(Registry registry) {
        this.registry = registry;
    }

    /** All shadows, by the time they were started. */
    public List<Shadow> all() {
        return registry.all(KIND, Shadow.class).stream()
                .sorted(Comparator.comparingLong(Shadow::startedMillis))
                .toList();
    }

    /** The one that runs. */
    public Optional<Shadow> running() {
        return all().stream().filter(Shadow::isRunning).findFirst();
    }

    /**
     * Lets a version answer a share of the subjects unseen; its gates need not have let it pass.
     *
     * @throws UserFault if there is no such version, it serves already, or another shadow runs
     */
    public Shadow start(int version, double share, long nowMillis) {
        return registry.exclusively(() -> {
            registry.version(version);
            if (registry.live().filter(live -> live.id() == version).isPresent()) {
                throw new UserFault("v" + version + " is live already");
            }
            running().ifPresent(other -> {
                throw new UserFault("v" + other.version() + " is a shadow already; 'rankwright shadow stop' ends that");
            });
            return keep(new Shadow(version, share, nowMillis, 0));
        });
    }

    /**
     * Ends the shadow that runs.
     *
     * @throws UserFault if none runs
     */
    public Shadow stop(long nowMillis) {
        return registry.exclusively(() -> keep(
                running().orElseThrow(() -> new UserFault("no shadow runs")).stopped(nowMillis)));
    }

    private Shadow keep(Shadow shadow) {
        registry.put(KIND, shadow.version() + "-" + shadow.startedMillis(), shadow);
        return shadow;
    }
}
