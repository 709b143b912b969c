package io.rankwright.serving;

import io.rankwright.retrieval.Fusion;
import io.rankwright.retrieval.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks the candidate sources of one request, all at once. One that is late or fails is left out. One thread at a time. */
final class Retrieval {
    private final Cascade cascade;
    private final Stages stages;
    private final List<Source> sources;
    private final List<FutureTask<int[]>> asked = new ArrayList<>();
    /** What each source has named, where it has. */
    private final Fusion.@Nullable Ranked[] named;

    private final CountDownLatch lookedUp;
    private final CountDownLatch searched;
    private final long start = System.nanoTime();

    /** Begins to ask. */
    Retrieval(Executor threads, Cascade cascade, Source.Query query, Stages stages) {
        this.cascade = cascade;
        this.stages = stages;
        this.sources = cascade.sources();
        this.named = new Fusion.Ranked[sources.size()];
        int searches =
                Math.toIntExact(sources.stream().filter(Retrieval::isSearched).count());
        this.searched = new CountDownLatch(searches);
        this.lookedUp = new CountDownLatch(sources.size() - searches);
        for (Source source : sources) {
            FutureTask<int[]> task = Deadlines.task(
                    cascade.live().using(() -> source.find(query)), isSearched(source) ? searched : lookedUp);
            asked.add(task);
            threads.execute(task);
        }
    }

    private static boolean isSearched(Source source) {
        return source.searched().isPresent();
    }

    /**
     * The candidates, best first, when all sources have answered or the time is over.
     *
     * @param counts is told how many each source has named
     * @param ahead is told of candidates that are sure to be in the answer, before those are there that are searched for
     */
    List<Fusion.Candidate> candidates(Map<String, Integer> counts, Consumer<List<Fusion.Candidate>> ahead) {
        int limit = cascade.settings().rank().candidates();
        try {
            await(lookedUp);
            take(false);
            int others = sources.stream()
                    .mapToInt(source -> source.searched().orElse(0))
                    .sum();
            List<Fusion.Candidate> certain = others == 0 ? List.of() : Fusion.certain(lists(), limit, others);
            if (!certain.isEmpty()) {
                ahead.accept(certain);
            }
            await(searched);
        } catch (InterruptedException e) {
            // What was found by now counts.
            Thread.currentThread().interrupt();
        }
        take(true);
        for (Fusion.Ranked list : lists()) {
            counts.put(list.source(), list.codes().length);
        }
        List<Fusion.Candidate> candidates = Fusion.fuse(lists(), limit);
        stages.record("retrieve", start);
        return candidates;
    }

    private void await(CountDownLatch latch) throws InterruptedException {
        Deadlines.await(latch, stages.deadline("retrieve").minusNanos(System.nanoTime() - start));
    }

    /** Takes what the sources have named that are searched, or the others. */
    private void take(boolean areSearched) {
        for (int s = 0; s < named.length; s++) {
            Source source = sources.get(s);
            if (isSearched(source) == areSearched) {
                named[s] = stages.result("retrieve." + source.name(), asked.get(s), Stages.DEADLINE)
                        .map(codes -> new Fusion.Ranked(source.name(), source.weight(), codes))
                        .orElse(null);
            }
        }
    }

    private List<Fusion.Ranked> lists() {
        var lists = new ArrayList<Fusion.Ranked>();
        for (Fusion.Ranked list : named) {
            if (list != null) {
                lists.add(list);
            }
        }
        return lists;
    }
}
