package io.rankwright.training;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;

/**
 * Rows of a snapshot on their way into a Parquet file: they lie in a file of DuckDB, so that memory does not grow with
 * them. Closing deletes that file. One thread at a time.
 */
public final class SnapshotTable implements AutoCloseable {
    private final Path database;
    private final Connection connection;
    private final DuckDBAppender appender;
    private final boolean[] areNumbers;

    private SnapshotTable(Path database, Connection connection, DuckDBAppender appender, boolean[] areNumbers) {
        this.database = database;
        this.connection = connection;
        this.appender = appender;
        this.areNumbers = areNumbers;
    }

    /** Makes an empty table in a file, in the place of what was there. */
    public static SnapshotTable create(Path database, SnapshotLayout layout) {
        try {
            Files.createDirectories(database.toAbsolutePath().getParent());
            delete(database);
            Connection connection = DriverManager.getConnection("jdbc:duckdb:" + database);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET threads = 1");
                statement.execute("SET memory_limit = '2GB'");
                statement.execute(layout.table());
            }
            DuckDBAppender appender = connection.unwrap(DuckDBConnection.class).createAppender("main", "exposures");
            // Made and closed by the caller's thread, used by the writing one in between, never by two at once.
            appender.unsafeBreakThreadConfinement();
            return new SnapshotTable(database, connection, appender, layout.areNumbers());
        } catch (SQLException | IOException e) {
            throw unwritten(e);
        }
    }

    private static EnvironmentFault unwritten(Exception e) {
        return new EnvironmentFault("could not write a snapshot: " + e.getMessage(), true, e);
    }

    /** Appends a row. */
    public void append(SnapshotRow row) {
        try {
            appender.beginRow();
            appender.append(row.event()).append(row.timeMillis()).append(row.day());
            appender.append(row.subject());
            appender.append(row.item());
            for (double label : row.labels()) {
                append(label);
            }
            for (String sequence : row.sequences()) {
                appender.append(sequence);
            }
            int number = 0;
            int text = 0;
            for (boolean isNumber : areNumbers) {
                if (isNumber) {
                    append(row.numbers()[number++]);
                } else {
                    appender.append(row.texts()[text++]);
                }
            }
            appender.endRow();
        } catch (SQLException e) {
            throw unwritten(e);
        }
    }

    private void append(double value) throws SQLException {
        if (Double.isNaN(value)) {
            appender.appendNull();
        } else {
            appender.append(value);
        }
    }

    /** Takes in the rows of Parquet files that such tables have written, in the order of a replay: by time, then arrival. */
    void takeIn(List<Path> parts) {
        String files = parts.stream().map(SnapshotTable::quoted).collect(Collectors.joining(", ", "[", "]"));
        execute("INSERT INTO exposures SELECT * FROM read_parquet(" + files + ") ORDER BY time_ms, event");
    }

    /** Writes all rows to a file, in their order. */
    public void writeParquet(Path file) {
        try {
            appender.flush();
        } catch (SQLException e) {
            throw unwritten(e);
        }
        execute("COPY exposures TO " + quoted(file) + " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)");
    }

    private void execute(String statement) {
        try (Statement of = connection.createStatement()) {
            of.execute(statement);
        } catch (SQLException e) {
            throw unwritten(e);
        }
    }

    /** How many rows a Parquet file holds. */
    static long rows(Path file) {
        try (Connection memory = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = memory.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM read_parquet(" + quoted(file) + ")")) {
            if (!count.next()) {
                throw new InternalFault("a count without a row");
            }
            return count.getLong(1);
        } catch (SQLException e) {
            throw new EnvironmentFault("cannot read " + file + ": " + e.getMessage(), true, e);
        }
    }

    private static String quoted(Path file) {
        return "'" + file.toString().replace("'", "''") + "'";
    }

    private static void delete(Path database) throws IOException {
        Files.deleteIfExists(database);
        Files.deleteIfExists(database.resolveSibling(database.getFileName() + ".wal"));
    }

    @Override
    public void close() {
        try {
            appender.close();
            connection.close();
            delete(database);
        } catch (SQLException | IOException e) {
            throw unwritten(e);
        }
    }
}
