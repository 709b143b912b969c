package io.rankwright.features;

import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import java.util.ArrayList;

/**
 * Walks the log once, in the order of time, and yields the features of each exposure as they stood just before it. The
 * events of one millisecond are read together before any of them is applied, so that none sees another.
 */
public final class Replay {
    private Replay() {}

    /** Told of each exposure in the order of time; {@code row} is overwritten at the next. */
    public interface Visitor {
        void exposure(Event event, double[] row, FeatureState.Reader reader);
    }

    /**
     * Replays the events of a cursor into a state.
     *
     * @return how many events there were
     */
    public static long run(EventCursor events, FeatureState state, Visitor visitor) {
        FeatureState.Reader reader = state.reader();
        double[] row = new double[state.columns().size()];
        var together = new ArrayList<Event>();
        long count = 0;
        while (events.next()) {
            if (!together.isEmpty() && together.getFirst().timeMillis() != events.timeMillis()) {
                together.forEach(state::apply);
                together.clear();
            }
            Event event = events.event();
            reader.read(event, row);
            visitor.exposure(event, row, reader);
            together.add(event);
            count++;
        }
        together.forEach(state::apply);
        return count;
    }

    /** Brings a state up to the end of a cursor without asking for values. */
    public static long restore(EventCursor events, FeatureState state) {
        long count = 0;
        while (events.next()) {
            state.apply(events.event());
            count++;
        }
        return count;
    }
}
