/**
 * The cascade at work: retrieve, rank, re-rank, log; and the HTTP API in front of it.
 *
 * <p>In go requests and events; out come slates, each slot with where it came from, what it was scored and with which
 * propensity it was shown. {@link io.rankwright.serving.Engine} is the face without HTTP, {@link
 * io.rankwright.serving.HttpApi} the one with it. Every stage has a deadline; what was left out is named in the answer.
 * Searches and scores have engines of their own in the packages below, behind the same table of routes, admission and keys.
 *
 * <p>This part does not know how a model was trained.
 */
@NullMarked
package io.rankwright.serving;

import org.jspecify.annotations.NullMarked;
