package io.rankwright.spec;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Optional;

/** A day of a split: so many days before D, the last day of the log, or a date. Immutable. */
public sealed interface Day {
    /** {@code D-2}: two days before the last. */
    record BeforeLast(int days) implements Day {
        @Override
        public String toString() {
            return days == 0 ? "D" : "D-" + days;
        }
    }

    /** A calendar day. */
    record Date(LocalDate date) implements Day {
        @Override
        public String toString() {
            return date.toString();
        }
    }

    /** The calendar day, given the last day of the log. */
    default LocalDate on(LocalDate last) {
        return switch (this) {
            case BeforeLast before -> last.minusDays(before.days());
            case Date day -> day.date();
        };
    }

    static Optional<Day> parse(String text) {
        String day = text.strip();
        if (day.equals("D")) {
            return Optional.of(new BeforeLast(0));
        }
        if (day.matches("D-\\d{1,4}")) {
            return Optional.of(new BeforeLast(Integer.parseInt(day.substring(2))));
        }
        try {
            return Optional.of(new Date(LocalDate.parse(day)));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
