package io.rankwright.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.rankwright.evaluation.experiment.Assignment;
import io.rankwright.spec.UserFault;

/**
 * A version that answers a share of the subjects a second time, unseen: what it says and how long it takes is compared with
 * what was served, and nobody is answered by it. Immutable.
 *
 * @param startedMillis by the clock of the machine
 * @param stoppedMillis the same; 0 while it runs
 */
public record Shadow(int version, double share, long startedMillis, long stoppedMillis) {
    public Shadow {
        if (!(share > 0 && share <= 1)) {
            throw new UserFault("the share " + share + "; expected one above 0 and at most 100%");
        }
    }

    @JsonIgnore
    public boolean isRunning() {
        return stoppedMillis == 0;
    }

    /** Whether a subject's requests are answered a second time. The same at any time. */
    public boolean follows(String subject) {
        return isRunning() && Assignment.place("shadow-v" + version, subject) < share;
    }

    Shadow stopped(long nowMillis) {
        return new Shadow(version, share, startedMillis, nowMillis);
    }
}
