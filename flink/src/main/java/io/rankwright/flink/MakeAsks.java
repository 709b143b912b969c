package io.rankwright.flink;

import io.rankwright.features.FeatureCells;
import io.rankwright.log.Event;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Turns an event into what it asks of cells and changes in them; the exposures of the data set go beside. */
final class MakeAsks extends ProcessFunction<Arrived, Ask> {
    static final OutputTag<Piece> EXPOSURES = new OutputTag<>("exposures") {
        private static final long serialVersionUID = 1L;
    };

    private static final long serialVersionUID = 1L;

    private final String bundle;
    private final String type;
    private final long fromMillis;
    private final EventId ids;
    private final LongCounter quarantined = new LongCounter();
    private transient TaskEvents events;

    /** @param fromMillis events from here on are rows of the data set */
    MakeAsks(String bundle, String type, long fromMillis) {
        this.bundle = bundle;
        this.type = type;
        this.fromMillis = fromMillis;
        this.ids = new EventId(bundle, type);
    }

    @Override
    public void open(OpenContext context) {
        events = new TaskEvents(bundle, type);
        getRuntimeContext().addAccumulator(MakeChanges.QUARANTINED, quarantined);
    }

    @Override
    public void processElement(Arrived arrived, Context context, Collector<Ask> out) {
        Optional<Event> read = events.event(arrived);
        if (read.isEmpty()) {
            quarantined.add(1);
            return;
        }
        String event = ids.getKey(arrived);
        boolean isRow = arrived.timeMillis() >= fromMillis;
        List<FeatureCells.Change> changes = events.cells().changes(read.get());
        changes.forEach(change -> out.collect(new Ask(event, isRow, change)));
        if (isRow) {
            context.output(EXPOSURES, new Piece(event, arrived, changes.size(), null));
        }
    }
}
