package io.rankwright.flink;

import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Lets each event through once, by its id, and none that is later than the stream allows: both are counted. An id is
 * remembered as long as its event would not be late.
 */
final class Deduplicate extends KeyedProcessFunction<String, Arrived, Arrived> {
    /** The names of its counters. */
    static final String DUPLICATES = "duplicates";

    static final String LATE = "late";

    private static final long serialVersionUID = 1L;

    private final LongCounter duplicates = new LongCounter();
    private final LongCounter late = new LongCounter();
    private transient ValueState<Boolean> known;

    @Override
    public void open(OpenContext context) {
        known = getRuntimeContext().getState(new ValueStateDescriptor<>("known", Boolean.class));
        getRuntimeContext().addAccumulator(DUPLICATES, duplicates);
        getRuntimeContext().addAccumulator(LATE, late);
    }

    @Override
    public void processElement(Arrived event, Context context, Collector<Arrived> out) throws Exception {
        if (event.timeMillis() <= context.timerService().currentWatermark()) {
            late.add(1);
            getRuntimeContext().getMetricGroup().counter(LATE).inc();
        } else if (known.value() != null) {
            duplicates.add(1);
            getRuntimeContext().getMetricGroup().counter(DUPLICATES).inc();
        } else {
            known.update(true);
            context.timerService().registerEventTimeTimer(event.timeMillis());
            out.collect(event);
        }
    }

    @Override
    public void onTimer(long timeMillis, OnTimerContext context, Collector<Arrived> out) {
        known.clear();
    }
}
