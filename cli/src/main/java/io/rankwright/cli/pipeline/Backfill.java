package io.rankwright.cli.pipeline;

import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.features.store.OnlineStore;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import java.util.List;

/** Fills an online store from the history of the log with the features that it does not hold. */
public final class Backfill {
    private Backfill() {}

    /** Fills a store that holds nothing of an application; one that holds some features of it is left to the backfill. */
    public static void ofFirstStart(FeedApplication application, EventLog log, OnlineStore store, Reporter reporter) {
        var writer = new StoreWriter(application, log.catalog(), store);
        if (writer.missing().size() == writer.kinds()) {
            fill(application, log, writer, reporter);
        }
    }

    /** Fills a store, also while a server reads and writes what is in it. */
    public static void of(FeedApplication application, EventLog log, OnlineStore store, Reporter reporter) {
        fill(application, log, new StoreWriter(application, log.catalog(), store), reporter);
    }

    private static void fill(FeedApplication application, EventLog log, StoreWriter writer, Reporter reporter) {
        List<String> missing = writer.missing();
        try (Reporter.Step step = reporter.step("backfill")) {
            String exposure = application.framing().exposure();
            long offset = log.nextOffset();
            long[] newest = {Long.MIN_VALUE};
            var state = new FeatureState(application, log.catalog());
            long total = log.size();
            long[] count = new long[1];
            try (EventCursor cursor = log.read(exposure).before(offset)) {
                Replay.restore(cursor, state, event -> {
                    newest[0] = Math.max(newest[0], event.timeMillis());
                    step.at(++count[0], total, "events");
                });
            }
            long cells = writer.fill(state, offset, newest[0], step);
            step.outcome(
                    "%,d cells from %,d events: %s",
                    cells, count[0], missing.isEmpty() ? "nothing was missing" : String.join(", ", missing));
        }
    }
}
