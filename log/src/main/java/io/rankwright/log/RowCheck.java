package io.rankwright.log;

import io.rankwright.spec.Contract;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Holds the fields of a row against a contract: first whether all are right, then their values. Immutable, safe for
 * any thread.
 */
final class RowCheck {
    private static final int LONGEST_NAME = 10_000;
    private static final int LONGEST_TEXT = 1_000_000;
    /** As a data URI: four characters for three bytes. */
    private static final int LONGEST_IMAGE = Images.MOST_BYTES / 3 * 4 + 1000;

    private final List<Contract.Column> columns;

    RowCheck(Contract contract) {
        this.columns = contract.sourceColumns();
    }

    List<Contract.Column> columns() {
        return columns;
    }

    /** Why the row must go to quarantine; empty if it is right. */
    Optional<String> fault(@Nullable String[] fields) {
        for (int i = 0; i < columns.size(); i++) {
            Contract.Column column = columns.get(i);
            String field = fields[i];
            if (field == null || field.isEmpty()) {
                if (!column.isNullable()) {
                    return Optional.of(column.name() + " is empty; expected " + expected(column));
                }
                continue;
            }
            // In a text for people a sign that was lost long before is no reason to lose the text.
            if (field.indexOf('\uFFFD') >= 0 && column.type() != Contract.Type.TEXT) {
                return Optional.of(column.name() + " holds bytes that are not UTF-8");
            }
            if (column.isNumber()) {
                double value = number(column, field);
                if (Double.isNaN(value) || value < column.min() || value > column.max()) {
                    return Optional.of(column.name() + " is '" + shortened(field) + "'; expected " + expected(column));
                }
            } else if (field.length() > longest(column)) {
                return Optional.of(column.name() + " is " + field.length() + " characters long; expected at most "
                        + longest(column));
            }
        }
        return Optional.empty();
    }

    /** The fields that are given, by column. */
    Map<String, String> given(@Nullable String[] fields) {
        var given = new LinkedHashMap<String, String>();
        for (int i = 0; i < fields.length; i++) {
            String field = fields[i];
            if (field != null && !field.isEmpty()) {
                given.put(columns.get(i).name(), field);
            }
        }
        return given;
    }

    private static int longest(Contract.Column column) {
        return switch (column.type()) {
            case TEXT -> LONGEST_TEXT;
            case IMAGE -> LONGEST_IMAGE;
            default -> LONGEST_NAME;
        };
    }

    /** The value of a number, time or date; NaN if the text is none. */
    static double number(Contract.Column column, String field) {
        try {
            return switch (column.type()) {
                case TIME -> Long.parseLong(field) * (column.isInSeconds() ? 1000.0 : 1.0);
                case DATE ->
                    LocalDate.parse(field)
                            .atStartOfDay()
                            .toInstant(ZoneOffset.UTC)
                            .toEpochMilli();
                default -> {
                    double value = Double.parseDouble(field);
                    yield Double.isInfinite(value) ? Double.NaN : value;
                }
            };
        } catch (NumberFormatException | DateTimeException e) {
            return Double.NaN;
        }
    }

    /** The text of which {@link #number} gives this value. */
    static String text(Contract.Column column, double value) {
        return switch (column.type()) {
            case TIME -> text(column.isInSeconds() ? value / 1000 : value);
            case DATE -> day(value);
            default -> text(value);
        };
    }

    private static String expected(Contract.Column column) {
        boolean isBounded = column.min() > Double.NEGATIVE_INFINITY || column.max() < Double.POSITIVE_INFINITY;
        return switch (column.type()) {
            case NUMBER -> "a number" + (isBounded ? " from " + text(column.min()) + " to " + text(column.max()) : "");
            case TIME ->
                (column.isInSeconds() ? "seconds" : "milliseconds") + " since 1970"
                        + (isBounded ? " from " + day(column.min()) + " to " + day(column.max() - 1) : "");
            case DATE ->
                "a date such as 2022-05-06"
                        + (isBounded ? " from " + day(column.min()) + " to " + day(column.max() - 1) : "");
            default -> "a text";
        };
    }

    private static String text(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    private static String day(double millis) {
        if (Double.isInfinite(millis)) {
            return "any day";
        }
        return LocalDate.ofEpochDay(Math.floorDiv((long) millis, 86_400_000L)).toString();
    }

    private static String shortened(String field) {
        return field.length() <= 60 ? field : field.substring(0, 60) + "…";
    }
}
