package io.rankwright.serving;

import io.rankwright.log.Arrival;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.Event;
import io.rankwright.log.Intake;
import io.rankwright.spec.EnvironmentFault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Keeps this machine's log in step with the log where events arrive, on a thread of its own: what another replica or
 * another system has written is in the next answer. While that log does not answer, serving goes on with what is here.
 */
final class Follower implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(Follower.class.getName());
    private static final Duration PATIENCE = Duration.ofMillis(500);
    private static final long PAUSE_SECONDS = 1;

    private final Intake intake;
    private final ReentrantReadWriteLock lock;
    private final Consumer<List<Event>> sink;
    private final Applied applied;
    private final Thread thread;
    private volatile boolean isClosed;
    /** What is in the way; empty if nothing is. */
    private volatile String trouble = "";

    private Follower(Intake intake, ReentrantReadWriteLock lock, Consumer<List<Event>> sink, Applied applied) {
        this.intake = intake;
        this.lock = lock;
        this.sink = sink;
        this.applied = applied;
        this.thread = Thread.ofPlatform().daemon().name("follower").unstarted(this::follow);
    }

    /**
     * Starts to follow from where the log has come.
     *
     * @param lock held exclusively while an erasure changes entities
     * @param sink told of what is new
     * @param applied told that something is on its way
     */
    static Follower start(Intake intake, ReentrantReadWriteLock lock, Consumer<List<Event>> sink, Applied applied) {
        var follower = new Follower(intake, lock, sink, applied);
        follower.thread.start();
        return follower;
    }

    private void follow() {
        while (!isClosed) {
            try (ArrivalLog.Reader reader = intake.read()) {
                while (!isClosed) {
                    List<Arrival> some = reader.next(PATIENCE);
                    trouble = "";
                    if (!some.isEmpty()) {
                        applied.during(() -> {
                            sink.accept(take(some, reader));
                            return some.size();
                        });
                    }
                }
            } catch (EnvironmentFault e) {
                troubled(String.valueOf(e.getMessage()), Optional.empty());
            } catch (RuntimeException e) {
                // An error of ours: what arrives is not taken in, and somebody must see it.
                troubled("what arrived cannot be taken in: " + e, Optional.of(e));
            }
        }
    }

    /** Tells of trouble once, and comes again later. */
    private void troubled(String words, Optional<RuntimeException> error) {
        if (isClosed) {
            return;
        }
        if (!words.equals(trouble)) {
            LOGGER.log(
                    error.isPresent() ? Level.SEVERE : Level.WARNING,
                    "the log elsewhere is not followed: " + words,
                    error.orElse(null));
        }
        trouble = words;
        pause();
    }

    /** Why what arrives elsewhere is not taken in; empty if it is. */
    Optional<String> trouble() {
        return trouble.isEmpty() ? Optional.empty() : Optional.of(trouble);
    }

    private List<Event> take(List<Arrival> some, ArrivalLog.Reader reader) {
        boolean isErasing = some.stream().anyMatch(arrival -> arrival.content() instanceof Arrival.Erased);
        if (!isErasing) {
            return intake.take(some, reader.position());
        }
        lock.writeLock().lock();
        try {
            return intake.take(some, reader.position());
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void pause() {
        try {
            TimeUnit.SECONDS.sleep(PAUSE_SECONDS);
        } catch (InterruptedException e) {
            isClosed = true;
        }
    }

    @Override
    public void close() {
        isClosed = true;
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
