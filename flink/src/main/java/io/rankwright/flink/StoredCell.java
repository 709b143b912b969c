package io.rankwright.flink;

/** A cell on its way into an online store. */
public record StoredCell(byte[] key, long versionMillis, byte[] value) {}
