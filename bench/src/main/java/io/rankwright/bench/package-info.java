/**
 * Benchmarks, never part of a test run: {@code bench/run} names them.
 *
 * <p>Absolute figures depend on the machine; each benchmark prints what it is compared with, measured in the same run.
 */
@NullMarked
package io.rankwright.bench;

import org.jspecify.annotations.NullMarked;
