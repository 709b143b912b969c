package io.rankwright.registry;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Records as rows of a database that several servers share, over JDBC: PostgreSQL, or H2. What is done exclusively is one
 * transaction that holds the lock of its application's row: all of it is seen by others, or nothing.
 */
final class DatabaseRecords implements Records {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Threads of a process queue here and not for connections. */
    private final ReentrantLock turn = new ReentrantLock();

    private final HikariDataSource pool;
    private final String scope;
    private final String place;
    /** That of the transaction of whoever has the turn. */
    private @Nullable Connection transaction;

    private DatabaseRecords(HikariDataSource pool, String scope, String place) {
        this.pool = pool;
        this.scope = scope;
        this.place = place;
    }

    /**
     * Connects, and makes the two tables if they are not there.
     *
     * @param url a JDBC URL, {@code jdbc:postgresql://HOST/DATABASE} or {@code jdbc:h2:FILE}
     * @param user,password empty for those in the URL
     * @param scope whose records they are: the application and its kind of data
     * @throws UserFault if it is no such URL
     * @throws EnvironmentFault if the database does not answer
     */
    static DatabaseRecords open(String url, String user, String password, String scope) {
        if (!url.startsWith("jdbc:postgresql:") && !url.startsWith("jdbc:h2:")) {
            throw new UserFault("the registry '" + withoutSecrets(url)
                    + "'; expected jdbc:postgresql://HOST:PORT/DATABASE or jdbc:h2:FILE");
        }
        var config = new HikariConfig();
        config.setJdbcUrl(url);
        if (!user.isEmpty()) {
            config.setUsername(user);
            config.setPassword(password);
        }
        config.setMaximumPoolSize(4);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(PATIENCE.toMillis());
        // A first connection that fails is told here, and not by the pool.
        config.setInitializationFailTimeout(-1);
        config.setPoolName("registry");
        var records = new DatabaseRecords(new HikariDataSource(config), scope, withoutSecrets(url));
        try {
            records.makeTables();
            return records;
        } catch (RuntimeException e) {
            records.close();
            throw e;
        }
    }

    /** Settings behind a URL may hold a password. */
    private static String withoutSecrets(String url) {
        return url.replaceFirst("[?;].*", "").replaceFirst("//[^@/]*@", "//");
    }

    private void makeTables() {
        within(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE IF NOT EXISTS rankwright_records (scope VARCHAR(200) NOT NULL,"
                        + " kind VARCHAR(200) NOT NULL, name VARCHAR(200) NOT NULL, content TEXT NOT NULL,"
                        + " PRIMARY KEY (scope, kind, name))");
                statement.execute(
                        "CREATE TABLE IF NOT EXISTS rankwright_turns (scope VARCHAR(200) NOT NULL PRIMARY KEY)");
            }
            if (!hasTurn(connection)) {
                try (PreparedStatement insert =
                        connection.prepareStatement("INSERT INTO rankwright_turns (scope) VALUES (?)")) {
                    insert.setString(1, scope);
                    insert.executeUpdate();
                } catch (SQLException e) {
                    // Another process may have been first; what counts is that it is there.
                    if (!hasTurn(connection)) {
                        throw e;
                    }
                }
            }
            return true;
        });
    }

    private boolean hasTurn(Connection connection) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT scope FROM rankwright_turns WHERE scope = ?")) {
            select.setString(1, scope);
            try (ResultSet rows = select.executeQuery()) {
                return rows.next();
            }
        }
    }

    private interface Query<T> {
        T run(Connection connection) throws SQLException;
    }

    /** In the transaction of whoever has the turn, or alone. */
    private <T> T within(Query<T> query) {
        try {
            Connection mine = turn.isHeldByCurrentThread() ? transaction : null;
            if (mine != null) {
                return query.run(mine);
            }
            try (Connection connection = pool.getConnection()) {
                return query.run(connection);
            }
        } catch (SQLException e) {
            throw fault(e);
        }
    }

    private EnvironmentFault fault(SQLException e) {
        return new EnvironmentFault("the registry in " + place + " does not answer: " + reason(e), true, e);
    }

    /** What the database says, not that the pool had no connection. */
    private static String reason(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage()).strip();
    }

    @Override
    public Map<String, byte[]> all(String kind) {
        return within(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT name, content FROM rankwright_records WHERE scope = ? AND kind = ?")) {
                select.setString(1, scope);
                select.setString(2, kind);
                try (ResultSet rows = select.executeQuery()) {
                    var found = new HashMap<String, byte[]>();
                    while (rows.next()) {
                        found.put(rows.getString(1), rows.getString(2).getBytes(StandardCharsets.UTF_8));
                    }
                    return found;
                }
            }
        });
    }

    @Override
    public Optional<byte[]> find(String kind, String name) {
        return within(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT content FROM rankwright_records WHERE scope = ? AND kind = ? AND name = ?")) {
                select.setString(1, scope);
                select.setString(2, kind);
                select.setString(3, name);
                try (ResultSet rows = select.executeQuery()) {
                    return rows.next()
                            ? Optional.of(rows.getString(1).getBytes(StandardCharsets.UTF_8))
                            : Optional.empty();
                }
            }
        });
    }

    @Override
    public void put(String kind, String name, byte[] content) {
        exclusively(() -> within(connection -> {
            int changed = write(
                    connection,
                    "UPDATE rankwright_records SET content = ? WHERE scope = ? AND kind = ? AND name = ?",
                    kind,
                    name,
                    content);
            if (changed == 0) {
                changed = write(
                        connection,
                        "INSERT INTO rankwright_records (content, scope, kind, name) VALUES (?, ?, ?, ?)",
                        kind,
                        name,
                        content);
            }
            return changed;
        }));
    }

    private int write(Connection connection, String sql, String kind, String name, byte[] content) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, new String(content, StandardCharsets.UTF_8));
            statement.setString(2, scope);
            statement.setString(3, kind);
            statement.setString(4, name);
            return statement.executeUpdate();
        }
    }

    @Override
    public <T> T exclusively(Supplier<T> work) {
        turn.lock();
        try {
            return transaction != null ? work.get() : inTransaction(work);
        } finally {
            turn.unlock();
        }
    }

    private <T> T inTransaction(Supplier<T> work) {
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement wait =
                    connection.prepareStatement("SELECT scope FROM rankwright_turns WHERE scope = ? FOR UPDATE")) {
                wait.setString(1, scope);
                wait.executeQuery().close();
                transaction = connection;
                T done = work.get();
                connection.commit();
                return done;
            } finally {
                transaction = null;
                // Nothing is left to be undone behind a commit.
                connection.rollback();
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw fault(e);
        }
    }

    @Override
    public String place() {
        return place;
    }

    @Override
    public void close() {
        pool.close();
    }
}
