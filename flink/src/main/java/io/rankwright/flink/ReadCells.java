package io.rankwright.flink;

import io.rankwright.features.Cell;
import io.rankwright.features.FeatureCells;
import io.rankwright.log.Catalog;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Reads a cell just before each of its events and then lets the event change it. In batch mode the events of a key come
 * one behind the other in the order of time, so that the cell of one key at a time is enough.
 */
final class ReadCells extends KeyedProcessFunction<Tuple2<Integer, String>, Ask, Piece> {
    private static final long serialVersionUID = 1L;

    private final String bundle;
    private transient FeatureCells cells;
    private transient FeatureCells.@Nullable Key key;
    private transient @Nullable Cell cell;
    private transient List<FeatureCells.Change> together;

    ReadCells(String bundle) {
        this.bundle = bundle;
    }

    @Override
    public void open(OpenContext context) {
        FeedApplication application = Bundle.open(bundle).application();
        cells = new FeatureCells(application, new Catalog(application));
        together = new ArrayList<>();
    }

    @Override
    public void processElement(Ask ask, Context context, Collector<Piece> out) {
        FeatureCells.Change change = ask.change();
        Cell before = cell;
        if (before == null || !change.key().equals(key)) {
            key = change.key();
            before = cells.empty(key.kind());
            together.clear();
        } else if (!together.isEmpty() && together.getFirst().timeMillis() != change.timeMillis()) {
            if (together.getFirst().timeMillis() > change.timeMillis()) {
                throw new InternalFault(
                        "the events of a key are not in the order of time: the job is not run as a batch");
            }
            // Events of one millisecond do not see each other, here as in a replay.
            for (FeatureCells.Change past : together) {
                before = cells.apply(before, past);
            }
            together.clear();
        }
        cell = before;
        if (ask.isRow()) {
            out.collect(new Piece(ask.event(), null, 0, cells.reading(before, change)));
        }
        together.add(change);
    }
}
