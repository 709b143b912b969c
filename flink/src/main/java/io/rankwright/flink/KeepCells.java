package io.rankwright.flink;

import io.rankwright.features.Cell;
import io.rankwright.features.FeatureCells;
import io.rankwright.features.store.StoreWriter;
import io.rankwright.log.Catalog;
import io.rankwright.spec.FeedApplication;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/** Keeps the cell of each key and tells of it whenever it has changed. */
final class KeepCells extends KeyedProcessFunction<Tuple2<Integer, String>, FeatureCells.Change, StoredCell> {
    private static final long serialVersionUID = 1L;

    private final String bundle;
    private transient FeatureCells cells;
    private transient ValueState<byte[]> kept;

    KeepCells(String bundle) {
        this.bundle = bundle;
    }

    @Override
    public void open(OpenContext context) {
        FeedApplication application = Bundle.open(bundle).application();
        cells = new FeatureCells(application, new Catalog(application));
        kept = getRuntimeContext()
                .getState(new ValueStateDescriptor<>("cell", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    }

    @Override
    public void processElement(FeatureCells.Change change, Context context, Collector<StoredCell> out)
            throws Exception {
        int kind = change.key().kind();
        if (cells.isSequence(kind) && change.item().isEmpty()) {
            return;
        }
        byte[] known = kept.value();
        Cell cell = cells.apply(known == null ? cells.empty(kind) : cells.read(kind, known, 0), change);
        kept.update(cell.bytes());
        out.collect(new StoredCell(
                cells.storeKey(change.key()), cell.versionMillis(), StoreWriter.stored(Long.MIN_VALUE, cell)));
    }
}
