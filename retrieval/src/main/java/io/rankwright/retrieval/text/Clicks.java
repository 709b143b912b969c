package io.rankwright.retrieval.text;

/** How much more often an item is clicked for a query than its places explain. */
public interface Clicks {
    /** Nothing was clicked yet. */
    Clicks NONE = (_, _) -> 0;

    /** The log-odds of its attraction over the usual one; 0 where nothing is known. */
    double attraction(String query, String item);
}
