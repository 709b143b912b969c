package io.rankwright.flink;

import io.rankwright.log.ArrivalLog;
import io.rankwright.log.Position;
import io.rankwright.log.Progress;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The features that the job of a {@link Deployment} brings into an online store, seen from the server that reads it. */
public final class ClusterFeatures {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long POLL_MILLIS = 200;

    private ClusterFeatures() {}

    /**
     * Waits until a checkpoint of the job covers what is in the topic now: then all of it is in the store.
     *
     * @throws EnvironmentFault if the job has not come further for two minutes
     */
    public static void await(FeedApplication application, ArrivalLog topic, Progress progress) {
        String consumer = TopicSource.consumer(application);
        Position end = topic.end();
        Optional<Position> known = Optional.empty();
        long changedAt = System.nanoTime();
        while (true) {
            Optional<Position> reached = topic.committed(consumer);
            if (reached.isPresent() && reached.get().hasReached(end)) {
                return;
            }
            if (!reached.equals(known)) {
                known = reached;
                changedAt = System.nanoTime();
            } else if (System.nanoTime() - changedAt > PATIENCE.toNanos()) {
                throw new EnvironmentFault(
                        "the job '" + consumer + "' has not come further for " + PATIENCE.toSeconds() + " s: it is at "
                                + reached.map(Position::toString).orElse("no position") + " of " + end
                                + "; is it running? 'rankwright flink deploy' prints what starts it",
                        true);
            }
            progress.at(
                    Arrays.stream(reached.map(Position::offsets).orElse(new long[0]))
                            .sum(),
                    Arrays.stream(end.offsets()).sum(),
                    "arrivals");
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new EnvironmentFault("interrupted", true, e);
            }
        }
    }
}
