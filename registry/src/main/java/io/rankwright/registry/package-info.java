/**
 * Model versions on disk: files by the hash of their content, lineage and metrics beside them, and which one is live.
 *
 * <p>In go artefacts with their lineage and metrics; out comes the live version. {@link io.rankwright.registry.Gates}
 * decide whether a version may go live. No name or path from outside is ever used as a file path.
 *
 * <p>This part does not know what is inside an artefact.
 */
@NullMarked
package io.rankwright.registry;

import org.jspecify.annotations.NullMarked;
