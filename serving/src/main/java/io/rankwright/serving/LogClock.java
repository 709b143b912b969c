package io.rankwright.serving;

import java.time.Clock;

/**
 * The time of the log. Where the log ends in the present it is the clock's; where it ends in the past (a published data
 * set), time goes on from its last event, so that windows and ages mean what they meant. Immutable, safe for any thread.
 */
public final class LogClock {
    private static final long PRESENT_MILLIS = 24 * 3_600_000L;

    private final Clock clock;
    private final long shiftMillis;

    public LogClock(Clock clock, long lastEventMillis) {
        this.clock = clock;
        long behind = clock.millis() - lastEventMillis;
        this.shiftMillis = behind > PRESENT_MILLIS ? behind - 1 : 0;
    }

    public long millis() {
        return clock.millis() - shiftMillis;
    }

    /** Whether time goes on from the end of an old log. */
    public boolean isShifted() {
        return shiftMillis != 0;
    }
}
