/**
 * A score that is served: probabilities and an action for a case, the queue of what people are to review, their verdicts,
 * appeals, and the audit of it all.
 *
 * <p>In go cases and verdicts; out come scores, actions, and labels to learn from. Texts are kept apart from the log of what
 * was decided, and shown on request only. It knows nothing of how a version was trained, nor of any application by name.
 */
@NullMarked
package io.rankwright.serving.score;

import org.jspecify.annotations.NullMarked;
