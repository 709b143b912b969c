package io.rankwright.training;

import io.rankwright.evaluation.Drift;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The distributions of the features of a snapshot. Immutable.
 *
 * @param byFeature in the order of the file
 */
public record FeatureProfiles(Map<String, Profile> byFeature) {
    private static final int BINS = 10;
    private static final int TOP = 20;

    /** What a feature is like. */
    public sealed interface Profile {
        /** The share of rows without a value. */
        double missing();
    }

    /**
     * A number.
     *
     * @param quantiles of the values that are there, from the least to the greatest in tenths; empty if there is none
     */
    public record Numbers(double missing, List<Double> quantiles) implements Profile {
        public Numbers {
            quantiles = List.copyOf(quantiles);
        }
    }

    /**
     * A category, or a sequence, whose rows count as one text each.
     *
     * @param distinct how many texts there are
     * @param shares of the most frequent ones among all rows, the most frequent first
     */
    public record Categories(double missing, long distinct, Map<String, Double> shares) implements Profile {}

    /** Looks at every row of a snapshot. */
    public static FeatureProfiles of(Snapshot snapshot) {
        Map<String, String> types = snapshot.columnTypes();
        var profiles = new LinkedHashMap<String, Profile>();
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            List<String> numbers = snapshot.manifest().features().stream()
                    .filter(feature -> "DOUBLE".equals(types.get(feature)))
                    .toList();
            Map<String, Profile> ofNumbers = numbers(statement, snapshot, numbers);
            for (String feature : snapshot.manifest().features()) {
                Profile known = ofNumbers.get(feature);
                profiles.put(feature, known != null ? known : categories(statement, snapshot, feature));
            }
        } catch (SQLException e) {
            throw snapshot.unreadable(e);
        }
        return new FeatureProfiles(profiles);
    }

    private static Map<String, Profile> numbers(Statement statement, Snapshot snapshot, List<String> features)
            throws SQLException {
        if (features.isEmpty()) {
            return Map.of();
        }
        String tenths = IntStream.rangeClosed(0, BINS)
                .mapToObj(i -> Double.toString(i / (double) BINS))
                .collect(Collectors.joining(", ", "[", "]"));
        String columns = features.stream()
                .map(Snapshot::quoted)
                .map(column -> "count(" + column + "), quantile_disc(" + column + ", " + tenths + ")")
                .collect(Collectors.joining(", "));
        var profiles = new LinkedHashMap<String, Profile>();
        try (ResultSet rows = statement.executeQuery("SELECT count(*), " + columns + " FROM " + snapshot.table())) {
            rows.next();
            double all = rows.getLong(1);
            for (int f = 0; f < features.size(); f++) {
                long there = rows.getLong(2 + 2 * f);
                List<Double> quantiles = there == 0
                        ? List.of()
                        : Arrays.stream((Object[]) rows.getArray(3 + 2 * f).getArray())
                                .map(value -> ((Number) value).doubleValue())
                                .toList();
                profiles.put(features.get(f), new Numbers(1 - there / all, quantiles));
            }
        }
        return profiles;
    }

    private static Profile categories(Statement statement, Snapshot snapshot, String feature) throws SQLException {
        String column = Snapshot.quoted(feature);
        var shares = new LinkedHashMap<String, Double>();
        double missing = 0;
        long distinct = 0;
        try (ResultSet rows = statement.executeQuery("SELECT coalesce(" + column + ", '') AS v, count(*) AS n,"
                + " sum(count(*)) OVER () AS total FROM " + snapshot.table() + " GROUP BY v ORDER BY n DESC, v")) {
            while (rows.next()) {
                double share = rows.getLong(2) / rows.getDouble(3);
                if (rows.getString(1).isEmpty()) {
                    missing = share;
                    continue;
                }
                distinct++;
                if (shares.size() < TOP) {
                    shares.put(rows.getString(1), share);
                }
            }
        }
        return new Categories(missing, distinct, shares);
    }

    /**
     * How far each feature has moved from one snapshot to another, as {@link Drift#psi}: over tenths of the first one's
     * values for numbers, over the most frequent values of both for categories, what is missing as a group of its own.
     * Features that are not in both, or that changed from number to category, are left out.
     */
    public static Map<String, Double> drift(Snapshot from, Snapshot to) {
        Map<String, Profile> before = of(from).byFeature();
        var drift = new LinkedHashMap<String, Double>();
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            for (var entry : of(to).byFeature().entrySet()) {
                Profile old = before.get(entry.getKey());
                if (old instanceof Numbers numbers && entry.getValue() instanceof Numbers) {
                    List<Double> bounds =
                            numbers.quantiles().stream().distinct().toList();
                    drift.put(
                            entry.getKey(),
                            Drift.psi(
                                    groups(statement, from, entry.getKey(), bounds),
                                    groups(statement, to, entry.getKey(), bounds)));
                } else if (old instanceof Categories was && entry.getValue() instanceof Categories is) {
                    drift.put(entry.getKey(), drift(was, is));
                }
            }
        } catch (SQLException e) {
            throw to.unreadable(e);
        }
        return drift;
    }

    private static double drift(Categories was, Categories is) {
        var values = new TreeSet<>(was.shares().keySet());
        values.addAll(is.shares().keySet());
        return Drift.psi(groups(was, values), groups(is, values));
    }

    /** The shares of some values, of what is missing, and of all others. */
    private static double[] groups(Categories profile, TreeSet<String> values) {
        var shares = new ArrayList<Double>();
        values.forEach(value -> shares.add(profile.shares().getOrDefault(value, 0.0)));
        shares.add(profile.missing());
        shares.add(
                Math.max(0, 1 - shares.stream().mapToDouble(Double::doubleValue).sum()));
        return shares.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The shares of rows below each bound but the first, of those above, and of those without a value. */
    private static double[] groups(Statement statement, Snapshot snapshot, String feature, List<Double> bounds)
            throws SQLException {
        String column = Snapshot.quoted(feature);
        var conditions = new ArrayList<String>();
        for (int b = 1; b < bounds.size() - 1; b++) {
            conditions.add(column + " < " + bounds.get(b));
        }
        String columns = conditions.stream()
                .map(condition -> "count(*) FILTER (WHERE " + condition + "), ")
                .collect(Collectors.joining());
        try (ResultSet rows = statement.executeQuery(
                "SELECT " + columns + "count(" + column + "), count(*) FROM " + snapshot.table())) {
            rows.next();
            int size = conditions.size();
            double all = rows.getLong(size + 2);
            double[] shares = new double[size + 2];
            double below = 0;
            for (int i = 0; i <= size; i++) {
                double reached = rows.getLong(i + 1);
                shares[i] = (reached - below) / all;
                below = reached;
            }
            shares[size + 1] = 1 - below / all;
            return shares;
        }
    }
}
