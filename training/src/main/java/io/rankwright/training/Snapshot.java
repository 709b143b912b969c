package io.rankwright.training;

import io.rankwright.features.FeatureColumn;
import io.rankwright.features.FeatureState;
import io.rankwright.features.Replay;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.Artefact;
import io.rankwright.models.SealedJson;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeatureDefinition.Scope;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A training set as it was on one day: every exposure with its labels and with its features as they stood just before
 * it, in one Parquet file, with its lineage beside it. Immutable once written; addressed by the hash of its inputs.
 *
 * @param parquet the file
 * @param manifest what it is made of
 */
public record Snapshot(Path parquet, Manifest manifest) {
    private static final String SEPARATOR = "\t";

    /**
     * The lineage of a snapshot.
     *
     * @param key the hash of all inputs: the same key means the same rows
     * @param contentHash SHA-256 of the Parquet file
     * @param sourceHash the identity of the source files
     * @param applicationHash the application file and its contracts
     * @param codeVersion the code that computed the features
     * @param lastDay D
     * @param untilMillis events from here on are left out: they were posted after the sources ended
     */
    public record Manifest(
            String key,
            String contentHash,
            String sourceHash,
            String applicationHash,
            String codeVersion,
            String data,
            long rows,
            String lastDay,
            long untilMillis,
            List<String> features) {}

    /** The last day of the log: named by the file, or the day of the last event. */
    public static LocalDate lastDay(FeedApplication application, long lastTimeMillis) {
        return application
                .data()
                .split()
                .lastDay()
                .map(day -> day.date())
                .orElse(Instant.ofEpochMilli(lastTimeMillis)
                        .atZone(zone(application))
                        .toLocalDate());
    }

    private static ZoneId zone(FeedApplication application) {
        return application.data().split().zone();
    }

    /** The first millisecond of a day in the zone of the split. */
    public static long startMillis(FeedApplication application, LocalDate day) {
        return day.atStartOfDay(zone(application)).toInstant().toEpochMilli();
    }

    /** Reads a snapshot that {@link #write} has made; empty folders and other keys give nothing. */
    public static Optional<Snapshot> find(Path folder, String key) {
        Path manifest = folder.resolve(key + ".json");
        Path parquet = folder.resolve(key + ".parquet");
        if (!Files.exists(manifest) || !Files.exists(parquet)) {
            return Optional.empty();
        }
        return Optional.of(new Snapshot(parquet, SealedJson.read(manifest, Manifest.class)));
    }

    /** All snapshots of a folder, the newest first. */
    public static List<Snapshot> all(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .map(file -> file.getFileName().toString())
                    .flatMap(name -> find(folder, name.substring(0, name.length() - ".json".length())).stream())
                    .sorted(Comparator.comparing(Snapshot::writtenAt).reversed())
                    .toList();
        } catch (IOException e) {
            throw new EnvironmentFault("cannot list " + folder + ": " + e.getMessage(), true, e);
        }
    }

    /** When it was written. */
    public Instant writtenAt() {
        try {
            return Files.getLastModifiedTime(parquet).toInstant();
        } catch (IOException e) {
            throw new EnvironmentFault("cannot read " + parquet + ": " + e.getMessage(), true, e);
        }
    }

    /** The name under which people speak of it: the start of its content's hash, which a version's lineage names. */
    public String name() {
        return manifest.contentHash().substring(0, 12);
    }

    /** Deletes its files, the manifest first: a snapshot without one is not there. */
    public void delete() {
        try {
            Files.deleteIfExists(parquet.resolveSibling(manifest.key() + ".json"));
            Files.deleteIfExists(parquet);
        } catch (IOException e) {
            throw new EnvironmentFault("cannot delete " + parquet + ": " + e.getMessage(), true, e);
        }
    }

    /**
     * Replays the log and writes the exposures of the split's days. The file appears only when it is complete.
     *
     * @param inputs the lineage so far; key, hashes and code version are taken from it
     */
    public static Snapshot write(
            Path folder, FeedApplication application, EventLog log, Manifest inputs, Progress progress) {
        var state = new FeatureState(application, log.catalog());
        var layout = new SnapshotLayout(application, log.catalog(), state);
        return filled(
                folder,
                application,
                layout,
                inputs,
                table -> append(table, layout, application, log, state, inputs, progress));
    }

    /**
     * Makes a snapshot of the parts that others have written, each a Parquet file of {@link SnapshotTable}; the rows come
     * into the order in which a replay writes them.
     */
    public static Snapshot of(
            Path folder, List<Path> parts, FeedApplication application, SnapshotLayout layout, Manifest inputs) {
        return filled(folder, application, layout, inputs, table -> table.takeIn(parts));
    }

    /** Writes a table that is filled in some way, and gives the finished file its place and its manifest. */
    private static Snapshot filled(
            Path folder,
            FeedApplication application,
            SnapshotLayout layout,
            Manifest inputs,
            Consumer<SnapshotTable> filling) {
        String key = inputs.key();
        Path parquet = folder.resolve(key + ".parquet");
        Path partial = folder.resolve(key + ".parquet.partial");
        try {
            Files.createDirectories(folder);
            Files.deleteIfExists(partial);
            try (var table = SnapshotTable.create(folder.resolve(key + ".duckdb"), layout)) {
                filling.accept(table);
                table.writeParquet(partial);
            }
            long rows = SnapshotTable.rows(partial);
            if (rows == 0) {
                Files.delete(partial);
                throw new UserFault("no exposure in the days of data.split up to " + inputs.lastDay()
                        + "; expected events of '" + application.framing().exposure() + "' in the sources");
            }
            var manifest = new Manifest(
                    key,
                    Artefact.hash(Files.readAllBytes(partial)),
                    inputs.sourceHash(),
                    inputs.applicationHash(),
                    inputs.codeVersion(),
                    inputs.data(),
                    rows,
                    inputs.lastDay(),
                    inputs.untilMillis(),
                    layout.features());
            move(partial, parquet);
            Path manifestPartial = folder.resolve(key + ".json.partial");
            Files.write(manifestPartial, SealedJson.bytes(manifest));
            move(manifestPartial, folder.resolve(key + ".json"));
            return new Snapshot(parquet, manifest);
        } catch (IOException e) {
            throw new EnvironmentFault(
                    "could not write the snapshot in " + folder + ": " + e.getMessage() + "; nothing was half-written",
                    true,
                    e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static void append(
            SnapshotTable table,
            SnapshotLayout layout,
            FeedApplication application,
            EventLog log,
            FeatureState state,
            Manifest inputs,
            Progress progress) {
        Days days = days(application, inputs);
        long total = log.size();
        long[] count = new long[1];
        try (EventCursor cursor = log.read(application.framing().exposure(), 0, days.toMillis());
                var writing = new BlockWriter(block -> block.forEach(exposure ->
                        table.append(layout.row(exposure.event(), exposure.row(), exposure.sequences()))))) {
            Replay.run(cursor, state, (event, row, reader) -> {
                if (++count[0] % 10_000 == 0) {
                    progress.at(count[0], total, "events");
                }
                if (event.timeMillis() >= days.fromMillis()) {
                    writing.add(new Exposure(event, row.clone(), layout.sequences(event, reader)));
                }
            });
            writing.finish();
        }
        progress.at(total, total, "events");
    }

    /**
     * Which events a snapshot is made of.
     *
     * @param fromMillis events from here on are rows of it
     * @param toMillis events from here on are left out
     */
    public record Days(long fromMillis, long toMillis) {}

    /** The days of the split, as far as the inputs go. */
    public static Days days(FeedApplication application, Manifest inputs) {
        LocalDate last = LocalDate.parse(inputs.lastDay());
        var split = application.data().split();
        return new Days(
                startMillis(application, split.trainFrom().on(last)),
                Math.min(
                        inputs.untilMillis(),
                        startMillis(application, split.test().on(last).plusDays(1))));
    }

    /** An exposure with its features as they were just before it. */
    private record Exposure(Event event, double[] row, int[][] sequences) {}

    /**
     * Hands exposures to another thread, a block at a time: one computes the next block while the other writes this one.
     * Closing waits for what is being written.
     */
    private static final class BlockWriter implements AutoCloseable {
        private static final int SIZE = 4096;

        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private final Consumer<List<Exposure>> sink;
        private List<Exposure> block = new ArrayList<>(SIZE);
        private Future<Boolean> writing = CompletableFuture.completedFuture(true);

        BlockWriter(Consumer<List<Exposure>> sink) {
            this.sink = sink;
        }

        void add(Exposure exposure) {
            block.add(exposure);
            if (block.size() == SIZE) {
                write();
            }
        }

        /** Writes what is left, and waits until everything is written; the writer's fault comes out. */
        void finish() {
            write();
            Workers.result(writing);
        }

        private void write() {
            Workers.result(writing);
            List<Exposure> full = block;
            block = new ArrayList<>(SIZE);
            writing = thread.submit(() -> {
                sink.accept(full);
                return true;
            });
        }

        @Override
        public void close() {
            thread.close();
        }
    }

    /**
     * Reads the rows into memory: ids and sequences on one thread, values beside them on another.
     *
     * @throws EnvironmentFault if the file is not the one that the manifest tells of
     */
    public DataSet read(FeedApplication application, Progress progress) {
        refuseDamaged();
        int size = Math.toIntExact(manifest.rows());
        var columns = new ArrayList<FeatureColumn>();
        var labels = new LinkedHashMap<String, double[]>();
        var amounts = new LinkedHashMap<String, double[]>();
        var sequences = new LinkedHashMap<String, int[][]>();
        var subjects = new Texts(false);
        var items = new Texts(false);
        long[] times = new long[size];
        int[] days = new int[size];
        int[] subjectCodes = new int[size];
        int[] itemCodes = new int[size];
        var numbers = new ArrayList<double[]>();
        var categories = new ArrayList<int[]>();
        var texts = new ArrayList<Texts>();
        var ids = new LinkedHashMap<String, ValueReader>();
        ids.put("time_ms", (rows, place, row) -> times[row] = rows.getLong(place));
        ids.put("day", (rows, place, row) -> days[row] = rows.getInt(place));
        ids.put("subject", (rows, place, row) -> subjectCodes[row] = subjects.code(rows.getString(place)));
        ids.put("item", (rows, place, row) -> itemCodes[row] = items.code(rows.getString(place)));
        var values = new LinkedHashMap<String, ValueReader>();
        columnTypes().forEach((name, type) -> {
            if (name.startsWith("label:") || name.startsWith("amount:")) {
                double[] of = new double[size];
                (name.startsWith("label:") ? labels : amounts).put(name.substring(name.indexOf(':') + 1), of);
                values.put(name, (rows, place, row) -> of[row] = number(rows, place));
            } else if (!manifest.features().contains(name)) {
                if (!ids.containsKey(name) && !name.equals("event")) {
                    int[][] of = new int[size][];
                    sequences.put(name, of);
                    ids.put(name, (rows, place, row) -> of[row] = items.codes(rows.getString(place)));
                }
            } else if (type.equals("DOUBLE")) {
                double[] of = new double[size];
                columns.add(new FeatureColumn(name, scope(application, name), FeatureColumn.Kind.NUMBER));
                numbers.add(of);
                categories.add(new int[0]);
                texts.add(new Texts(true));
                values.put(name, (rows, place, row) -> of[row] = number(rows, place));
            } else {
                int[] of = new int[size];
                var known = new Texts(true);
                columns.add(new FeatureColumn(name, scope(application, name), FeatureColumn.Kind.CATEGORY));
                numbers.add(new double[0]);
                categories.add(of);
                texts.add(known);
                values.put(name, (rows, place, row) -> of[row] = known.code(rows.getString(place)));
            }
        });
        try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
            Workers.together(pool, List.of(() -> scan(ids, Progress.SILENT), () -> scan(values, progress)));
        }
        return new DataSet(
                size,
                List.copyOf(columns),
                numbers.toArray(double[][]::new),
                categories.toArray(int[][]::new),
                texts.stream().map(Texts::list).toList(),
                labels,
                amounts,
                times,
                days,
                subjectCodes,
                subjects.list(),
                itemCodes,
                items.list(),
                sequences);
    }

    private void refuseDamaged() {
        try {
            if (Artefact.hash(Files.readAllBytes(parquet)).equals(manifest.contentHash())) {
                return;
            }
        } catch (IOException e) {
            throw new EnvironmentFault("the snapshot " + parquet + " cannot be read: " + e.getMessage(), false, e);
        }
        throw new EnvironmentFault(
                "the snapshot " + parquet + " is damaged: delete it, and the next run writes it again", false);
    }

    /** The columns of the file in order, each with its SQL type. */
    Map<String, String> columnTypes() {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT * FROM " + table() + " LIMIT 0")) {
            var types = new LinkedHashMap<String, String>();
            for (int c = 1; c <= rows.getMetaData().getColumnCount(); c++) {
                types.put(
                        rows.getMetaData().getColumnName(c), rows.getMetaData().getColumnTypeName(c));
            }
            return types;
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    String table() {
        return "read_parquet('" + parquet.toString().replace("'", "''") + "')";
    }

    EnvironmentFault unreadable(SQLException e) {
        return new EnvironmentFault("the snapshot " + parquet + " cannot be read: " + e.getMessage(), false, e);
    }

    /** Reads some columns of all rows, in the order of the file. */
    private boolean scan(Map<String, ValueReader> columns, Progress progress) {
        String names = columns.keySet().stream().map(Snapshot::quoted).collect(Collectors.joining(", "));
        ValueReader[] readers = columns.values().toArray(ValueReader[]::new);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT " + names + " FROM " + table())) {
            int row = 0;
            while (rows.next()) {
                for (int c = 0; c < readers.length; c++) {
                    readers[c].read(rows, c + 1, row);
                }
                if (++row % 10_000 == 0) {
                    progress.at(row, manifest.rows(), "rows");
                }
            }
            progress.at(row, row, "rows");
            return true;
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    private static Scope scope(FeedApplication application, String feature) {
        return application.feature(feature).scope();
    }

    private static double number(ResultSet rows, int place) throws SQLException {
        double value = rows.getDouble(place);
        return value == 0 && rows.wasNull() ? Double.NaN : value;
    }

    private interface ValueReader {
        void read(ResultSet rows, int place, int row) throws SQLException;
    }

    /** Texts with their index in order of first appearance. */
    private static final class Texts {
        private final Map<String, Integer> codes = new HashMap<>();
        private final List<String> list = new ArrayList<>();

        Texts(boolean hasMissing) {
            if (hasMissing) {
                codes.put("", 0);
                list.add("");
            }
        }

        int code(String text) {
            Integer code = codes.get(text);
            if (code == null) {
                code = list.size();
                codes.put(text, code);
                list.add(text);
            }
            return code;
        }

        int[] codes(String joined) {
            if (joined.isEmpty()) {
                return new int[0];
            }
            String[] members = joined.split(SEPARATOR);
            int[] found = new int[members.length];
            for (int i = 0; i < members.length; i++) {
                found[i] = code(members[i]);
            }
            return found;
        }

        List<String> list() {
            return list;
        }
    }
}
