package io.rankwright.log;

/** Told how far a long job is. Implementations are called from the threads that do the job. */
public interface Progress {
    /** Tells nobody. */
    Progress SILENT = (_, _, _) -> {};

    /**
     * So much of a job is done.
     *
     * @param unit what is counted, in the plural
     */
    void at(long done, long total, String unit);
}
