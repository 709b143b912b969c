package io.rankwright.bench;

import io.rankwright.evaluation.NoiseCeiling;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;

/** The best that anybody can be at what readers disagree on, from a file with the votes of each case. */
final class CeilingBench {
    private CeilingBench() {}

    /**
     * Prints the ceiling from the cases that three people have read.
     *
     * @param file CSV, compressed if it ends with gz
     * @param votes the column that counts who said so
     * @param readers the column that counts who was asked
     */
    static void run(Path file, String votes, String readers) throws SQLException {
        long[] counts = new long[4];
        String query = String.format(
                Locale.ROOT,
                "SELECT CAST(\"%s\" AS INTEGER), count(*) FROM read_csv(?) WHERE CAST(\"%s\" AS INTEGER) = 3 GROUP BY 1",
                votes.replace("\"", "\"\""),
                readers.replace("\"", "\"\""));
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, file.toString());
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    counts[rows.getInt(1)] = rows.getLong(2);
                }
            }
        }
        NoiseCeiling ceiling = NoiseCeiling.of(counts);
        System.out.printf(
                "three readers: none %,d, one %,d, two %,d, all %,d%n", counts[0], counts[1], counts[2], counts[3]);
        System.out.printf(
                "F1 of who knows how likely each case is to be called %s: %.3f (Beta(%.2f, %.2f)), at most %.3f;"
                        + " of three other readers %.3f%n",
                votes, ceiling.known(), ceiling.alpha(), ceiling.beta(), ceiling.bound(), ceiling.panel());
    }
}
