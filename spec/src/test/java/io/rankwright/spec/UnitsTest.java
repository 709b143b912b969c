package io.rankwright.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({"500M, 500000000", "10B, 10000000000", "20k, 20000", "1.5k, 1500", "7, 7"})
    void aCountIsReadAndWrittenTheSame(String text, long count) {
        assertThat(Units.count(text)).contains(count);
        assertThat(Units.text(count)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"200ms, 200", "90s, 90000", "15m, 900000", "1h, 3600000", "7d, 604800000"})
    void aDurationIsReadAndWrittenTheSame(String text, long millis) {
        assertThat(Units.duration(text)).contains(Duration.ofMillis(millis));
        assertThat(Units.text(Duration.ofMillis(millis))).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "M", "1.23456k5", "-3", "5 hours", "1e9"})
    void whatIsNoCountIsRefused(String text) {
        assertThat(Units.count(text)).isEmpty();
    }

    @Test
    void aShareIsAFractionOrAPercentage() {
        assertThat(Units.share("99.9%"))
                .hasValueSatisfying(share -> assertThat(share).isBetween(0.9989, 0.9991));
        assertThat(Units.share("0.05")).contains(0.05);
        assertThat(Units.share("1.5")).isEmpty();
    }
}
