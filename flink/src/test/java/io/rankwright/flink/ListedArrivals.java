package io.rankwright.flink;

import io.rankwright.log.Arrival;
import io.rankwright.log.ArrivalLog;
import io.rankwright.log.Position;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** What arrived, as a test made it up: duplicates and all. */
final class ListedArrivals implements ArrivalLog {
    private static final int BATCH = 100;

    private final List<Arrival.Happened> events;
    private final Duration pause;
    private final int pauseBefore;
    private final Map<String, Position> committed = new ConcurrentHashMap<>();

    ListedArrivals(List<Arrival.Happened> events) {
        this(events, Duration.ZERO, -1);
    }

    /** With a pause in front of one of them. */
    ListedArrivals(List<Arrival.Happened> events, Duration pause, int pauseBefore) {
        this.events = List.copyOf(events);
        this.pause = pause;
        this.pauseBefore = pauseBefore;
    }

    @Override
    public String name() {
        return "list";
    }

    @Override
    public void append(List<Arrival.Content> arrivals) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Reader read(Position from) {
        return new Reader() {
            private int next = (int) from.offsets()[0];
            private boolean hasPaused;
            private long pauseUntil;

            @Override
            public List<Arrival> next(Duration patience) {
                int start = next;
                next = Math.min(start < pauseBefore ? pauseBefore : events.size(), next + BATCH);
                if (start == pauseBefore && !hasPaused) {
                    pauseUntil = pauseUntil == 0 ? System.nanoTime() + pause.toNanos() : pauseUntil;
                    hasPaused = System.nanoTime() > pauseUntil;
                    next = start;
                    return List.of();
                }
                return IntStream.range(start, next)
                        .mapToObj(i -> new Arrival(0, i, events.get(i)))
                        .toList();
            }

            @Override
            public Position position() {
                return new Position(next);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public Position beginning() {
        return new Position(0);
    }

    @Override
    public Position end() {
        return new Position(events.size());
    }

    @Override
    public Position at(long timeMillis) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Position> committed(String consumer) {
        return Optional.ofNullable(committed.get(consumer));
    }

    @Override
    public void commit(String consumer, Position position) {
        committed.put(consumer, position);
    }

    @Override
    public void dropBefore(Position position) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
