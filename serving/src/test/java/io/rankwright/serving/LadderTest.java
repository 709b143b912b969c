package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.retrieval.Source;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

class LadderTest {
    private static final List<String> RUNGS = List.of("last_good", "trending", "editorial");

    private final Ladder ladder = new Ladder(RUNGS, List.of("8", "9"), Integer::parseInt, Integer::toString);

    /** A source that gives what it is made of, or fails. */
    private record Fixed(String name, int[] codes, boolean isBroken) implements Source {
        @Override
        public double weight() {
            return 1;
        }

        @Override
        public int[] find(Query query) {
            if (isBroken) {
                throw new IllegalStateException("broken");
            }
            return codes;
        }
    }

    private static Source.Query query(IntPredicate allowed) {
        return new Source.Query(1, Map.of(), 0, allowed);
    }

    private Ladder.Found find(IntPredicate allowed, Source... sources) {
        return ladder.find("u", 2, query(allowed), List.of(sources)).orElse(new Ladder.Found("none", List.of()));
    }

    @Test
    void theLastGoodSlateComesFirst_withoutWhatIsNotAllowedAnyMore() {
        ladder.remember("u", List.of("1", "2", "3"));

        assertThat(find(item -> item != 1, new Fixed("trending", new int[] {5}, false)))
                .isEqualTo(new Ladder.Found("last_good", List.of("2", "3")));
    }

    @Test
    void thenTrending() {
        assertThat(find(_ -> true, new Fixed("trending", new int[] {5, 6, 7}, false)))
                .isEqualTo(new Ladder.Found("trending", List.of("5", "6")));
    }

    @Test
    void aRungThatFailsIsOneThatHasNothing_andTheEditorAnswersAtLast() {
        assertThat(find(_ -> true, new Fixed("trending", new int[0], true)))
                .isEqualTo(new Ladder.Found("editorial", List.of("8", "9")));
        assertThat(find(item -> item != 8)).isEqualTo(new Ladder.Found("editorial", List.of("9")));
    }

    @Test
    void whereNothingIsAllowedThereIsNothing() {
        assertThat(find(_ -> false)).isEqualTo(new Ladder.Found("none", List.of()));
    }
}
