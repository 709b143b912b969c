package io.rankwright.features;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.log.EntityTable;
import io.rankwright.log.Event;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventSchema;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeatureDefinition.Aggregate;
import io.rankwright.spec.FeatureDefinition.Reference;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An independent computation of the flagship's features: DuckDB computes every count, sum, mean, rate and recency of the
 * application file by SQL window functions over the same log, and every value of every exposure must be equal.
 */
class FeaturesAgainstSqlTest {
    private static final Map<String, String> FORMULAS = Map.of(
            "click", "(play_time_ms > 5000)",
            "log1p(watch_seconds)", "ln(1 + play_time_ms / 1000)",
            "watch_seconds", "(play_time_ms / 1000)",
            "long_view", "(coalesce(long_view, 0) <> 0)",
            "is_like", "(coalesce(is_like, 0) <> 0)",
            "is_follow", "(coalesce(is_follow, 0) <> 0)",
            "is_comment", "(coalesce(is_comment, 0) <> 0)",
            "is_forward", "(coalesce(is_forward, 0) <> 0)");

    @TempDir
    Path folder;

    @Test
    void everyValueIsTheOneThatSqlComputes() throws SQLException {
        try (TestLog test = TestLog.realOrSimulated(folder);
                Connection connection = DriverManager.getConnection("jdbc:duckdb:")) {
            var state = new FeatureState(test.application(), test.log().catalog());
            List<String> names =
                    state.columns().stream().map(FeatureColumn::name).toList();
            double[][] values =
                    new double[names.size()][Math.toIntExact(test.log().size())];
            loadEvents(test, connection, state, values);
            int compared = 0;
            for (FeatureDefinition feature : test.application().features()) {
                String sql = switch (feature) {
                    case Aggregate aggregate -> aggregate(aggregate);
                    case FeatureDefinition.Recency recency -> recency(recency);
                    default -> "";
                };
                if (!sql.isEmpty()) {
                    compare(connection, feature.name(), sql, values[names.indexOf(feature.name())]);
                    compared++;
                }
            }
            assertThat(compared).isGreaterThan(40);
        }
    }

    /** Writes each event with its attributes, as the log holds them, and keeps the replayed features beside. */
    private static void loadEvents(TestLog test, Connection connection, FeatureState state, double[][] values)
            throws SQLException {
        var log = test.log();
        EventSchema schema = log.schema("watch");
        var users = log.table("user");
        var videos = log.table("video");
        String[] numbers = {"play_time_ms", "long_view", "is_like", "is_follow", "is_comment", "is_forward"};
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE e (id INTEGER, t BIGINT, user_id INTEGER, video_id INTEGER, tab INTEGER,"
                    + " degree INTEGER, author INTEGER, music INTEGER, music_type INTEGER, upload INTEGER, length INTEGER, tags INTEGER[],"
                    + " play_time_ms DOUBLE, long_view DOUBLE, is_like DOUBLE, is_follow DOUBLE, is_comment DOUBLE,"
                    + " is_forward DOUBLE)");
        }
        int[] next = new int[1];
        try (EventCursor cursor = log.read("watch");
                var appender = connection.unwrap(DuckDBConnection.class).createAppender("main", "e")) {
            Replay.run(cursor, state, (event, row, _) -> {
                try {
                    int id = next[0]++;
                    for (int c = 0; c < row.length; c++) {
                        values[c][id] = row[c];
                    }
                    append(appender, id, event, schema, users, videos, numbers);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    private static void append(
            DuckDBAppender appender,
            int id,
            Event event,
            EventSchema schema,
            EntityTable users,
            EntityTable videos,
            String[] numbers)
            throws SQLException {
        int user = event.codes()[schema.codeIndex("user_id").orElseThrow()];
        int video = event.codes()[schema.codeIndex("video_id").orElseThrow()];
        appender.beginRow();
        appender.append(id).append(event.timeMillis()).append(user).append(video);
        appender.append(event.codes()[schema.codeIndex("tab").orElseThrow()]);
        appender.append(users.code(users.place("user_active_degree"), user));
        appender.append(videos.code(videos.place("author_id"), video));
        appender.append(videos.code(videos.place("music_id"), video));
        appender.append(videos.code(videos.place("music_type"), video));
        appender.append(videos.code(videos.place("upload_type"), video));
        appender.append(videos.code(videos.place("duration_bucket"), video));
        appender.append(videos.list(videos.place("tag"), video));
        for (String number : numbers) {
            double value = event.numbers()[schema.number(number)];
            if (Double.isNaN(value)) {
                appender.appendNull();
            } else {
                appender.append(value);
            }
        }
        appender.endRow();
    }

    private static String aggregate(Aggregate feature) {
        String value = feature.value().map(formula -> sql(formula.toString())).orElse("1");
        String frame = frame(feature);
        boolean isList = isList(feature.by());
        String partition = partition(feature.by());
        String sums = "SELECT id, t, sum(" + value + "::DOUBLE) OVER w AS s, count(" + value + ") OVER w AS n, "
                + missingKey(feature.by()) + " AS missing FROM "
                + (isList ? "(SELECT *, unnest(tags) AS tag FROM e)" : "e")
                + " WINDOW w AS (PARTITION BY " + partition + " ORDER BY t " + frame + ")";
        String keyed = "SELECT id, sum(CASE WHEN missing THEN 0 ELSE coalesce(s, 0) END) AS s,"
                + " sum(CASE WHEN missing THEN 0 ELSE coalesce(n, 0) END) AS n FROM (" + sums + ") GROUP BY id";
        String overall = "SELECT id, sum(" + value + "::DOUBLE) OVER w / count(" + value
                + ") OVER w AS average FROM e WINDOW w AS (ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)";
        String joined =
                " FROM e LEFT JOIN (" + keyed + ") k USING (id) LEFT JOIN (" + overall + ") o USING (id) ORDER BY id";
        String sum = "coalesce(k.s, 0)";
        String count = "coalesce(k.n, 0)";
        return switch (feature.kind()) {
            case COUNT -> "SELECT " + count + joined;
            case SUM -> "SELECT " + sum + joined;
            case MEAN, RATE ->
                "SELECT (" + sum + " + " + feature.prior() + " * o.average) / (" + count + " + " + feature.prior() + ")"
                        + joined;
        };
    }

    private static String recency(FeatureDefinition.Recency feature) {
        String where = feature.where().map(formula -> sql(formula.toString())).orElse("true");
        return "SELECT (t - max(CASE WHEN " + where + " THEN t END) OVER (PARTITION BY " + partition(feature.by())
                + " ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) / 1000.0 FROM e ORDER BY id";
    }

    private static String frame(Aggregate feature) {
        return "RANGE BETWEEN "
                + feature.window()
                        .map(window -> Long.toString(window.toMillis()))
                        .orElse("UNBOUNDED")
                + " PRECEDING AND 1 PRECEDING";
    }

    private static String sql(String formula) {
        return requireNonNull(FORMULAS.get(formula), formula);
    }

    private static boolean isList(List<Reference> by) {
        return by.stream().anyMatch(part -> part.column().equals("tag"));
    }

    private static String column(Reference part) {
        return switch (part.toString()) {
            case "user" -> "user_id";
            case "video" -> "video_id";
            case "tab" -> "tab";
            case "user.user_active_degree" -> "degree";
            case "video.author_id" -> "author";
            case "video.music_id" -> "music";
            case "video.music_type" -> "music_type";
            case "video.upload_type" -> "upload";
            case "video.duration_bucket" -> "length";
            case "video.tag" -> "tag";
            default -> throw new IllegalArgumentException(part.toString());
        };
    }

    private static String partition(List<Reference> by) {
        return String.join(", ", by.stream().map(FeaturesAgainstSqlTest::column).toList());
    }

    private static String missingKey(List<Reference> by) {
        return String.join(
                " OR ", by.stream().map(part -> column(part) + " = 0").toList());
    }

    private static void compare(Connection connection, String feature, String sql, double[] values)
            throws SQLException {
        var differences = new ArrayList<String>();
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet rows = statement.executeQuery()) {
            int id = 0;
            while (rows.next()) {
                double expected = rows.getDouble(1);
                boolean isMissing = rows.wasNull() || Double.isNaN(expected);
                boolean isSame = isMissing
                        ? Double.isNaN(values[id])
                        : Math.abs(expected - values[id]) <= 1e-6 * Math.max(1, Math.abs(expected));
                if (!isSame && differences.size() < 5) {
                    differences.add("row " + id + ": " + values[id] + " by replay, "
                            + (isMissing ? "missing" : expected) + " by SQL");
                }
                id++;
            }
            assertThat(id).isEqualTo(values.length);
        }
        assertThat(differences).as(feature).isEmpty();
    }
}
