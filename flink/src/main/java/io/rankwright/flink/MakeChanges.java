package io.rankwright.flink;

import io.rankwright.features.FeatureCells;
import io.rankwright.log.Catalog;
import java.util.List;
import java.util.Map;
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
    private transient Catalog catalog;
    private transient FeatureCells cells;
    private transient List<String> columns;

    MakeChanges(String bundle, String type) {
        this.bundle = bundle;
        this.type = type;
    }

    @Override
    public void open(OpenContext context) {
        Bundle opened = Bundle.open(bundle);
        catalog = opened.catalog();
        cells = new FeatureCells(opened.application(), catalog);
        columns = ArrivalSource.columns(catalog.schema(type).contract());
        getRuntimeContext().addAccumulator(QUARANTINED, quarantined);
    }

    @Override
    public void flatMap(Arrived arrived, Collector<FeatureCells.Change> out) {
        Map<String, String> fields = EventId.fields(columns, arrived);
        if (catalog.fault(type, fields).isPresent()) {
            quarantined.add(1);
            return;
        }
        cells.changes(catalog.event(type, fields, arrived.offset())).forEach(out::collect);
    }
}
