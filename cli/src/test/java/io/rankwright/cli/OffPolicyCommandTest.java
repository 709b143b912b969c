package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OffPolicyCommandTest {
    @TempDir
    Path folder;

    private record Result(int exitCode, String out, String err) {}

    private static Result run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int code = Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
        return new Result(code, out.toString(), err.toString());
    }

    /** A uniform choice of four, of which the second earns .3 and the others .1; the other policy shows the second in .7. */
    private Path log(int rows) throws IOException {
        var random = new SplittableRandom(4);
        var text = new StringBuilder("click,p,target,model,mean\n");
        for (int i = 0; i < rows; i++) {
            int shown = random.nextInt(4);
            double truth = shown == 1 ? 0.3 : 0.1;
            text.append(random.nextDouble() < truth ? 1 : 0)
                    .append(",0.25,")
                    .append(shown == 1 ? 0.7 : 0.1)
                    .append(',')
                    .append(truth)
                    .append(",0.24\n");
        }
        return Files.writeString(folder.resolve("log.csv"), text);
    }

    @Test
    void theValueOfTheOtherPolicyIsFound() throws IOException {
        Result result = run(
                "off-policy",
                log(20_000).toString(),
                "--reward",
                "click",
                "--propensity",
                "p",
                "--predicted",
                "model",
                "--expected",
                "mean",
                "--format",
                "json");

        assertThat(result.exitCode()).as(result.err()).isZero();
        JsonNode estimates = new ObjectMapper().readTree(result.out()).path("estimates");
        assertThat(estimates).hasSize(4);
        estimates.forEach(estimate -> {
            assertThat(estimate.path("value").asDouble()).isCloseTo(0.24, within(0.02));
            assertThat(estimate.path("low").asDouble()).isLessThan(0.24);
            assertThat(estimate.path("high").asDouble()).isGreaterThan(0.24);
        });
    }

    @Test
    void aSmallLogGivesNoVerdict_andOneWithoutPropensitiesIsRefused() throws IOException {
        Path small = log(500);
        assertThat(run("off-policy", small.toString(), "--reward", "click", "--propensity", "p")
                        .out())
                .contains("no verdict: fewer than 1000");

        Files.writeString(small, "click,p,target\n1,0.5,0.5\n0,,0.5\n");
        Result empty = run("off-policy", small.toString(), "--reward", "click", "--propensity", "p");
        assertThat(empty.exitCode()).isEqualTo(2);
        assertThat(empty.err()).contains("log.csv:3: p is empty");

        Files.writeString(small, "click,p,target\n1,often,0.5\n");
        assertThat(run("off-policy", small.toString(), "--reward", "click", "--propensity", "p")
                        .err())
                .contains("'often'")
                .contains("a number");
        assertThat(run("off-policy", small.toString()).err()).contains("propensity");
        assertThat(run("off-policy", "nowhere.csv").err()).contains("no file nowhere.csv");
    }
}
