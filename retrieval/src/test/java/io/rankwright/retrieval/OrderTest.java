package io.rankwright.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

class OrderTest {
    private static final double[] ODD = {
        0.0,
        -0.0,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.MIN_VALUE,
        -Double.MIN_VALUE,
        1e300,
        -1e300,
        1e301
    };

    /** A score that floats cannot tell from others, one that is no common number, or any. */
    private static double score(SplittableRandom random) {
        return switch (random.nextInt(3)) {
            case 0 -> 0.1 + random.nextInt(-3, 3) * 1e-12;
            case 1 -> ODD[random.nextInt(ODD.length)];
            default -> random.nextDouble(-1, 1);
        };
    }

    @RepeatedTest(200)
    void isThatOfComparingPairs(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        double[] scores =
                random.ints(random.nextInt(80)).mapToDouble(_ -> score(random)).toArray();
        int[] codes = random.ints(scores.length, 0, 20).toArray();
        record Scored(double score, int code) {}
        List<Scored> all = IntStream.range(0, scores.length)
                // Both zeros are the same score.
                .mapToObj(i -> new Scored(scores[i] + 0.0, codes[i]))
                .toList();

        List<Scored> found =
                IntStream.of(Order.descending(scores, codes)).mapToObj(all::get).toList();

        assertThat(found)
                .containsExactlyElementsOf(all.stream()
                        .sorted(Comparator.comparingDouble(Scored::score)
                                .reversed()
                                .thenComparingInt(Scored::code))
                        .toList());
    }
}
