package io.rankwright.features;

import java.time.Instant;
import java.time.ZoneId;

/**
 * Hour and weekday of a moment in a time zone. The zone's offset is looked up again only where a day begins, so that a
 * value costs a few instructions. Immutable but for a benign cache, safe for any thread.
 */
final class LocalClock {
    private static final long HOUR = 3_600_000L;
    private static final long DAY = 24 * HOUR;

    private record Offset(long fromMillis, long millis) {}

    private final ZoneId zone;
    private volatile Offset offset = new Offset(Long.MIN_VALUE, 0);

    LocalClock(ZoneId zone) {
        this.zone = zone;
    }

    int hour(long timeMillis) {
        return (int) (Math.floorMod(local(timeMillis), DAY) / HOUR);
    }

    /** 1 Monday to 7 Sunday. */
    int dayOfWeek(long timeMillis) {
        return (int) Math.floorMod(Math.floorDiv(local(timeMillis), DAY) + 3, 7L) + 1;
    }

    private long local(long timeMillis) {
        // Zones change their offset on quarter hours, so it is constant within a stretch of fifteen minutes.
        long stretch = Math.floorDiv(timeMillis, 900_000L);
        Offset known = offset;
        if (known.fromMillis() != stretch) {
            long millis =
                    zone.getRules().getOffset(Instant.ofEpochMilli(timeMillis)).getTotalSeconds() * 1000L;
            known = new Offset(stretch, millis);
            offset = known;
        }
        return timeMillis + known.millis();
    }
}
