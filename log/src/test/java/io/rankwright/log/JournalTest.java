package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.log.Journal.Entry;
import io.rankwright.spec.EnvironmentFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("journal.jsonl");
    }

    @Test
    void whatWasKeptIsThereAfterARestart_andCountsOnce() {
        try (Journal journal = Journal.open(file)) {
            assertThat(journal.keep(List.of(entry(1), entry(2), entry(1)))).containsExactly(true, true, false);
        }
        try (Journal journal = Journal.open(file)) {
            assertThat(journal.keep(List.of(entry(2), entry(3)))).containsExactly(false, true);
        }
        assertThat(Journal.entries(file)).containsExactly(entry(1), entry(2), entry(3));
    }

    /** Cut at every byte: the journal opens with the entries that are whole, and goes on behind them. */
    @Test
    void aTornTailIsCutOff() throws Exception {
        try (Journal journal = Journal.open(file)) {
            journal.keep(List.of(entry(1), entry(2), entry(3)));
        }
        byte[] whole = Files.readAllBytes(file);
        for (int cut = 0; cut < whole.length; cut++) {
            Files.write(file, Arrays.copyOf(whole, cut));
            List<Entry> before = Journal.entries(file);
            try (Journal journal = Journal.open(file)) {
                journal.keep(List.of(entry(9)));
            }
            var expected = new ArrayList<>(before);
            expected.add(entry(9));
            assertThat(Journal.entries(file)).as("cut at %d", cut).isEqualTo(expected);
        }
    }

    @Test
    void aBitThatFlippedIsFoundAndNamed_orIsTheTornTail() throws Exception {
        try (Journal journal = Journal.open(file)) {
            journal.keep(List.of(entry(1), entry(2), entry(3), entry(4)));
        }
        byte[] whole = Files.readAllBytes(file);
        List<Entry> right = Journal.entries(file);
        for (long seed = 0; seed < 500; seed++) {
            var random = new SplittableRandom(seed);
            byte[] damaged = whole.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            try {
                List<Entry> found = Journal.entries(file);
                assertThat(right).as("seed %d", seed).startsWith(found.toArray(Entry[]::new));
                assertThat(found).hasSize(3);
            } catch (EnvironmentFault fault) {
                assertThat(fault).hasMessageContaining("damaged in line");
            }
        }
    }

    @Test
    void aDamagedLineIsNotSilentlyDropped() throws Exception {
        try (Journal journal = Journal.open(file)) {
            journal.keep(List.of(entry(1), entry(2)));
        }
        Files.writeString(file, Files.readString(file).replaceFirst("\"kind\":\"click\"", "\"kind\":\"clack\""));

        assertThatThrownBy(() -> Journal.open(file))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("line 1");
    }

    private static Entry entry(int number) {
        return new Entry("e" + number, "click", 1000L * number, Map.of("query", "über die Straße " + number));
    }
}
