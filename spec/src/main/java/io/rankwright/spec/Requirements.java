package io.rankwright.spec;

import java.time.Duration;
import java.util.Optional;

/** Step 1: what the system is for, how big it becomes, how fast it must answer. Immutable. */
public record Requirements(
        String objective, long subjects, long items, long requestsPerSubjectPerDay, Optional<Duration> latencyP99) {}
