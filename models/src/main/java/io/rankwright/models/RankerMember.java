package io.rankwright.models;

/**
 * One model of a ranker: rows of inputs in, raw scores out, a log-odds for a head that is a probability and an amount for
 * another. Any number of threads; closing needs them out.
 */
sealed interface RankerMember extends AutoCloseable permits TreesMember, NetworkMember {
    /** The raw scores of {@code count} rows that lie one behind the other, for each head. */
    double[][] score(float[] rows, int count);

    /**
     * What each input did to the raw score of one head: for each row a value for each of the layout's names, and last the
     * base; together they are the raw score.
     */
    double[][] contributions(float[] rows, int count, int head);

    @Override
    void close();
}
