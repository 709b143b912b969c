package io.rankwright.spec;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How quantities with units are written in an application file: {@code 500M}, {@code 200ms}, {@code 99.9%}. */
public final class Units {
    private static final Pattern COUNT = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([kKMBGT]?)");
    private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*(ms|s|m|h|d)");
    private static final Pattern SHARE = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*(%?)");
    private static final Map<String, Long> MULTIPLES = Map.of(
            "",
            1L,
            "k",
            1_000L,
            "K",
            1_000L,
            "M",
            1_000_000L,
            "B",
            1_000_000_000L,
            "G",
            1_000_000_000L,
            "T",
            1_000_000_000_000L);
    private static final Map<String, Double> MILLIS =
            Map.of("ms", 1.0, "s", 1_000.0, "m", 60_000.0, "h", 3_600_000.0, "d", 86_400_000.0);

    private Units() {}

    /** A whole number of things: {@code 20k}, {@code 500M}, {@code 10B}; empty if the text is none. */
    public static Optional<Long> count(String text) {
        Matcher matcher = COUNT.matcher(text.strip());
        if (!matcher.matches()) {
            return Optional.empty();
        }
        double value = Double.parseDouble(matcher.group(1)) * requireNonNull(MULTIPLES.get(matcher.group(2)));
        return value == Math.rint(value) && value < 9e18 ? Optional.of((long) value) : Optional.empty();
    }

    /** A length of time: {@code 200ms}, {@code 90s}, {@code 15m}, {@code 1h}, {@code 7d}; empty if the text is none. */
    public static Optional<Duration> duration(String text) {
        Matcher matcher = DURATION.matcher(text.strip());
        if (!matcher.matches()) {
            return Optional.empty();
        }
        double millis = Double.parseDouble(matcher.group(1)) * requireNonNull(MILLIS.get(matcher.group(2)));
        return millis < 9e15 ? Optional.of(Duration.ofMillis(Math.round(millis))) : Optional.empty();
    }

    /** A share between 0 and 1: {@code 0.05} or {@code 99.9%}; empty if the text is none. */
    public static Optional<Double> share(String text) {
        Matcher matcher = SHARE.matcher(text.strip());
        if (!matcher.matches()) {
            return Optional.empty();
        }
        double value = Double.parseDouble(matcher.group(1)) / (matcher.group(2).isEmpty() ? 1 : 100);
        return value <= 1 ? Optional.of(value) : Optional.empty();
    }

    /** Writes a count the way a file would: {@code 500M}. */
    public static String text(long count) {
        for (var unit : new String[] {"T", "B", "M", "k"}) {
            long multiple = requireNonNull(MULTIPLES.get(unit));
            if (count >= multiple && count % (multiple / 10) == 0) {
                String digits = String.format(Locale.ROOT, "%.1f", (double) count / multiple);
                return (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits) + unit;
            }
        }
        return Long.toString(count);
    }

    /** Writes a duration in its largest whole unit: {@code 7d}, {@code 200ms}. */
    public static String text(Duration duration) {
        long millis = duration.toMillis();
        for (var unit : new String[] {"d", "h", "m", "s"}) {
            long length = requireNonNull(MILLIS.get(unit)).longValue();
            if (millis >= length && millis % length == 0) {
                return millis / length + unit;
            }
        }
        return millis + "ms";
    }
}
