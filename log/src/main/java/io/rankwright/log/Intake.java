package io.rankwright.log;

import io.rankwright.log.EventLog.Appended;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.EventLog.Outcome;
import java.time.Duration;
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
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final EventLog log;
    private final String type;
    private final ArrivalLog arrivals;
    private Counts counts = Counts.NONE;

    /** @param arrivals where the events of the type arrive */
    public Intake(EventLog log, String type, ArrivalLog arrivals) {
        this.log = log;
        this.type = type;
        this.arrivals = arrivals;
    }

    /** A reader of what it has not taken in. */
    public ArrivalLog.Reader read() {
        return arrivals.read(log.note(note()).map(Position::parse).orElseGet(arrivals::beginning));
    }

    /** Takes in what is there now. */
    public Counts catchUp(Progress progress) {
        Position end = arrivals.end();
        try (ArrivalLog.Reader reader = read()) {
            while (!reader.position().hasReached(end)) {
                take(reader.next(PATIENCE), reader.position());
                progress.at(counts.read(), -1, "arrivals of " + arrivals.name());
            }
        }
        return counts;
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
    public List<Event> take(List<Arrival> arrived, Position behind) {
        var accepted = new ArrayList<Event>();
        var together = new ArrayList<Arrival>();
        for (Arrival arrival : arrived) {
            if (arrival.content() instanceof Arrival.Erased erased) {
                accepted.addAll(append(together));
                together.clear();
                log.erase(type, erased.subject(), erased.timeMillis());
            } else {
                together.add(arrival);
            }
        }
        accepted.addAll(append(together));
        // Behind the rows: should the process die in between, they are delivered again and nothing changes by that.
        log.putNote(note(), behind.toString());
        return accepted;
    }

    private List<Event> append(List<Arrival> arrived) {
        RowCheck check = log.catalog().check(type);
        var byPartition = new TreeMap<Integer, List<Row>>();
        for (Arrival arrival : arrived) {
            byPartition
                    .computeIfAbsent(arrival.partition(), _ -> new ArrayList<>())
                    .add(row(check, arrival));
        }
        var accepted = new ArrayList<Event>();
        byPartition.forEach((partition, rows) -> {
            Appended appended = log.append(type, rows, arrivals.name() + "/" + partition, (_, _, _) -> {}, false);
            counts = counts.plus(new Counts(
                    rows.size(),
                    appended.count(Outcome.ACCEPTED),
                    appended.count(Outcome.DUPLICATE),
                    appended.count(Outcome.QUARANTINED)));
            accepted.addAll(appended.accepted());
        });
        return accepted;
    }

    private static Row row(RowCheck check, Arrival arrival) {
        return switch (arrival.content()) {
            case Arrival.Happened event -> new Row(arrival.offset(), Catalog.fields(check, event.fields()));
            case Arrival.Unreadable bytes ->
                new Row(arrival.offset(), new String[] {bytes.text()}, Optional.of(bytes.reason()));
            case Arrival.Erased _ -> throw new IllegalArgumentException("no row");
        };
    }

    private String note() {
        return "taken:" + type + ":" + arrivals.name();
    }
}
