package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rankwright.retrieval.Fusion;
import io.rankwright.retrieval.Source;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RetrievalTest {
    private static final Source.Query QUERY = new Source.Query(0, Map.of(), 0, _ -> true);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Integer> counts = new LinkedHashMap<>();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    /** @param most how many it names at most if it searches; 0 if it looks them up */
    private record Given(String name, int most, Callable<int[]> answer) implements Source {
        @Override
        public double weight() {
            return 1;
        }

        @Override
        public OptionalInt searched() {
            return most == 0 ? OptionalInt.empty() : OptionalInt.of(most);
        }

        @Override
        public int[] find(Query query) {
            try {
                return answer.call();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    /** What it is told, in order. */
    private static class Told implements Retrieval.Next {
        private final List<List<Integer>> ahead = new ArrayList<>();
        private final List<List<Integer>> all = new ArrayList<>();
        private final CountDownLatch isAhead = new CountDownLatch(1);

        @Override
        public void ahead(List<Fusion.Candidate> candidates) {
            ahead.add(codes(candidates));
            isAhead.countDown();
        }

        @Override
        public void all(List<Fusion.Candidate> candidates, CountDownLatch over) {
            all.add(codes(candidates));
            over.countDown();
        }

        @Override
        public void work() {}
    }

    private static List<Integer> codes(List<Fusion.Candidate> candidates) {
        return candidates.stream().map(Fusion.Candidate::code).toList();
    }

    private Retrieval.Found retrieved(Stages stages, int limit, Retrieval.Next next, Given... sources) {
        var retrieval = new Retrieval(
                threads, stages, List.of(sources), source -> () -> source.find(QUERY), limit, found -> found, next);
        return retrieval.await(counts);
    }

    private Stages stages(Duration deadline) {
        return stages(deadline, Duration.ofMinutes(1));
    }

    private Stages stages(Duration retrieve, Duration rank) {
        return new Stages(
                threads,
                new Stages.Meters(new SimpleMeterRegistry(), List.of()),
                Map.of("retrieve", retrieve, "rank", rank),
                true);
    }

    @Test
    void whatIsSureComesBeforeWhatIsSearched() {
        var told = new Told();
        var search = new Given("near", 2, () -> {
            told.isAhead.await();
            return new int[] {9, 8};
        });
        var stages = stages(Duration.ofMinutes(1));

        Retrieval.Found found = retrieved(stages, 4, told, search, new Given("fresh", 0, () -> new int[] {1, 2, 3}));

        assertThat(told.ahead).containsExactly(List.of(1, 2));
        assertThat(codes(found.candidates())).containsExactly(1, 9, 2, 8);
        assertThat(told.all).containsExactly(codes(found.candidates()));
        assertThat(counts).containsExactly(Map.entry("near", 2), Map.entry("fresh", 3));
        assertThat(stages.degraded()).isEmpty();
    }

    /** Else the same candidates would be scored in other blocks, and their scores differ in their last bits. */
    @Test
    void whatIsSureComesFirstAlsoWhenAllIsThereAtOnce() throws Exception {
        for (int round = 0; round < 500; round++) {
            var told = new Told();
            retrieved(
                    stages(Duration.ofMinutes(1)),
                    4,
                    told,
                    new Given("near", 2, () -> new int[] {9, 8}),
                    new Given("fresh", 0, () -> new int[] {1, 2, 3}),
                    new Given("trending", 0, () -> new int[] {3}));
            assertThat(told.ahead).containsExactly(List.of(3, 1));
            assertThat(told.all).hasSize(1);
        }
    }

    @Test
    void nothingIsSureWhereTheSearchMayFillAll() {
        var told = new Told();
        retrieved(
                stages(Duration.ofMinutes(1)),
                2,
                told,
                new Given("near", 2, () -> new int[] {9, 8}),
                new Given("fresh", 0, () -> new int[] {1}));
        assertThat(told.ahead).isEmpty();
        assertThat(told.all).containsExactly(List.of(1, 9));
    }

    @Test
    void aSourceThatFailsIsLeftOut() {
        var told = new Told();
        var stages = stages(Duration.ofMinutes(1));
        retrieved(
                stages,
                9,
                told,
                new Given("near", 2, () -> {
                    throw new IllegalStateException("broken");
                }),
                new Given("fresh", 0, () -> new int[] {1}));
        assertThat(told.all).containsExactly(List.of(1));
        assertThat(counts).containsOnlyKeys("fresh");
        assertThat(stages.degraded()).hasSize(1).allMatch(what -> what.startsWith("retrieve.near: "));
    }

    @Test
    void aSourceThatIsLateIsLeftOutAndNothingComesOfItLater() throws Exception {
        var told = new Told();
        var stages = stages(Duration.ofMillis(20));
        var late = new CountDownLatch(1);
        var hasEnded = new CountDownLatch(1);
        retrieved(
                stages,
                9,
                told,
                new Given("near", 2, () -> {
                    try {
                        late.await();
                    } catch (InterruptedException _) {
                        // It goes on as native code would.
                    }
                    hasEnded.countDown();
                    return new int[] {5};
                }),
                new Given("fresh", 0, () -> new int[] {1}));
        late.countDown();
        hasEnded.await();

        assertThat(told.all).containsExactly(List.of(1));
        assertThat(counts).containsOnlyKeys("fresh");
        assertThat(stages.degraded()).containsExactly("retrieve.near: " + Stages.DEADLINE);
    }

    @Test
    void withoutSourcesThereIsNothing() {
        var told = new Told();
        assertThat(retrieved(stages(Duration.ofMinutes(1)), 9, told).candidates())
                .isEmpty();
        assertThat(told.all).containsExactly(List.of());
    }

    /** Whoever waits learns of it; it would be lost on the thread of a source. */
    @Test
    void aFaultOfWhatComesNextIsThrown() {
        var next = new Told() {
            @Override
            public void all(List<Fusion.Candidate> candidates, CountDownLatch over) {
                throw new IllegalStateException("next is broken");
            }
        };
        assertThatThrownBy(() ->
                        retrieved(stages(Duration.ofMinutes(1)), 9, next, new Given("fresh", 0, () -> new int[] {1})))
                .hasMessage("next is broken");
    }

    /** Sooner than the retrieval's or later: what comes next has its own deadline, from when all candidates are there. */
    @Test
    void whatComesNextHasItsOwnDeadline() {
        var stalled = new Told() {
            @Override
            public void all(List<Fusion.Candidate> candidates, CountDownLatch over) {}
        };
        var fresh = new Given("fresh", 0, () -> new int[] {1});
        for (Stages stages : List.of(
                stages(Duration.ofHours(1), Duration.ZERO),
                stages(Duration.ofHours(1), Duration.ofMillis(30)),
                stages(Duration.ofMillis(500), Duration.ofMillis(900)))) {
            Retrieval.Found found = retrieved(stages, 9, stalled, fresh);
            assertThat(codes(found.candidates())).containsExactly(1);
            assertThat(System.nanoTime() - found.endNanos())
                    .isBetween(
                            stages.deadline("rank").toNanos(),
                            Duration.ofMinutes(10).toNanos());
        }
    }
}
