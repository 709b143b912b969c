package io.rankwright.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.log.EventLog.Appended;
import io.rankwright.log.EventLog.Counts;
import io.rankwright.log.EventLog.Outcome;
import io.rankwright.spec.Contract;
import io.rankwright.spec.Data;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Takes the files of an application into the log. How far each file is stands in the log, in the same write as its
 * rows: killed at any moment and started again, it goes on where it was and ends with the same log.
 *
 * <p>Used by one thread.
 */
public final class Ingestion {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int BATCH = 4096;

    private final FeedApplication application;
    private final EventLog log;
    private final DataRoot root;
    private final Progress progress;

    public Ingestion(FeedApplication application, EventLog log, DataRoot root, Progress progress) {
        this.application = application;
        this.log = log;
        this.root = root;
        this.progress = progress;
    }

    /**
     * What came of one file.
     *
     * @param lastTimeMillis the time of its last accepted event, 0 if it has none
     */
    public record FileReport(String source, String file, String hash, Counts counts, long lastTimeMillis) {}

    /**
     * What came of all files.
     *
     * @param sourceHash SHA-256 over the hashes of all files: the identity of the data
     */
    public record Report(List<FileReport> files, String sourceHash) {
        public Report {
            files = List.copyOf(files);
        }

        public Counts total() {
            return files.stream().map(FileReport::counts).reduce(Counts.NONE, Counts::plus);
        }

        /** The time of the last event that the files hold of a type; events posted since do not count. */
        public OptionalLong lastTimeMillis(String type) {
            return files.stream()
                    .filter(file -> file.source().equals(type) && file.lastTimeMillis() > 0)
                    .mapToLong(FileReport::lastTimeMillis)
                    .max();
        }
    }

    private record FileState(
            long read, long accepted, long duplicates, long quarantined, long lastTimeMillis, boolean isComplete) {
        Counts counts() {
            return new Counts(read, accepted, duplicates, quarantined);
        }

        FileState plus(List<Outcome> outcomes, List<Event> events, boolean isLast) {
            long fresh = outcomes.stream().filter(Outcome.ACCEPTED::equals).count();
            long known = outcomes.stream().filter(Outcome.DUPLICATE::equals).count();
            return new FileState(
                    read + outcomes.size(),
                    accepted + fresh,
                    duplicates + known,
                    quarantined + outcomes.size() - fresh - known,
                    events.stream().mapToLong(Event::timeMillis).reduce(lastTimeMillis, Math::max),
                    isLast);
        }
    }

    private record Work(String source, boolean isEvent, SourceFile file) {}

    /**
     * Takes in what the log does not hold yet.
     *
     * @throws io.rankwright.spec.UserFault if a file is missing, empty, truncated, or has a wrong header; nothing of
     *     that file is in the log then
     */
    public Report run() {
        var works = new ArrayList<Work>();
        for (Data.EntitySource source : application.data().entities().values()) {
            for (Path path : root.files(source)) {
                works.add(new Work(source.name(), false, SourceFile.checked(root.folder(), path)));
            }
        }
        for (Data.EventSource source : application.data().events().values()) {
            for (Path path : root.files(source)) {
                works.add(new Work(source.name(), true, SourceFile.checked(root.folder(), path)));
            }
        }
        long total = works.stream().mapToLong(work -> work.file().bytes()).sum();
        long before = 0;
        var reports = new ArrayList<FileReport>();
        MessageDigest digest = Catalog.sha256();
        for (Work work : works) {
            FileState state = take(work, work.isEvent() ? events(work) : new Entities(work));
            before += work.file().bytes();
            progress.at(before, total, "bytes");
            digest.update(work.file().hash().getBytes(UTF_8));
            reports.add(new FileReport(
                    work.source(), work.file().name(), work.file().hash(), state.counts(), state.lastTimeMillis()));
        }
        return new Report(reports, HexFormat.of().formatHex(digest.digest()));
    }

    /** Takes the rows of a file, a batch at a time. */
    private FileState take(Work work, Taking taking) {
        FileState state = state(work);
        if (state.isComplete()) {
            return state;
        }
        try (RowSource rows = RowSource.open(
                work.file().path(), log.catalog().check(work.source()).columns())) {
            for (long skipped = 0; skipped < state.read(); skipped++) {
                rows.next().ifPresent(taking::skip);
            }
            while (!state.isComplete()) {
                List<Row> batch = batch(rows);
                state = taking.take(batch, batch.size() < BATCH, state);
                progress.at(state.read(), -1, "rows of " + work.file().name());
            }
        }
        return state;
    }

    /** How the rows of one file get into the log. */
    @FunctionalInterface
    private interface Taking {
        /** Passes over a row that was taken before a break. */
        default void skip(Row row) {}

        /** Takes a batch, and keeps in the same write how far the file is. */
        FileState take(List<Row> batch, boolean isLast, FileState before);
    }

    private Taking events(Work work) {
        return (batch, isLast, before) -> {
            Appended appended = log.append(
                    work.source(),
                    batch,
                    work.file().name(),
                    log.note(note(work), (outcomes, events) -> json(before.plus(outcomes, events, isLast))),
                    isLast);
            return before.plus(appended.outcomes(), appended.accepted(), isLast);
        };
    }

    private static List<Row> batch(RowSource rows) {
        var batch = new ArrayList<Row>(BATCH);
        while (batch.size() < BATCH) {
            Optional<Row> row = rows.next();
            if (row.isEmpty()) {
                break;
            }
            batch.add(row.get());
        }
        return batch;
    }

    /** Puts what the rows of a file say of entities; a row may add to what an earlier one of the file said. */
    private final class Entities implements Taking {
        private final Work work;
        private final String key;
        private final Contract contract;
        private final RowCheck check;
        private final Dictionary.Domain ids;
        /** The codes of the entities of which the file has had a row. */
        private final BitSet taken = new BitSet();

        Entities(Work work) {
            this.work = work;
            this.key = application.data().entity(work.source()).key();
            this.contract = application.data().entity(work.source()).contract();
            this.check = log.catalog().check(work.source());
            this.ids = log.dictionary().domain(Dictionary.idsOf(work.source()));
        }

        private Optional<String> fault(Row row, Map<String, String> given) {
            return check.fault(row.fields()).or(() -> log.images().fault(contract, given, Optional.of(root.folder())));
        }

        @Override
        public void skip(Row row) {
            Map<String, String> given = check.given(row.fields());
            if (fault(row, given).isEmpty()) {
                taken.set(ids.code(requireNonNull(given.get(key))));
            }
        }

        @Override
        public FileState take(List<Row> batch, boolean isLast, FileState before) {
            var entities = new LinkedHashMap<String, Map<String, String>>();
            var rejected = new LinkedHashMap<Row, String>();
            long duplicates = 0;
            for (Row row : batch) {
                Map<String, String> given = check.given(row.fields());
                Optional<String> fault = fault(row, given);
                if (fault.isPresent()) {
                    rejected.put(row, fault.get());
                    continue;
                }
                Map<String, String> texts = log.images().keep(contract, given, Optional.of(root.folder()));
                String id = requireNonNull(texts.get(key));
                boolean isFirst = !entities.containsKey(id) && !taken.get(ids.code(id));
                duplicates += isFirst ? 0 : 1;
                entities.computeIfAbsent(
                                id,
                                _ -> new LinkedHashMap<>(
                                        log.entity(work.source(), id).orElse(Map.of())))
                        .putAll(texts);
            }
            var after = new FileState(
                    before.read() + batch.size(),
                    before.accepted() + batch.size() - duplicates - rejected.size(),
                    before.duplicates() + duplicates,
                    before.quarantined() + rejected.size(),
                    0,
                    isLast);
            log.putEntities(
                    work.source(),
                    key,
                    List.copyOf(entities.values()),
                    false,
                    (write, outcomes, events) -> {
                        for (var row : rejected.entrySet()) {
                            log.quarantine(write, work.file().name(), row.getKey(), row.getValue());
                        }
                        log.note(note(work), (_, _) -> json(after)).addTo(write, outcomes, events);
                    },
                    isLast);
            entities.keySet().forEach(id -> taken.set(ids.code(id)));
            return after;
        }
    }

    private FileState state(Work work) {
        return log.note(note(work))
                .map(json -> {
                    try {
                        return JSON.readValue(json, FileState.class);
                    } catch (IOException e) {
                        throw new InternalFault("a file state that cannot be read", e);
                    }
                })
                .orElse(new FileState(0, 0, 0, 0, 0, false));
    }

    private static String json(FileState state) {
        try {
            return JSON.writeValueAsString(state);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a file state that cannot be written", e);
        }
    }

    private static String note(Work work) {
        return "file:" + work.source() + ":" + work.file().hash();
    }
}
