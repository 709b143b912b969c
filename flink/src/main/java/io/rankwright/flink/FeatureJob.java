package io.rankwright.flink;

import io.rankwright.spec.Application;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The streaming job: log → each event once → its changes → the cell of each key → online store. */
final class FeatureJob {
    private FeatureJob() {}

    /**
     * Describes the job.
     *
     * @param source of the exposures
     * @param bundle where the application's bundle lies
     * @param store see {@link Handles#store}
     * @param liveFrom arrivals before this offset are history, of which nothing is late
     */
    static void describe(
            StreamExecutionEnvironment environment, ArrivalSource source, String bundle, String store, long liveFrom) {
        Application application = Bundle.open(bundle).application();
        String type = application.framing().exposure();
        long latenessMillis = application.data().lateness().toMillis();
        WatermarkStrategy<Arrived> watermarks = WatermarkStrategy.<Arrived>forGenerator(
                        _ -> new LiveWatermarks(liveFrom, latenessMillis))
                .withTimestampAssigner((event, _) -> event.timeMillis());
        DataStream<Arrived> once = environment
                .fromSource(source, watermarks, "arrivals", TypeInformation.of(Arrived.class))
                // One log of this process is one split: a second task would have nothing to do.
                .setParallelism(1)
                .keyBy(new EventId(bundle, type), TypeInformation.of(String.class))
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
