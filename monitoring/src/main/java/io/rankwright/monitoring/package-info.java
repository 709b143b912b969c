/** What is served and what becomes of it, held against what was before: drift, calibration, health of the feed. */
@NullMarked
package io.rankwright.monitoring;

import org.jspecify.annotations.NullMarked;
