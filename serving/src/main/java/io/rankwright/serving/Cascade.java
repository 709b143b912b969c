package io.rankwright.serving;

import io.rankwright.retrieval.Source;
import io.rankwright.spec.Model;
import java.util.List;

/**
 * What one answer is made by, from its first stage to its last. Immutable.
 *
 * @param settings of the stages: the application file's, or those of the arms that the subject is in
 * @param sources of candidates
 * @param arms {@code experiment/arm}, of each experiment that the subject takes part in
 */
record Cascade(LiveModels live, Model settings, List<Source> sources, List<String> arms) {}
