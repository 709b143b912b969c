/**
 * Retrieval for search: an index of texts and vectors, candidates by words and by meaning, their fusion, and the features of
 * a query and an item together.
 *
 * <p>In goes what was asked; out come candidates with scores and features. The same code makes the rows that a ranker
 * learns from and those that it scores. It knows nothing of requests, registries or judgements.
 */
@NullMarked
package io.rankwright.retrieval.text;

import org.jspecify.annotations.NullMarked;
