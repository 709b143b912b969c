/**
 * The application file: one ML ranking system, described in the seven steps in which such systems are designed.
 *
 * <p>In goes the text of {@code app.yaml} and of the contracts it names; out comes an {@link
 * io.rankwright.spec.Application} (a feed, a search or a score), an immutable record tree, or every problem of the file with line, column, what was
 * found and what would be right. The shape of the file is declared once, in {@link
 * io.rankwright.spec.ApplicationShape}; the checker, the JSON Schema and the reference page are all made from it.
 *
 * <p>This part knows nothing of data, models or servers: it must stay cheap enough to run at each key press of an
 * editor.
 */
@NullMarked
package io.rankwright.spec;

import org.jspecify.annotations.NullMarked;
