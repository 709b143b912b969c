package io.rankwright.flink;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * How far the time of a stream has come: to the newest event less the allowed lateness. History, which lies in the log in
 * whatever order its files came, does not move it, so that none of it is late.
 */
final class LiveWatermarks implements WatermarkGenerator<Arrived> {
    private final long latenessMillis;
    private long newest = Long.MIN_VALUE;

    LiveWatermarks(long latenessMillis) {
        this.latenessMillis = latenessMillis;
    }

    @Override
    public void onEvent(Arrived event, long timeMillis, WatermarkOutput output) {
        if (!event.isHistory()) {
            newest = Math.max(newest, timeMillis);
        }
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        if (newest != Long.MIN_VALUE) {
            output.emitWatermark(new Watermark(newest - latenessMillis - 1));
        }
    }
}
