package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench retrieval} on a small made split: tastes in clusters, each user with items to learn from and to find. */
class BenchRetrievalTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @BeforeEach
    void makeSplit() throws IOException {
        var random = new SplittableRandom(20_261_121);
        var train = new StringBuilder("user,item\n");
        var test = new StringBuilder("user,item\n");
        for (int user = 0; user < 200; user++) {
            int cluster = random.nextInt(6);
            for (int k = 0; k < 20; k++) {
                int item = random.nextDouble() < 0.8 ? 6 * random.nextInt(30) + cluster : random.nextInt(180);
                (k < 15 ? train : test).append("u" + user + ",\"i," + item + "\"\n");
            }
        }
        Files.writeString(folder.resolve("train.csv"), train.toString());
        Files.writeString(folder.resolve("test.csv"), test.toString());
    }

    private Result bench(String... more) {
        var arguments = new ArrayList<>(List.of("bench", "retrieval", "--data", folder.toString()));
        arguments.addAll(List.of(more));
        return Command.run(folder, arguments.toArray(String[]::new));
    }

    @Test
    void everyMethodIsMeasured_theBestOnesBeatPopularity_andTheSameSeedGivesTheSameFigures() throws IOException {
        Result result = bench("--format", "json");
        assertThat(result.exitCode()).as(result.err()).isZero();
        JsonNode report = JSON.readTree(result.out());
        JsonNode metrics = report.path("metrics");

        for (String method : List.of("popular", "item_knn", "ials", "graph", "ease", "blend", "best")) {
            assertThat(metrics.path(method + ".recall@20").asDouble(-1))
                    .as(method)
                    .isBetween(0.0, 1.0);
            assertThat(metrics.path(method + ".ndcg@20").asDouble(-1))
                    .as(method)
                    .isBetween(0.0, 1.0);
        }
        double popular = metrics.path("popular.recall@20").asDouble();
        assertThat(metrics.path("best.recall@20").asDouble()).isGreaterThan(1.5 * popular);
        assertThat(metrics.path("ease.recall@20").asDouble()).isGreaterThan(1.5 * popular);
        String best = report.path("best").asText();
        assertThat(metrics.path("best.ndcg@20")).isEqualTo(metrics.path(best + ".ndcg@20"));
        JsonNode again = JSON.readTree(bench("--format", "json").out()).path("metrics");
        assertThat(again.path("best.ndcg@20")).isEqualTo(metrics.path("best.ndcg@20"));
    }

    @Test
    void theTableNamesTheBest() {
        Result result = bench();

        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.out())
                .contains("200 users")
                .contains("* ")
                .contains("recall@20")
                .contains("ease");
    }

    @Test
    void wrongDataAreRefusedWithWhatWouldBeRight() throws IOException {
        Files.writeString(folder.resolve("test.csv"), "user,thing\nu1,i1\n");
        Result wrongHeader = bench();
        assertThat(wrongHeader.exitCode()).isEqualTo(2);
        assertThat(wrongHeader.err())
                .contains("test.csv:1")
                .contains("one with item")
                .doesNotContain("\tat ");

        Files.writeString(folder.resolve("test.csv"), "user,item\nu1,i1\nu2\n");
        Result wrongRow = bench();
        assertThat(wrongRow.exitCode()).isEqualTo(2);
        assertThat(wrongRow.err()).contains("test.csv:3");

        Files.delete(folder.resolve("test.csv"));
        Result missing = bench();
        assertThat(missing.exitCode()).isEqualTo(2);
        assertThat(missing.err()).contains("no test.csv").contains("user,item");
    }
}
