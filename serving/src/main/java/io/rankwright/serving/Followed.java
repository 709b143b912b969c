package io.rankwright.serving;

import static java.util.Objects.requireNonNull;

import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.spec.InternalFault;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What a version was loaded as, while it serves: from one answer to the next another one takes its place, and the one before is
 * closed by the last who uses it.
 *
 * <p>Thread-safety: any number of threads.
 *
 * @param <M> what a version is loaded as
 */
public final class Followed<M> {
    private final Registry registry;
    private final Function<Version, M> load;
    private final Consumer<M> close;

    private volatile Loaded<M> loaded;

    /**
     * A version that is loaded. Who is handed it may use it until the answer is given; work that may take longer takes hold of
     * it by {@link #using}.
     */
    public static final class Loaded<M> {
        private final Version version;
        private final M models;
        private final Consumer<M> close;
        /** How many use it, and one more until another one takes its place. */
        private final AtomicInteger users = new AtomicInteger(1);

        private Loaded(Version version, M models, Consumer<M> close) {
            this.version = version;
            this.models = models;
            this.close = close;
        }

        public Version version() {
            return version;
        }

        public M models() {
            return models;
        }

        private boolean begin() {
            return users.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
        }

        private void end() {
            if (users.decrementAndGet() == 0) {
                close.accept(models);
            }
        }

        /** Work that uses it to its end, also when nobody waits for that any more. */
        public <T> Callable<T> using(Callable<T> work) {
            return () -> {
                if (!begin()) {
                    throw new InternalFault("models that are closed");
                }
                try {
                    return requireNonNull(work.call());
                } finally {
                    end();
                }
            };
        }
    }

    /**
     * Loads the first version.
     *
     * @param close closes what a version was loaded as
     */
    public Followed(Registry registry, Version first, Function<Version, M> load, Consumer<M> close) {
        this.registry = registry;
        this.load = load;
        this.close = close;
        this.loaded = new Loaded<>(first, load.apply(first), close);
    }

    /** The version that serves. */
    public Version version() {
        return loaded.version();
    }

    /** Answers with one version from its beginning to its end. */
    public <T> T answer(Function<Loaded<M>, T> answer) {
        Loaded<M> now = begin();
        try {
            return answer.apply(now);
        } finally {
            now.end();
        }
    }

    private Loaded<M> begin() {
        Loaded<M> now = loaded;
        while (!now.begin()) {
            // Another one has taken its place since it was looked at, or there is none any more.
            if (now == loaded) {
                throw new InternalFault("models that are closed");
            }
            now = loaded;
        }
        return now;
    }

    /** Takes up the version that the registry says is live by now. One thread at a time. */
    public void follow() {
        Optional<Version> now = registry.live();
        if (now.isEmpty() || now.get().id() == loaded.version().id()) {
            return;
        }
        Loaded<M> before = loaded;
        loaded = new Loaded<>(now.get(), load.apply(now.get()), close);
        before.end();
    }

    /** Lets go of what serves; the last answer under way closes it. */
    public void close() {
        loaded.end();
    }
}
