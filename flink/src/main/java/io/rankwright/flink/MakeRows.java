package io.rankwright.flink;

import io.rankwright.features.FeatureCells;
import io.rankwright.features.FeatureState;
import io.rankwright.log.Event;
import io.rankwright.training.SnapshotLayout;
import io.rankwright.training.SnapshotRow;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Puts the pieces of an exposure together. In batch mode they come one behind the other, the exposure anywhere among them. */
final class MakeRows extends KeyedProcessFunction<String, Piece, SnapshotRow> {
    private static final long serialVersionUID = 1L;

    private final String bundle;
    private final String type;
    private transient TaskEvents events;
    private transient SnapshotLayout layout;
    private transient String event;
    private transient @Nullable Piece exposure;
    private transient List<FeatureCells.Reading> readings;

    MakeRows(String bundle, String type) {
        this.bundle = bundle;
        this.type = type;
    }

    @Override
    public void open(OpenContext context) {
        events = new TaskEvents(bundle, type);
        layout = new SnapshotLayout(
                events.application(), events.catalog(), events.cells().state());
        readings = new ArrayList<>();
        event = "";
    }

    @Override
    public void processElement(Piece piece, Context context, Collector<SnapshotRow> out) {
        if (!piece.event().equals(event)) {
            event = piece.event();
            exposure = null;
            readings.clear();
        }
        if (piece.reading() != null) {
            readings.add(piece.reading());
        } else {
            exposure = piece;
        }
        Piece whole = exposure;
        Arrived arrived = whole == null ? null : whole.exposure();
        if (whole != null && arrived != null && readings.size() == whole.readings()) {
            Event own = events.event(arrived).orElseThrow();
            double[] row = new double[events.cells().state().columns().size()];
            FeatureState.Reader reader = events.cells().row(own, readings, row);
            out.collect(layout.row(own, row, layout.sequences(own, reader)));
        }
    }
}
