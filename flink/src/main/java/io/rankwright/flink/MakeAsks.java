package io.rankwright.flink;

import io.rankwright.features.FeatureCells;
import io.rankwright.log.Catalog;
import java.util.List;
import java.util.Map;
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
    private transient Catalog catalog;
    private transient FeatureCells cells;
    private transient List<String> columns;

    /** @param fromMillis events from here on are rows of the data set */
    MakeAsks(String bundle, String type, long fromMillis) {
        this.bundle = bundle;
        this.type = type;
        this.fromMillis = fromMillis;
        this.ids = new EventId(bundle, type);
    }

    @Override
    public void open(OpenContext context) {
        Bundle opened = Bundle.open(bundle);
        catalog = opened.catalog();
        cells = new FeatureCells(opened.application(), catalog);
        columns = ArrivalSource.columns(catalog.schema(type).contract());
        getRuntimeContext().addAccumulator(MakeChanges.QUARANTINED, quarantined);
    }

    @Override
    public void processElement(Arrived arrived, Context context, Collector<Ask> out) {
        Map<String, String> fields = EventId.fields(columns, arrived);
        if (catalog.fault(type, fields).isPresent()) {
            quarantined.add(1);
            return;
        }
        String event = ids.getKey(arrived);
        boolean isRow = arrived.timeMillis() >= fromMillis;
        List<FeatureCells.Change> changes = cells.changes(catalog.event(type, fields, arrived.offset()));
        changes.forEach(change -> out.collect(new Ask(event, isRow, change)));
        if (isRow) {
            context.output(EXPOSURES, new Piece(event, arrived, changes.size(), null));
        }
    }
}
