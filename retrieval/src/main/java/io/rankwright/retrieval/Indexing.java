package io.rankwright.retrieval;

import io.rankwright.log.Progress;

/**
 * How vectors are indexed that are not yet.
 *
 * @param threads at most so many build graphs at once; what is built does not hang on it
 * @param progress told how many vectors are indexed
 */
public record Indexing(int threads, Progress progress) {
    /** By one thread, while others answer. */
    public static final Indexing BESIDE = new Indexing(1, Progress.SILENT);

    /** By all cores. */
    public static Indexing alone(Progress progress) {
        return new Indexing(Runtime.getRuntime().availableProcessors(), progress);
    }
}
