package io.rankwright.features;

/** The last items of subjects, as they stand at one moment. One thread at a time. */
public interface Sequences {
    /**
     * Copies a subject's sequence, newest last.
     *
     * @param name of the feature
     * @param out at least {@link FeatureState#last} long
     * @return its length
     */
    int sequence(String name, int subject, int[] out);
}
