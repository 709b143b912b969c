/**
 * From the whole catalogue to some hundred candidates.
 *
 * <p>In go a subject, its sequences and a moment; out come ranked item codes of each {@link
 * io.rankwright.retrieval.Source}, and their fusion. The learnt space is searched by Lucene (HNSW); trending, fresh and
 * similar items come from small states that live events keep up to date.
 *
 * <p>This part does not know what a good candidate is worth: that is the ranker's to say.
 */
@NullMarked
package io.rankwright.retrieval;

import org.jspecify.annotations.NullMarked;
