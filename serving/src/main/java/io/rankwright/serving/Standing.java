package io.rankwright.serving;

import io.rankwright.features.FeatureState;
import io.rankwright.features.StateFile;
import io.rankwright.log.Event;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import java.util.List;
import java.util.OptionalLong;

/**
 * Where the feature state stands on disk, beside the log: a start takes up from there. One thread at a time.
 */
final class Standing {
    /** Fewer arrivals than these are replayed in a second. */
    private static final long FAR_BEHIND = 50_000;

    private static final int BATCH = 10_000;

    private final long farBehind;
    private final EventLog log;
    private final String exposure;
    private final StateFile file;
    /** Behind the last arrival that the file holds. */
    private long kept;

    Standing(FeedApplication application, EventLog log) {
        this(application, log, FAR_BEHIND);
    }

    /** @param farBehind how many arrivals are too many to be replayed at a start */
    Standing(FeedApplication application, EventLog log, long farBehind) {
        this.farBehind = farBehind;
        this.log = log;
        this.exposure = application.framing().exposure();
        this.file = new StateFile(log.folder().resolve("features.state"), application, log.catalog());
    }

    /** Whether what is on disk can be taken up; what cannot is deleted. */
    boolean fits(FeatureState state) {
        OptionalLong offset = file.offset(state);
        // A log that lost its tail was never there; a subject that was erased since is still in the sums.
        boolean isFitting = offset.isPresent()
                && offset.getAsLong() <= log.nextOffset()
                && !log.isErasedSince(exposure, offset.getAsLong());
        if (!isFitting) {
            file.delete();
        }
        kept = isFitting ? offset.getAsLong() : 0;
        return isFitting;
    }

    /** Brings a state that holds nothing from what is on disk, which fits, up to the end of the log. */
    void restore(FeatureState state) {
        file.read(state);
        apply(state, kept);
    }

    /** Applies what arrived from an offset on; the answer is the offset behind it. */
    private long apply(FeatureState state, long from) {
        long next = from;
        for (List<Event> events = log.arrivedSince(exposure, from, BATCH);
                !events.isEmpty();
                events = log.arrivedSince(exposure, next, BATCH)) {
            events.forEach(state::apply);
            next = events.getLast().offset() + 1;
        }
        return next;
    }

    /** Keeps a state that is at the end of the log, if what is on disk is far behind; nobody may change it meanwhile. */
    void keep(FeatureState state) {
        keep(state, log.nextOffset());
    }

    /** Brings what is on disk up to date if it is far behind, by way of a state that holds nothing. */
    void advance(FeatureState empty) {
        if (log.nextOffset() - kept >= farBehind && fits(empty)) {
            file.read(empty);
            keep(empty, apply(empty, kept));
        }
    }

    private void keep(FeatureState state, long offset) {
        if (offset - kept >= farBehind) {
            // What the file counts must not be lost by the log.
            log.sync();
            file.write(state, offset);
            kept = offset;
        }
    }
}
