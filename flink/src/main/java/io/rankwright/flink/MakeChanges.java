package io.rankwright.flink;

import io.rankwright.features.FeatureCells;
import io.rankwright.log.Event;
import java.util.Optional;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.util.Collector;

/** Turns an event into what it changes, one change a cell. What breaks the contract is counted and changes nothing. */
final class MakeChanges extends RichFlatMapFunction<Arrived, FeatureCells.Change> {
    static final String QUARANTINED = "quarantined";

    private static final long serialVersionUID = 1L;

    private final String bundle;
    private final String type;
    private final LongCounter quarantined = new LongCounter();
    private transient TaskEvents events;

    MakeChanges(String bundle, String type) {
        this.bundle = bundle;
        this.type = type;
    }

    @Override
    public void open(OpenContext context) {
        events = new TaskEvents(bundle, type);
        getRuntimeContext().addAccumulator(QUARANTINED, quarantined);
    }

    @Override
    public void flatMap(Arrived arrived, Collector<FeatureCells.Change> out) {
        Optional<Event> event = events.event(arrived);
        if (event.isEmpty()) {
            quarantined.add(1);
            return;
        }
        events.cells().changes(event.get()).forEach(out::collect);
    }
}
