package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import io.rankwright.dev.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What search and score reach on the real data, where they are found: in every build without embeddings, which take
 * minutes; whole with {@code -Pfaults}.
 */
class SearchAndScoreFiguresTest {
    private static final Path DATA =
            Path.of("../../shared/data").toAbsolutePath().normalize();

    @TempDir
    Path scratch;

    private JsonNode evaluated(Path application, String folder) throws IOException {
        Assumptions.assumeTrue(Files.isDirectory(DATA.resolve(folder)), "no " + folder + " in " + DATA);
        Result result =
                Command.run(scratch, "evaluate", application.toString(), "--data", DATA.toString(), "--format", "json");
        assertThat(result.exitCode()).as(result.err()).isZero();
        System.out.println(result.out());
        JsonNode answer = new ObjectMapper().readTree(result.out());
        assertThat(answer.path("data").asText()).isEqualTo("real");
        return answer.path("metrics");
    }

    private Path changed(String name, String... replacements) throws IOException {
        Path application = Command.application(name, scratch);
        Path yaml = application.resolve("app.yaml");
        String text = Files.readString(yaml);
        for (int i = 0; i < replacements.length; i += 2) {
            assertThat(text).containsPattern(replacements[i]);
            text = text.replaceAll(replacements[i], replacements[i + 1]);
        }
        Files.writeString(yaml, text);
        return application;
    }

    /** Anserini's figures for BM25 with k1 .9 and b .4 over title and abstract: nDCG@10 .6789, recall@100 .9253. */
    @Test
    void wordsAloneReachThePublishedFigureOnSciFact_andTheRankerBettersThem() throws IOException {
        JsonNode metrics = evaluated(
                changed(
                        "paper-search",
                        "    network: .*",
                        "    lambdamart: { candidates: 50, rounds: 150, depth: 4, learning_rate: 0.05, models: 4 }",
                        " +meaning: .*\n",
                        "",
                        " +closeness: .*\n",
                        "",
                        " +place_meaning: .*\n",
                        "",
                        " +dense: \\{.*\n",
                        "",
                        "baselines: .*",
                        "baselines: [bm25, fused]",
                        "gates: .*",
                        "gates: []"),
                "scifact");

        assertThat(metrics.path("bm25.ndcg@10").asDouble()).isCloseTo(0.6789, within(0.0001));
        assertThat(metrics.path("bm25.recall@100").asDouble()).isCloseTo(0.9253, within(0.0001));
        assertThat(metrics.path("search.ndcg@10").asDouble()).isGreaterThan(0.68);
    }

    @Test
    void regressionsAloneJudgePostsWell() throws IOException {
        JsonNode metrics = evaluated(
                changed(
                        "harmful-content",
                        " +trees: .*\n",
                        "",
                        " +network: .*\n",
                        "",
                        " +meaning: .*\n",
                        "",
                        "folds: 5",
                        "folds: 3",
                        "baselines: .*",
                        "baselines: []"),
                "hate-speech");

        assertThat(metrics.path("case.weighted_f1").asDouble()).isGreaterThan(0.89);
        assertThat(metrics.path("hate.auc").asDouble()).isGreaterThan(0.89);
        assertThat(metrics.path("hate.ece").asDouble()).isLessThan(0.02);
    }

    @Test
    void theWholeSearchReachesItsFigures() throws IOException {
        Assumptions.assumeTrue(Faults.isFull(), "encodes 5,183 abstracts: only with -Pfaults");
        JsonNode metrics = evaluated(Command.application("paper-search", scratch), "scifact");

        assertThat(metrics.path("dense.ndcg@10").asDouble()).isGreaterThan(0.645);
        assertThat(metrics.path("fused.ndcg@10").asDouble()).isGreaterThan(0.71);
        assertThat(metrics.path("search.ndcg@10").asDouble()).isGreaterThan(0.73);
    }

    @Test
    void theWholeScoreReachesItsFigures() throws IOException {
        Assumptions.assumeTrue(Faults.isFull(), "encodes 24,783 posts and trains by folds: only with -Pfaults");
        JsonNode metrics = evaluated(Command.application("harmful-content", scratch), "hate-speech");

        assertThat(metrics.path("case.weighted_f1").asDouble()).isGreaterThan(0.909);
        assertThat(metrics.path("hate.f1").asDouble()).isGreaterThan(0.45);
        for (String label : new String[] {"hate", "offensive", "neither"}) {
            assertThat(metrics.path(label + ".ece").asDouble()).isLessThan(0.02);
        }
    }
}
