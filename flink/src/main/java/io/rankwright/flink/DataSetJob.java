package io.rankwright.flink;

import io.rankwright.training.Snapshot;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/** The batch job: log → each event once → what it asks of cells → readings → rows → Parquet. */
final class DataSetJob {
    /** When what arrived happened. A batch sorts by it, whatever came first. */
    static final WatermarkStrategy<Arrived> TIMES = WatermarkStrategy.<Arrived>forMonotonousTimestamps()
            .withTimestampAssigner((event, _) -> event.timeMillis());

    private DataSetJob() {}

    /**
     * Describes the job; its environment must run batches.
     *
     * @param arrivals the exposures, with {@link #TIMES} and with an end
     * @param bundle where the application's bundle lies
     * @param days which events are rows, and where to end
     * @param folder where the parts of the snapshot are written: an address that Flink's file systems reach
     */
    static void describe(DataStream<Arrived> arrivals, String bundle, Snapshot.Days days, String folder) {
        String type = Bundle.open(bundle).application().framing().exposure();
        long toMillis = days.toMillis();
        SingleOutputStreamOperator<Ask> asks = arrivals.filter(event -> event.timeMillis() < toMillis)
                .name("until the last day")
                .keyBy(new EventId(bundle, type), TypeInformation.of(String.class))
                .process(new Deduplicate())
                .name("each event once")
                .process(new MakeAsks(bundle, type, days.fromMillis()))
                .name("what events ask of cells");
        asks.keyBy(
                        ask -> Tuple2.of(
                                ask.change().key().kind(), ask.change().key().text()),
                        TypeInformation.of(new TypeHint<Tuple2<Integer, String>>() {}))
                .process(new ReadCells(bundle))
                .name("readings of cells")
                .union(asks.getSideOutput(MakeAsks.EXPOSURES))
                .keyBy(Piece::event, TypeInformation.of(String.class))
                .process(new MakeRows(bundle, type))
                .name("rows")
                .sinkTo(new PartSink(bundle, folder))
                .name("snapshot");
    }
}
