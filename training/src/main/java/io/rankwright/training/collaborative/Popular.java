package io.rankwright.training.collaborative;

/** The items that most took, the same for everybody. Immutable, any number of threads. */
public record Popular(int[] counts) implements Scorer {
    public static Popular learn(Interactions interactions) {
        return new Popular(interactions.counts());
    }

    @Override
    public void score(int subject, float[] scores) {
        for (int item = 0; item < scores.length; item++) {
            scores[item] = counts[item];
        }
    }
}
