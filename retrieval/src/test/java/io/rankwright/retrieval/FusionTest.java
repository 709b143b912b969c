package io.rankwright.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FusionTest {
    private static final double[] WEIGHTS = {0, 0.2, 1, 1, 3};

    @Test
    void theBestOfOneListThatIsAloneKeepsItsOrder() {
        assertThat(Fusion.fuse(List.of(new Fusion.Ranked("a", 1, new int[] {9, 3, 7})), 2))
                .extracting(Fusion.Candidate::code)
                .containsExactly(9, 3);
    }

    @Test
    void ofAListWithoutWeightTheSmallestCodeIsFirst() {
        assertThat(Fusion.fuse(List.of(new Fusion.Ranked("a", 0, new int[] {9, 3, 7})), 2))
                .extracting(Fusion.Candidate::code)
                .containsExactly(3, 7);
    }

    @Test
    void nothingIsFusedOfNothing() {
        assertThat(Fusion.fuse(List.of(), 5)).isEmpty();
        assertThat(Fusion.fuse(List.of(new Fusion.Ranked("a", 1, new int[0])), 5))
                .isEmpty();
        assertThat(Fusion.certain(List.of(new Fusion.Ranked("a", 1, new int[] {4})), 5, 5))
                .isEmpty();
    }

    @Test
    void fusedIsWhatTheDefinitionSays() {
        var random = new SplittableRandom(11);
        for (int round = 0; round < 2_000; round++) {
            List<Fusion.Ranked> lists = lists(random, 1 + random.nextInt(5), 30);
            int limit = random.nextInt(60);
            assertThat(Fusion.fuse(lists, limit)).isEqualTo(byDefinition(lists, limit));
        }
    }

    @Test
    void whatIsCertainIsInWhateverTheOtherListsSay() {
        var random = new SplittableRandom(12);
        for (int round = 0; round < 2_000; round++) {
            List<Fusion.Ranked> known = lists(random, 1 + random.nextInt(3), 30);
            List<Fusion.Ranked> others = lists(random, 1 + random.nextInt(2), 20);
            int most = others.stream().mapToInt(list -> list.codes().length).sum();
            int limit = random.nextInt(60);
            var all = new ArrayList<Fusion.Ranked>(known);
            // A list may come before those that are known.
            others.forEach(list -> all.add(random.nextInt(all.size() + 1), list));
            assertThat(Fusion.fuse(all, limit))
                    .extracting(Fusion.Candidate::code)
                    .containsAll(Fusion.certain(known, limit, most).stream()
                            .map(Fusion.Candidate::code)
                            .toList());
        }
    }

    /** Lists over few codes, so that they have many in common. */
    private static List<Fusion.Ranked> lists(SplittableRandom random, int count, int longest) {
        var lists = new ArrayList<Fusion.Ranked>();
        for (int l = 0; l < count; l++) {
            int[] codes = random.ints(0, 1 + 2 * longest)
                    .distinct()
                    .limit(random.nextInt(longest))
                    .toArray();
            lists.add(new Fusion.Ranked("s" + random.nextInt(1000), WEIGHTS[random.nextInt(WEIGHTS.length)], codes));
        }
        return lists;
    }

    private static List<Fusion.Candidate> byDefinition(List<Fusion.Ranked> lists, int limit) {
        Map<Integer, Double> sums = new HashMap<>();
        Map<Integer, List<int[]>> named = new HashMap<>();
        for (int l = 0; l < lists.size(); l++) {
            int[] codes = lists.get(l).codes();
            for (int rank = 0; rank < codes.length; rank++) {
                sums.merge(codes[rank], lists.get(l).weight() / (60 + rank + 1), Double::sum);
                named.computeIfAbsent(codes[rank], _ -> new ArrayList<>()).add(new int[] {rank, l});
            }
        }
        return sums.entrySet().stream()
                .sorted(Map.Entry.<Integer, Double>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(limit)
                .map(sum -> new Fusion.Candidate(
                        sum.getKey(),
                        sum.getValue(),
                        named.get(sum.getKey()).stream()
                                .sorted(Comparator.comparingInt(place -> place[0]))
                                .map(place -> lists.get(place[1]).source())
                                .toList()))
                .toList();
    }
}
