package io.rankwright.cli.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.Folder;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.serving.Engine;
import io.rankwright.serving.FeedAnswer;
import io.rankwright.serving.FeedRequest;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * Ranks for every known subject by the cascade that serves, into one Parquet file. It is written in parts, so that a run
 * that was killed goes on where it was; the file appears when all are there.
 */
public final class BatchRanking {
    private static final int PART = 200;
    private static final int CORES = Runtime.getRuntime().availableProcessors();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Engine engine;
    private final Inputs inputs;
    private final List<String> subjects;
    private final List<String> heads;

    /**
     * What an answer depends on; parts that were made of other inputs are made anew.
     *
     * @param nowMillis the moment at which every subject asks
     * @param seed what exploration draws from, for every subject
     * @param events how many events the log held
     */
    public record Inputs(String application, String version, long nowMillis, long seed, int slots, long events) {}

    /** @param engine nothing but this asks it */
    public BatchRanking(Engine engine, long nowMillis, long seed, int slots) {
        this.engine = engine;
        FeedApplication application = engine.application();
        this.inputs = new Inputs(
                application.hash(),
                engine.models().version().name(),
                nowMillis,
                seed,
                slots,
                engine.log().nextOffset());
        EntityTable table = engine.log().table(application.framing().subject());
        Dictionary.Domain ids = engine.log()
                .dictionary()
                .domain(Dictionary.idsOf(application.framing().subject()));
        this.subjects = IntStream.range(1, table.capacity())
                .filter(code -> table.isShown(code))
                .mapToObj(ids::text)
                .toList();
        this.heads = engine.models().ranker().manifest().heads().stream()
                .map(head -> head.name())
                .toList();
    }

    /** Ranks for all who are not ranked for yet; the answer is how many slates the file holds. */
    public int write(Path file, Progress progress) {
        Path parts = file.resolveSibling(file.getFileName() + ".parts");
        try {
            Files.createDirectories(parts);
            begin(parts);
            int count = (subjects.size() + PART - 1) / PART;
            var done = new AtomicLong();
            try (ExecutorService pool = Executors.newFixedThreadPool(CORES)) {
                for (int part = 0; part < count; part++) {
                    List<String> some = subjects.subList(part * PART, Math.min(subjects.size(), (part + 1) * PART));
                    Path target = parts.resolve("part-%06d.parquet".formatted(part));
                    if (Files.exists(target)) {
                        done.addAndGet(some.size());
                    } else {
                        write(target, slates(pool, some, done, progress));
                    }
                }
            }
            join(parts, file);
            Folder.delete(parts);
            return subjects.size();
        } catch (IOException | SQLException e) {
            throw new EnvironmentFault("could not write " + file + ": " + e.getMessage(), true, e);
        }
    }

    /** Keeps the parts of the same inputs, and begins anew with others. */
    private void begin(Path parts) throws IOException {
        Path made = parts.resolve("inputs.json");
        byte[] wanted = JSON.writeValueAsBytes(inputs);
        if (Files.exists(made) && Arrays.equals(Files.readAllBytes(made), wanted)) {
            return;
        }
        Folder.delete(parts);
        Files.createDirectories(parts);
        Files.write(made, wanted);
    }

    private List<FeedAnswer> slates(ExecutorService pool, List<String> some, AtomicLong done, Progress progress) {
        return Workers.together(
                pool,
                some.stream()
                        .<Callable<FeedAnswer>>map(subject -> () -> {
                            FeedAnswer answer = engine.slate(request(subject), inputs.nowMillis());
                            progress.at(done.incrementAndGet(), subjects.size(), "users");
                            return answer;
                        })
                        .toList());
    }

    private FeedRequest request(String subject) {
        return new FeedRequest(
                subject,
                inputs.slots(),
                Optional.empty(),
                Set.of(),
                Map.of(),
                List.of(),
                OptionalLong.of(inputs.seed()),
                false);
    }

    private void write(Path target, List<FeedAnswer> slates) throws SQLException, IOException {
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        String columns =
                heads.stream().map(head -> ", \"score:" + head + "\" DOUBLE").collect(Collectors.joining());
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET threads = 1");
            statement.execute("CREATE TABLE slates (subject VARCHAR, position INTEGER, item VARCHAR, utility DOUBLE,"
                    + " propensity DOUBLE, sources VARCHAR, rung VARCHAR, version VARCHAR, time_ms BIGINT" + columns
                    + ")");
            try (DuckDBAppender appender =
                    connection.unwrap(DuckDBConnection.class).createAppender("main", "slates")) {
                for (FeedAnswer slate : slates) {
                    for (FeedAnswer.Slot slot : slate.slots()) {
                        append(appender, slate, slot);
                    }
                }
            }
            statement.execute("COPY slates TO '" + quoted(partial) + "' (FORMAT parquet, COMPRESSION zstd)");
        }
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private void append(DuckDBAppender appender, FeedAnswer slate, FeedAnswer.Slot slot) throws SQLException {
        appender.beginRow();
        appender.append(slate.subject()).append(slot.position()).append(slot.item());
        appender.append(slot.utility()).append(slot.propensity());
        appender.append(String.join(",", slot.sources())).append(slate.rung()).append(slate.version());
        appender.append(slate.timeMillis());
        for (String head : heads) {
            Double score = slot.scores().get(head);
            if (score == null || score.isNaN()) {
                appender.appendNull();
            } else {
                appender.append(score.doubleValue());
            }
        }
        appender.endRow();
    }

    private static void join(Path parts, Path file) throws SQLException, IOException {
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET threads = 1");
            statement.execute("COPY (SELECT * FROM read_parquet('" + quoted(parts) + "/*.parquet')) TO '"
                    + quoted(partial) + "' (FORMAT parquet, COMPRESSION zstd)");
        }
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String quoted(Path path) {
        return path.toString().replace("'", "''");
    }
}
