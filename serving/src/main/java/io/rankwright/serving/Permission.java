package io.rankwright.serving;

/** What a key may do; each includes those before it. */
public enum Permission {
    /** Liveness, readiness and metrics: asked by machines beside the server. */
    OPEN,
    /** Feeds, items, explanations. */
    READ,
    /** Events and entities. */
    WRITE
}
