package io.rankwright.flink;

import io.rankwright.spec.FeedApplication;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;

/** The streaming job: log → each event once → its changes → the cell of each key → online store. */
final class FeatureJob {
    private FeatureJob() {}

    /** When what arrived happened, and how far its stream has come. */
    static WatermarkStrategy<Arrived> watermarks(FeedApplication application) {
        long latenessMillis = application.data().lateness().toMillis();
        return WatermarkStrategy.<Arrived>forGenerator(_ -> new LiveWatermarks(latenessMillis))
                .withTimestampAssigner((event, _) -> event.timeMillis());
    }

    /**
     * Describes the job.
     *
     * @param arrivals the exposures, with {@link #watermarks}
     * @param bundle where the application's bundle lies
     * @param store see {@link Handles#store}
     */
    static void describe(DataStream<Arrived> arrivals, String bundle, String store) {
        String type = Bundle.open(bundle).application().framing().exposure();
        DataStream<Arrived> once = arrivals.keyBy(new EventId(bundle, type), TypeInformation.of(String.class))
                .process(new Deduplicate())
                .name("each event once")
                .uid("deduplicate");
        once.flatMap(new MakeChanges(bundle, type))
                .name("changes of cells")
                .uid("changes")
                .keyBy(
                        change -> Tuple2.of(change.key().kind(), change.key().text()),
                        TypeInformation.of(new TypeHint<Tuple2<Integer, String>>() {}))
                .process(new KeepCells(bundle))
                .name("cells")
                .uid("cells")
                .sinkTo(new StoreSink(store))
                .name("online store")
                .uid("store");
    }
}
