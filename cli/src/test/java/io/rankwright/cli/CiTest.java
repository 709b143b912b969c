package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.cli.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CiTest {
    @TempDir
    Path scratch;

    @Test
    void aFeedWhoseAnswersAreThoseOfThenMayServe_othersMustNot() throws IOException {
        Path application = Command.trainedApplication(scratch);

        Result without = Command.run(scratch, "ci", application.toString(), "--simulate");
        assertThat(without.exitCode()).isEqualTo(2);
        assertThat(without.err())
                .contains("no golden answers")
                .contains("--record")
                .doesNotContain("\tat ");

        assertThat(Command.run(scratch, "ci", application.toString(), "--simulate", "--record", "--answers", "5")
                        .out())
                .startsWith("5 answers of v1");
        Result same = Command.run(scratch, "ci", application.toString(), "--simulate");
        assertThat(same.exitCode()).as(same.out() + same.err()).isZero();
        assertThat(same.out()).contains("5 answers alike by 1.00").contains("v1 of video-feed: may serve");

        Path golden = application.resolve("golden.jsonl");
        Files.writeString(golden, Files.readString(golden).replaceAll("\"ids\":\\[\"\\d+\"", "\"ids\":[\"none\""));
        Result other = Command.run(scratch, "ci", application.toString(), "--simulate", "--likeness", "0.95");
        assertThat(other.exitCode()).isEqualTo(1);
        assertThat(other.out()).contains("FAILED golden answers").contains("must not serve");

        Files.writeString(golden, "{\"ask\": \"1\", \"ids\": [\"2\"], \"values\": {}}\n{}\n");
        Result broken = Command.run(scratch, "ci", application.toString(), "--simulate");
        assertThat(broken.exitCode()).isEqualTo(2);
        assertThat(broken.err()).contains("golden.jsonl:2");
    }

    @Test
    void aSearchIsCheckedLikewise() throws IOException {
        Path application = Command.application("paper-search", scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace("pages: ../../docs, queries: 400", "pages: pages, queries: 100")
                        .replaceFirst("gates: .*", "gates: [ \"search.ndcg@10 > 2\" ]"));
        Command.copy(Path.of("../docs/decisions"), application.resolve("pages"));

        Result refused = Command.run(scratch, "ci", application.toString(), "--record");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("was refused by its gates");

        Files.writeString(
                yaml, Files.readString(yaml).replaceFirst("gates: .*", "gates: [ \"search.ndcg@10 > 0.2\" ]"));
        assertThat(Command.run(scratch, "ci", application.toString(), "--record")
                        .exitCode())
                .isZero();
        Result same = Command.run(scratch, "ci", application.toString());
        assertThat(same.exitCode()).as(same.out() + same.err()).isZero();
        assertThat(same.out())
                .contains("ok     contracts")
                .contains("ok     gate")
                .contains("20 answers alike by 1.00");
    }
}
