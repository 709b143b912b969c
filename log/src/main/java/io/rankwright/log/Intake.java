package io.rankwright.log;

import io.rankwright.log.EventLog.Appended;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.EventLog.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Takes what arrived in a log elsewhere into the log of this machine, from which features, training and serving read.
 * How far it has come stands here: killed at any moment, it goes on where it was or a little before, and what is
 * delivered again counts once.
 *
 * <p>One thread at a time.
 */
public final class Intake {
    private final EventLog log;
    private final String type;
    private final String source;
    private Counts counts = Counts.NONE;

    /** @param source what the quarantine calls the log elsewhere */
    public Intake(EventLog log, String type, String source) {
        this.log = log;
        this.type = type;
        this.source = source;
    }

    /** Up to where it has taken in; empty if it never has. */
    public Optional<Position> position() {
        return log.note(note()).map(Position::parse);
    }

    /** What it has taken in since it was made. */
    public Counts counts() {
        return counts;
    }

    /**
     * Takes in what arrived.
     *
     * @param behind the position behind the last of them
     * @return the events that were new
     */
    public List<Event> take(List<Arrival> arrivals, Position behind) {
        var accepted = new ArrayList<Event>();
        var together = new ArrayList<Arrival>();
        for (Arrival arrival : arrivals) {
            if (arrival.content() instanceof Arrival.Erased erased) {
                accepted.addAll(append(together, Optional.empty()));
                together.clear();
                log.erase(type, erased.subject(), erased.timeMillis());
            } else {
                together.add(arrival);
            }
        }
        accepted.addAll(append(together, Optional.of(behind)));
        return accepted;
    }

    private List<Event> append(List<Arrival> arrivals, Optional<Position> behind) {
        RowCheck check = log.check(type);
        var byPartition = new TreeMap<Integer, List<Row>>();
        for (Arrival arrival : arrivals) {
            byPartition
                    .computeIfAbsent(arrival.partition(), _ -> new ArrayList<>())
                    .add(row(check, arrival));
        }
        var accepted = new ArrayList<Event>();
        byPartition.forEach((partition, rows) -> {
            Appended appended = log.append(type, rows, source + "/" + partition, (_, _, _) -> {}, false);
            counts = counts.plus(new Counts(
                    rows.size(),
                    appended.count(Outcome.ACCEPTED),
                    appended.count(Outcome.DUPLICATE),
                    appended.count(Outcome.QUARANTINED)));
            accepted.addAll(appended.accepted());
        });
        // Behind the rows: should the process die in between, they are delivered again and count once all the same.
        behind.ifPresent(position -> log.putNote(note(), position.toString()));
        return accepted;
    }

    private static Row row(RowCheck check, Arrival arrival) {
        return switch (arrival.content()) {
            case Arrival.Happened event -> new Row(arrival.offset(), EventLog.fields(check, event.fields()));
            case Arrival.Unreadable bytes ->
                new Row(arrival.offset(), new String[] {bytes.text()}, Optional.of(bytes.reason()));
            case Arrival.Erased _ -> throw new IllegalArgumentException("no row");
        };
    }

    private String note() {
        return "taken:" + type + ":" + source;
    }
}
