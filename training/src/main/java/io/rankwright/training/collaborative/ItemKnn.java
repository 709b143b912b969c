package io.rankwright.training.collaborative;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Item-based neighbours: the cosine of who took both, shrunk where few did (Sarwar et al., 2001; shrinkage as in Bell and
 * Koren, 2007). Immutable, any number of threads.
 *
 * @param neighbours for each item its neighbours, the nearest first
 * @param similarities their similarities
 */
public record ItemKnn(Interactions interactions, int[][] neighbours, float[][] similarities) implements Scorer {
    /** Finds for each item the {@code size} nearest. Cost: the square of what each subject took. */
    public static ItemKnn learn(Interactions interactions, int size, double shrinkage, Progress progress) {
        int[][] takers = interactions.transposed().bySubject();
        int[][] neighbours = new int[interactions.items()][];
        float[][] similarities = new float[interactions.items()][];
        Workers.forEach(interactions.items(), progress, "items", () -> {
            float[] cosines = new float[interactions.items()];
            int[] together = new int[interactions.items()];
            int[] touched = new int[interactions.items()];
            return item -> {
                int found = 0;
                for (int subject : takers[item]) {
                    for (int other : interactions.bySubject()[subject]) {
                        if (together[other]++ == 0) {
                            touched[found++] = other;
                        }
                    }
                }
                int others = 0;
                for (int t = 0; t < found; t++) {
                    int other = touched[t];
                    cosines[other] = (float) (together[other]
                            / (Math.sqrt((takers[item].length + 1.0) * (takers[other].length + 1.0)) + shrinkage));
                    together[other] = 0;
                    if (other != item) {
                        touched[others++] = other;
                    }
                }
                neighbours[item] = greatest(touched, others, cosines, size);
                similarities[item] = at(cosines, neighbours[item]);
            };
        });
        return new ItemKnn(interactions, neighbours, similarities);
    }

    /** The indexes among the first {@code count} with the greatest values, the greatest first; ties in their order. */
    static int[] greatest(int[] indexes, int count, float[] values, int size) {
        return IntStream.range(0, count)
                .map(i -> indexes[i])
                .boxed()
                .sorted((a, b) -> values[a] == values[b] ? Integer.compare(a, b) : Float.compare(values[b], values[a]))
                .limit(size)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    static int[] at(int[] values, int[] indexes) {
        int[] chosen = new int[indexes.length];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = values[indexes[i]];
        }
        return chosen;
    }

    static float[] at(float[] values, int[] indexes) {
        float[] chosen = new float[indexes.length];
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = values[indexes[i]];
        }
        return chosen;
    }

    @Override
    public void score(int subject, float[] scores) {
        Arrays.fill(scores, 0);
        for (int item : interactions.bySubject()[subject]) {
            for (int n = 0; n < neighbours[item].length; n++) {
                scores[neighbours[item][n]] += similarities[item][n];
            }
        }
    }
}
