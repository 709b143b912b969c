package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import io.rankwright.cli.Command.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A score whose treatment was drawn by lot: who visits often is moved by an ad, the others are not. */
class ScoreUpliftTest {
    private static final double EFFECT = 0.35;

    @TempDir
    Path scratch;

    private Path application;

    @BeforeEach
    void write() throws IOException {
        application = scratch.resolve("ads");
        Files.createDirectories(application.resolve("contracts"));
        Files.createDirectories(application.resolve("data"));
        Files.writeString(application.resolve("app.yaml"), """
                application: ads
                requirements:
                  objective: show the ad to whom it moves
                  scale: { users: 1M, items: 1M, requests_per_user_per_day: 1 }
                framing:
                  task: score
                  item: visitor
                  labels:
                    bought: { where: bought == 1 }
                  uplift: { treatment: saw_ad, label: bought, learner: x }
                data:
                  entities:
                    visitor: { source: visitors.csv, key: visitor_id }
                  split: { folds: 3, seed: 7 }
                features:
                  visitor:
                    visits: { number: visits }
                    spent:  { number: spent }
                model:
                  linear: { hold: 1 }
                  trees:  { rounds: 60, depth: 3, learning_rate: 0.1 }
                evaluation:
                  offline: { bought: [auc, ece], uplift: [qini, auuc, uplift@30] }
                  gates: [ "uplift.qini > 0", "bought.ece <= 0.05" ]
                serving:
                  title: visitor_id
                """);
        Files.writeString(application.resolve("contracts/visitor.yaml"), """
                contract: visitor
                columns:
                  visitor_id: { type: id, entity: visitor }
                  visits:     { type: number, min: 0 }
                  spent:      { type: number, min: 0 }
                  saw_ad:     { type: number, min: 0, max: 1 }
                  bought:     { type: number, min: 0, max: 1 }
                """);
        var random = new SplittableRandom(3);
        var lines = new StringBuilder("visitor_id,visits,spent,saw_ad,bought\n");
        for (int i = 0; i < 6_000; i++) {
            double visits = random.nextDouble() * 10;
            double spent = random.nextDouble() * 100;
            boolean saw = random.nextDouble() < 0.4;
            double chance = 0.1 + 0.3 * spent / 100 + (saw && visits > 5 ? EFFECT : 0);
            lines.append(String.format(
                    Locale.ROOT,
                    "v%d,%.2f,%.2f,%d,%d%n",
                    i,
                    visits,
                    spent,
                    saw ? 1 : 0,
                    random.nextDouble() < chance ? 1 : 0));
        }
        Files.writeString(application.resolve("data/visitors.csv"), lines);
    }

    @Test
    void whomTheTreatmentMovesIsLearnt_judged_andAnswered() throws Exception {
        Result evaluated = Command.run(scratch, "evaluate", application.toString(), "--format", "json");
        assertThat(evaluated.exitCode()).as(evaluated.err()).isZero();
        JsonNode metrics = new ObjectMapper().readTree(evaluated.out()).path("metrics");
        assertThat(metrics.path("uplift.uplift@30").asDouble()).isBetween(EFFECT - 0.08, EFFECT + 0.08);
        assertThat(metrics.path("uplift.auuc").asDouble()).isBetween(0.7 * EFFECT / 8, 1.2 * EFFECT / 8);

        try (Running running = Command.serve(scratch, application.toString(), "--port", "0")) {
            JsonNode moved = score(running, "{\"visits\": \"8\", \"spent\": \"50\"}");
            JsonNode other = score(running, "{\"visits\": \"2\", \"spent\": \"50\"}");
            assertThat(moved.path("effect").asDouble()).isBetween(EFFECT - 0.15, EFFECT + 0.15);
            assertThat(other.path("effect").asDouble()).isBetween(-0.15, 0.15);
            assertThat(moved.path("probabilities").path("bought").asDouble()).isBetween(0.0, 1.0);
        }
    }

    private static JsonNode score(Running running, String visitor) throws IOException, InterruptedException {
        String body = running.send("POST", "/v1/score", visitor).body();
        return new ObjectMapper().readTree(body);
    }

    @Test
    void aFeatureThatLooksAtTheTreatment_andAWrongOne_areRefused() throws IOException {
        Path yaml = application.resolve("app.yaml");
        String right = Files.readString(yaml);
        for (String[] wrong : new String[][] {
            {"number: spent }", "number: spent * saw_ad }", "a feature that looks at the treatment"},
            {"treatment: saw_ad", "treatment: saw_add", "saw_add"},
            {"label: bought, learner", "label: sold, learner", "the label 'sold'"},
            {"learner: x", "learner: y", "expected one of t, x, class"},
            {"trees:  {", "forest: {", "forest"},
        }) {
            Files.writeString(yaml, right.replace(wrong[0], wrong[1]));
            Result refused = Command.run(scratch, "check", application.toString());
            assertThat(refused.exitCode()).as(wrong[1]).isEqualTo(2);
            assertThat(refused.err()).contains("app.yaml:").contains(wrong[2]).doesNotContain("\tat ");
        }
    }
}
