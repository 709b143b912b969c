package io.rankwright.log;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The events of one type of an {@link EventLog} in the order of arrival: one partition, offsets with gaps. */
final class EmbeddedArrivals implements ArrivalLog {
    private static final int BATCH = 1024;

    private final EventLog log;
    private final String type;

    EmbeddedArrivals(EventLog log, String type) {
        this.log = log;
        this.type = type;
    }

    @Override
    public String name() {
        return "arrivals:" + type;
    }

    @Override
    public void append(List<Arrival.Content> arrivals) {
        var together = new ArrayList<Map<String, String>>();
        for (Arrival.Content content : arrivals) {
            switch (content) {
                case Arrival.Happened happened -> together.add(happened.fields());
                case Arrival.Erased erased -> {
                    appendEvents(together);
                    log.erase(type, erased.subject(), erased.timeMillis());
                }
                case Arrival.Unreadable unreadable -> throw new IllegalArgumentException(unreadable.reason());
            }
        }
        appendEvents(together);
    }

    private void appendEvents(List<Map<String, String>> events) {
        if (!events.isEmpty()) {
            log.append(type, List.copyOf(events), name());
            events.clear();
        }
    }

    @Override
    public Reader read(Position from) {
        return new EmbeddedReader(from.offsets()[0]);
    }

    private final class EmbeddedReader implements Reader {
        private long offset;

        EmbeddedReader(long offset) {
            this.offset = offset;
        }

        @Override
        public List<Arrival> next(Duration patience) {
            long seen = log.nextOffset();
            List<Arrival> found = log.arrivals(type, offset, BATCH);
            if (found.isEmpty()) {
                // What arrives may be of another type: then there is nothing to give yet.
                log.awaitArrival(seen, patience);
                found = log.arrivals(type, offset, BATCH);
            }
            // Where nothing of this type is left, it stands behind what is there of the others.
            offset = found.isEmpty() ? Math.max(offset, seen) : found.getLast().offset() + 1;
            return found;
        }

        @Override
        public Position position() {
            return new Position(offset);
        }

        @Override
        public void close() {}
    }

    @Override
    public Position beginning() {
        long[] first = {log.nextOffset()};
        log.walkArrivals(type, 0, (offset, _, _) -> {
            first[0] = offset;
            return false;
        });
        return new Position(first);
    }

    @Override
    public Position end() {
        return new Position(log.nextOffset());
    }

    @Override
    public Position at(long timeMillis) {
        long[] first = {log.nextOffset()};
        log.walkArrivals(type, 0, (offset, happened, _) -> {
            first[0] = happened >= timeMillis ? offset : first[0];
            return happened < timeMillis;
        });
        return new Position(first);
    }

    @Override
    public Optional<Position> committed(String consumer) {
        return log.note(note(consumer)).map(Position::parse);
    }

    @Override
    public void commit(String consumer, Position position) {
        log.putNote(note(consumer), position.toString());
    }

    private String note(String consumer) {
        return "position:" + type + ":" + consumer;
    }

    @Override
    public void dropBefore(Position position) {
        log.dropBefore(type, position.offsets()[0]);
    }

    @Override
    public void close() {}
}
