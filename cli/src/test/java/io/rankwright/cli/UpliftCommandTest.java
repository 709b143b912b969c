package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpliftCommandTest {
    @TempDir
    Path scratch;

    /** Those with a great x are moved by .3, the others not; y moves the outcome whether treated or not. */
    private Path log(int units) throws IOException {
        var random = new SplittableRandom(5);
        var lines = new StringBuilder("treatment,outcome,x,y\n");
        for (int i = 0; i < units; i++) {
            double x = random.nextDouble();
            double y = random.nextDouble();
            boolean isTreated = random.nextBoolean();
            int outcome = random.nextDouble() < 0.1 + 0.4 * y + (isTreated && x > 0.5 ? 0.3 : 0) ? 1 : 0;
            lines.append(String.format(Locale.ROOT, "%d,%d,%.4f,%.4f%n", isTreated ? 1 : 0, outcome, x, y));
        }
        return Files.writeString(scratch.resolve("log.csv"), lines);
    }

    @Test
    void whomTheTreatmentMovesIsFound() throws IOException {
        Result result = Command.run(scratch, "uplift", log(6_000).toString(), "--features", "x,y", "--format", "json");

        assertThat(result.exitCode()).as(result.err()).isZero();
        JsonNode found = new ObjectMapper().readTree(result.out());
        assertThat(found.path("effect").asDouble()).isBetween(0.11, 0.19);
        for (String learner : new String[] {"t", "x", "class"}) {
            JsonNode reached = found.path("learners").path(learner);
            assertThat(reached.path("qini").path("low").asDouble()).as(learner).isPositive();
            assertThat(reached.path("upliftAt").path("30").path("value").asDouble())
                    .isBetween(0.2, 0.4);
        }
    }

    @Test
    void whatIsNoLogIsRefused() throws IOException {
        Path file = log(100);
        Files.writeString(file, Files.readString(file).replaceFirst("\n[01],", "\n2,"));
        Result wrong = Command.run(scratch, "uplift", file.toString(), "--features", "x,y");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err())
                .contains("log.csv:2: treatment is 2.0; expected 0 or 1")
                .doesNotContain("\tat ");

        Result few = Command.run(scratch, "uplift", log(6).toString(), "--features", "x,y");
        assertThat(few.exitCode()).isEqualTo(2);
        assertThat(few.err()).contains("too few units");

        Result none = Command.run(scratch, "uplift", file.toString(), "--features", "x,z");
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.err()).contains("z");
    }
}
