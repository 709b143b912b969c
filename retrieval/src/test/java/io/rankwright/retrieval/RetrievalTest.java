package io.rankwright.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.log.Progress;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.Model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RetrievalTest {
    @TempDir
    Path folder;

    private static float[] unit(SplittableRandom random) {
        float[] vector = new float[16];
        double length = 0;
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) random.nextGaussian();
            length += vector[i] * vector[i];
        }
        for (int i = 0; i < vector.length; i++) {
            vector[i] /= (float) Math.sqrt(length);
        }
        return vector;
    }

    private static double product(float[] left, float[] right) {
        return IntStream.range(0, left.length)
                .mapToDouble(i -> left[i] * right[i])
                .sum();
    }

    /** The graph against brute force; a byte a dimension moves a similarity by less than a hundredth. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void theIndexFindsWhatBruteForceFinds(Precision precision) {
        double tolerance = precision == Precision.FLOAT ? 1e-4 : 1e-2;
        var random = new SplittableRandom(4);
        int[] codes = IntStream.rangeClosed(1, 2000).toArray();
        float[][] vectors = new float[codes.length][];
        Arrays.setAll(vectors, _ -> unit(random));
        try (VectorIndex index = VectorIndex.open(folder, precision)) {
            index.put(codes, vectors);
            int found = 0;
            for (int q = 0; q < 50; q++) {
                float[] query = unit(random);
                List<Integer> exact = IntStream.of(codes)
                        .filter(code -> code % 3 == 0)
                        .boxed()
                        .sorted((a, b) ->
                                Double.compare(product(query, vectors[b - 1]), product(query, vectors[a - 1])))
                        .limit(10)
                        .toList();
                VectorIndex.Nearest nearest = index.nearest(query, 10, code -> code % 3 == 0);
                for (int i = 0; i < nearest.codes().length; i++) {
                    found += exact.contains(nearest.codes()[i]) ? 1 : 0;
                    assertThat((double) nearest.similarities()[i])
                            .isCloseTo(product(query, vectors[nearest.codes()[i] - 1]), within(tolerance));
                }
            }
            assertThat(found / 500.0).isGreaterThan(precision == Precision.FLOAT ? 0.97 : 0.93);
        }
    }

    /** Filled at once or broken off in between, on one thread or two: the same graphs, and no item twice. */
    @Test
    void whatIsFilledAgainAfterABreakIsWhatIsFilledAtOnce() throws IOException {
        var random = new SplittableRandom(9);
        int[] codes = IntStream.rangeClosed(1, 5000).toArray();
        float[][] vectors = new float[codes.length][];
        Arrays.setAll(vectors, _ -> unit(random));
        Function<int[], float[][]> of =
                some -> IntStream.of(some).mapToObj(code -> vectors[code - 1]).toArray(float[][]::new);
        Progress breaking = (done, _, _) -> {
            if (done == 4000) {
                throw new EnvironmentFault("killed", true);
            }
        };
        try (VectorIndex whole = VectorIndex.open(folder.resolve("whole"), Precision.FLOAT);
                VectorIndex resumed = VectorIndex.open(folder.resolve("resumed"), Precision.FLOAT)) {
            whole.fill(codes, of, new Indexing(1, Progress.SILENT), 1500);
            assertThatExceptionOfType(EnvironmentFault.class)
                    .isThrownBy(() -> resumed.fill(codes, of, new Indexing(2, breaking), 1500));
            assertThat(resumed.codes().isEmpty()).isTrue();
            damageAFinishedPart(folder.resolve("resumed"));
            var asked = new AtomicInteger();

            resumed.fill(
                    codes,
                    some -> {
                        asked.addAndGet(some.length);
                        return of.apply(some);
                    },
                    new Indexing(2, Progress.SILENT),
                    1500);

            assertThat(asked.get()).isLessThan(codes.length);
            assertThat(resumed.codes().cardinality()).isEqualTo(codes.length);
            for (int q = 0; q < 50; q++) {
                float[] query = unit(random);
                assertThat(resumed.nearest(query, 20, _ -> true).codes())
                        .isEqualTo(whole.nearest(query, 20, _ -> true).codes())
                        .doesNotHaveDuplicates();
            }
        }
        try (Stream<Path> files = Files.list(folder.resolve("resumed"))) {
            assertThat(files.filter(Files::isDirectory)).isEmpty();
        }
    }

    /** A bit of one of the vectors of a part is flipped: it is built again, not taken. */
    private static void damageAFinishedPart(Path index) throws IOException {
        try (Stream<Path> files = Files.walk(index)) {
            Path file = files.filter(name -> name.toString().endsWith(".cfs"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
        }
    }

    /** Each half is nearer to itself than to the other half: beside one another lie near ones. */
    @Test
    void theOrderPutsNearVectorsBesideOneAnother() {
        var random = new SplittableRandom(10);
        float[][] centres = new float[40][];
        Arrays.setAll(centres, _ -> unit(random));
        float[][] vectors = new float[4000][];
        Arrays.setAll(vectors, _ -> {
            float[] near = centres[random.nextInt(centres.length)].clone();
            for (int d = 0; d < near.length; d++) {
                near[d] += (float) (0.05 * random.nextGaussian());
            }
            return near;
        });

        int[] order = Bisection.order(vectors);

        assertThat(IntStream.of(order).sorted())
                .containsExactly(IntStream.range(0, vectors.length).boxed().toArray(Integer[]::new));
        double beside = IntStream.range(1, order.length)
                .mapToDouble(i -> product(vectors[order[i - 1]], vectors[order[i]]))
                .average()
                .orElseThrow();
        double any = IntStream.range(1, order.length)
                .mapToDouble(i -> product(vectors[i - 1], vectors[i]))
                .average()
                .orElseThrow();
        assertThat(any).isLessThan(0.2);
        assertThat(beside).isGreaterThan(0.9);
        assertThat(Bisection.order(vectors)).isEqualTo(order);
    }

    @Test
    void vectorsThatAreAllTheSameHaveAnOrderToo() {
        float[][] vectors = new float[1000][];
        Arrays.fill(vectors, unit(new SplittableRandom(11)));

        assertThat(Bisection.order(vectors)).doesNotHaveDuplicates().hasSize(1000);
    }

    /** All that is nearest in one segment of three, where a third was expected. */
    @Test
    void whatLiesInOneSegmentIsFoundWhole() {
        var random = new SplittableRandom(6);
        float[] query = unit(random);
        try (VectorIndex index = VectorIndex.open(folder, Precision.FLOAT)) {
            for (int segment = 0; segment < 3; segment++) {
                int[] codes = IntStream.rangeClosed(1, 300).toArray();
                float[][] vectors = new float[codes.length][];
                for (int i = 0; i < codes.length; i++) {
                    codes[i] += 300 * segment;
                    vectors[i] = unit(random);
                    boolean isFar = segment > 0 && product(vectors[i], query) > 0;
                    for (int d = 0; isFar && d < query.length; d++) {
                        vectors[i][d] = -vectors[i][d];
                    }
                }
                index.put(codes, vectors);
            }

            int[] found = index.nearest(query, 60, _ -> true).codes();

            assertThat(found).hasSize(60);
            assertThat(IntStream.of(found).max().orElseThrow()).isLessThanOrEqualTo(300);
        }
    }

    @Test
    void additionsAndDeletionsAreSeenByTheNextSearch_andSurviveAStart() {
        var random = new SplittableRandom(5);
        float[] vector = unit(random);
        try (VectorIndex index = VectorIndex.open(folder, Precision.FLOAT)) {
            index.put(new int[] {1, 2}, new float[][] {unit(random), vector});
            assertThat(index.nearest(vector, 1, _ -> true).codes()).containsExactly(2);
            index.delete(2);
            assertThat(index.nearest(vector, 5, _ -> true).codes()).containsExactly(1);
            index.put(new int[] {3}, new float[][] {vector});
        }
        try (VectorIndex index = VectorIndex.open(folder, Precision.FLOAT)) {
            assertThat(index.codes().stream().toArray()).containsExactly(1, 3);
        }
    }

    /** Items come in segments of many and of one, are put again and deleted, in any order. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void vectorsAreReadAsTheyWereLastPut(Precision precision) {
        var random = new SplittableRandom(8);
        var known = new TreeMap<Integer, float[]>();
        try (VectorIndex index = VectorIndex.open(folder, precision)) {
            for (int round = 0; round < 40; round++) {
                int[] codes = random.ints(random.nextInt(1, 30), 1, 200)
                        .map(code -> code * 1000)
                        .distinct()
                        .toArray();
                float[][] vectors = new float[codes.length][];
                for (int i = 0; i < codes.length; i++) {
                    vectors[i] = unit(random);
                    known.put(codes[i], vectors[i]);
                }
                index.put(codes, vectors);
                int deleted = 1000 * random.nextInt(1, 200);
                index.delete(deleted);
                known.remove(deleted);
            }
            int[] all = IntStream.range(0, 200).map(code -> code * 1000).toArray();

            float[][] found = index.vectors(all);

            for (int i = 0; i < all.length; i++) {
                assertThat(found[i]).isEqualTo(known.getOrDefault(all[i], new float[0]));
            }
        }
    }

    /** Against a sort of all, while items come, change their birth and go; births are few, so that many are equal. */
    @RepeatedTest(10)
    void theYoungestAreThoseOfTheBirths(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        double[] births = new double[300];
        Arrays.setAll(
                births, code -> code == 0 || code > 250 || random.nextInt(5) == 0 ? Double.NaN : random.nextInt(60));
        var newest = new Newest(251, code -> births[code]);
        for (int step = 0; step < 200; step++) {
            int changed = 1 + random.nextInt(299);
            births[changed] = random.nextInt(4) == 0 ? Double.NaN : random.nextInt(60);
            newest.put(changed);
            int from = random.nextInt(60);
            int to = from + random.nextInt(60);
            int[] expected = IntStream.range(1, 300)
                    .filter(code -> births[code] >= from && births[code] <= to && code % 3 != 0)
                    .boxed()
                    .sorted(Comparator.<Integer>comparingDouble(code -> -births[code])
                            .thenComparing(Comparator.naturalOrder()))
                    .mapToInt(code -> code)
                    .limit(20)
                    .toArray();
            assertThat(newest.find(from, to, 20, code -> code % 3 != 0)).containsExactly(expected);
        }
    }

    private static int at(Popularity popularity, long nowMillis, int item) {
        popularity.moveTo(nowMillis);
        return popularity.count(item);
    }

    /** The ranking that is kept against one that is made anew, while items are taken and forgotten. */
    @RepeatedTest(10)
    void theMostTakenAreThoseOfTheCounts(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        var popularity = new Popularity(Optional.of(Duration.ofSeconds(2)));
        for (long now = 0; now < 5000; now += 10) {
            popularity.add(1 + (int) (40 * Math.pow(random.nextDouble(), 3)), now);
            popularity.moveTo(now);
            if (now % 500 == 0) {
                int[] expected = IntStream.rangeClosed(1, 40)
                        .filter(item -> item % 4 != 0 && popularity.count(item) > 0)
                        .boxed()
                        .sorted(Comparator.<Integer>comparingInt(item -> -popularity.count(item))
                                .thenComparing(Comparator.naturalOrder()))
                        .mapToInt(item -> item)
                        .limit(12)
                        .toArray();
                assertThat(popularity.most(12, item -> item % 4 != 0)).containsExactly(expected);
            }
        }
    }

    /** A filter that allows next to nothing: the graph would not come by what it allows. */
    @Test
    void whatFewAreAllowedIsFoundAllTheSame() {
        var random = new SplittableRandom(6);
        int[] codes = IntStream.rangeClosed(1, 3000).toArray();
        float[][] vectors = new float[codes.length][];
        Arrays.setAll(vectors, _ -> unit(random));
        try (VectorIndex index = VectorIndex.open(folder, Precision.FLOAT)) {
            index.put(codes, vectors);
            for (int q = 0; q < 20; q++) {
                float[] query = unit(random);
                List<Integer> exact = Stream.of(7, 1500, 2999)
                        .sorted((a, b) ->
                                Double.compare(product(query, vectors[b - 1]), product(query, vectors[a - 1])))
                        .toList();
                assertThat(index.nearest(query, 10, code -> code == 7 || code == 1500 || code == 2999)
                                .codes())
                        .containsExactly(exact.stream().mapToInt(code -> code).toArray());
            }
        }
    }

    @RepeatedTest(10)
    void theHeapKeepsTheBest(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        int size = 1 + random.nextInt(200);
        int k = 1 + random.nextInt(50);
        double[] scores = new double[size];
        Arrays.setAll(scores, _ -> random.nextInt(40));
        var best = new Best(k);
        for (int code = 0; code < size; code++) {
            best.offer(code, scores[code]);
        }

        assertThat(best.codes())
                .containsExactly(IntStream.range(0, size)
                        .boxed()
                        .sorted((a, b) ->
                                scores[a] == scores[b] ? Integer.compare(a, b) : Double.compare(scores[b], scores[a]))
                        .limit(k)
                        .mapToInt(Integer::intValue)
                        .toArray());
    }

    /** Golden values by hand: ranks count from 1, the constant is 60. */
    @Test
    void fusionAddsReciprocalRanks() {
        List<Fusion.Candidate> fused = Fusion.fuse(
                List.of(new Fusion.Ranked("a", 1, new int[] {7, 8}), new Fusion.Ranked("b", 2, new int[] {8, 9})), 10);

        assertThat(fused).extracting(Fusion.Candidate::code).containsExactly(8, 9, 7);
        assertThat(fused.getFirst().score()).isCloseTo(1 / 62.0 + 2 / 61.0, within(1e-12));
        assertThat(fused.getFirst().sources()).containsExactly("b", "a");
    }

    @Test
    void popularityForgetsWhatIsOlderThanItsWindow() {
        var popularity = new Popularity(Optional.of(Duration.ofHours(1)));
        popularity.add(3, 0);
        popularity.add(3, 1_800_000);
        popularity.add(4, 1_900_000);

        assertThat(at(popularity, 2_000_000, 3)).isEqualTo(2);
        assertThat(at(popularity, 4_000_000, 3)).isEqualTo(1);
        assertThat(at(popularity, 9_000_000, 4)).isZero();
        assertThat(at(popularity, 9_000_000, 3)).isZero();
    }
}
