package io.rankwright.serving;

import static java.util.Objects.requireNonNull;

import io.rankwright.retrieval.Fusion;
import io.rankwright.retrieval.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Asks the candidate sources of one request, all at once. One that is late or fails is left out. The thread of the source that
 * ends last goes on with what comes next: it is awake, whereas the one that waits would have to be woken, and may be where
 * another one runs.
 */
final class Retrieval {
    /** What comes next. Called by one thread at a time, but for {@link #work}. */
    interface Next {
        /** Nothing is done before somebody has waited for all candidates. */
        Next WAITED_FOR = new Next() {
            @Override
            public void ahead(List<Fusion.Candidate> candidates) {}

            @Override
            public void all(List<Fusion.Candidate> candidates, CountDownLatch over) {
                over.countDown();
            }

            @Override
            public void work() {}
        };

        /** Takes candidates that are sure to be among all, before those are there that are searched for; once at most. */
        void ahead(List<Fusion.Candidate> candidates);

        /**
         * Takes all candidates.
         *
         * @param over to be opened when nobody has to wait any more
         */
        void all(List<Fusion.Candidate> candidates, CountDownLatch over);

        /** Does what there is to do by now, on the thread of a source that has ended. */
        void work();
    }

    private final int limit;
    private final UnaryOperator<List<Fusion.Candidate>> completed;
    private final Next next;
    private final List<Source> sources;
    private final List<FutureTask<int[]>> asked = new ArrayList<>();
    private final Stages stages;
    private final CountDownLatch over = new CountDownLatch(1);
    private final Deadlines.Wait wait;
    private final long start = System.nanoTime();

    /** All below: under the lock. What each source has named, where it has. */
    private final Fusion.@Nullable Ranked[] named;

    private boolean isAhead;
    private @Nullable List<Fusion.Candidate> candidates;
    private long end;
    private @Nullable RuntimeException fault;

    /**
     * Asks.
     *
     * @param stages whose deadlines hold: for the sources, and from when all candidates are there for what comes next
     * @param finding what asks a source
     * @param limit how many candidates there are at most, but for those that are added
     * @param completed adds candidates that no source has named
     */
    Retrieval(
            Executor threads,
            Stages stages,
            List<Source> sources,
            Function<Source, Callable<int[]>> finding,
            int limit,
            UnaryOperator<List<Fusion.Candidate>> completed,
            Next next) {
        this.stages = stages;
        this.sources = sources;
        this.wait = new Deadlines.Wait(over, stages.deadline("retrieve"));
        this.limit = limit;
        this.completed = completed;
        this.next = next;
        this.named = new Fusion.Ranked[sources.size()];
        for (Source source : sources) {
            asked.add(new FutureTask<>(finding.apply(source)) {
                @Override
                protected void done() {
                    ended();
                }
            });
        }
        asked.forEach(threads::execute);
        if (asked.isEmpty()) {
            ended();
        }
    }

    /** A source has ended, with candidates, by a fault or because nobody waits for it any more. */
    private void ended() {
        synchronized (this) {
            if (candidates != null) {
                return;
            }
            try {
                advance();
            } catch (RuntimeException e) {
                fault = e;
                over.countDown();
            }
        }
        next.work();
    }

    private void advance() {
        int others = 0;
        boolean areLookedUp = true;
        boolean areAllThere = true;
        for (int s = 0; s < asked.size(); s++) {
            boolean isDone = asked.get(s).isDone();
            boolean isSearched = sources.get(s).searched().isPresent();
            others += sources.get(s).searched().orElse(0);
            areLookedUp &= isDone || isSearched;
            areAllThere &= isDone;
        }
        if (areLookedUp && others > 0 && !isAhead) {
            isAhead = true;
            List<Fusion.Candidate> certain = Fusion.certain(lists(false), limit, others);
            if (!certain.isEmpty()) {
                next.ahead(certain);
            }
        }
        if (areAllThere) {
            complete();
        }
    }

    private void complete() {
        candidates = completed.apply(Fusion.fuse(lists(true), limit));
        end = System.nanoTime();
        wait.endIn(stages.deadline("rank"));
        next.all(candidates, over);
    }

    /** What the sources have named by now: all, or those that look it up. */
    private List<Fusion.Ranked> lists(boolean areAll) {
        var lists = new ArrayList<Fusion.Ranked>();
        for (int s = 0; s < named.length; s++) {
            Source source = sources.get(s);
            FutureTask<int[]> task = asked.get(s);
            if ((areAll || source.searched().isEmpty()) && task.state() == Future.State.SUCCESS) {
                var list = new Fusion.Ranked(source.name(), source.weight(), task.resultNow());
                named[s] = list;
                lists.add(list);
            }
        }
        return lists;
    }

    /** All candidates, and since when they are there. */
    record Found(List<Fusion.Candidate> candidates, long endNanos) {}

    /**
     * Waits until all sources have answered and what comes next is over, or the time of either.
     *
     * @param counts is told how many each source has named
     */
    Found await(Map<String, Integer> counts) {
        try {
            wait.await();
        } catch (InterruptedException e) {
            // What was found by now counts.
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            if (fault != null) {
                throw fault;
            }
            if (candidates == null) {
                complete();
            }
            for (int s = 0; s < named.length; s++) {
                note(s, counts);
            }
            stages.record("retrieve", start, end);
            return new Found(requireNonNull(candidates), end);
        }
    }

    private void note(int s, Map<String, Integer> counts) {
        String stage = "retrieve." + sources.get(s).name();
        Fusion.Ranked list = named[s];
        if (list != null) {
            counts.put(list.source(), list.codes().length);
        } else if (asked.get(s).state() == Future.State.SUCCESS) {
            // It came a moment too late.
            stages.leaveOut(stage, Stages.DEADLINE);
        } else {
            stages.result(stage, asked.get(s), Stages.DEADLINE);
        }
    }
}
