/**
 * From data to a registered version: take in, replay, train, evaluate, register. Each step is kept under the hash of its
 * inputs and done again only when one of them has changed.
 */
@NullMarked
package io.rankwright.cli.pipeline;

import org.jspecify.annotations.NullMarked;
