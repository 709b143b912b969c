package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training by hand, searching settings, and taking in a ranker from elsewhere, as a user does them. */
class TrainTuneImportTest {
    @TempDir
    static Path scratch;

    private static String application;

    @BeforeAll
    static void make() {
        application = Command.smallApplication(scratch).toString();
    }

    @Test
    void trainMakesACandidate_andAnotherSeedAnother() {
        Result first = Command.run(scratch, "train", application, "--seed", "3");
        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(first.out()).contains("click.auc").contains("lets it serve");

        Result second = Command.run(scratch, "train", application, "--seed", "4", "--workers", "1");
        assertThat(second.exitCode()).as(second.err()).isZero();
        Result models = Command.run(scratch, "models", application);
        assertThat(models.out()).contains("candidate").doesNotContain("live");

        Result again = Command.run(scratch, "reproduce", application, "v2");
        assertThat(again.exitCode()).as(again.out() + again.err()).isZero();
        assertThat(again.out())
                .contains("ranker ")
                .contains("towers ")
                .contains("v2 is reproduced, bit for bit")
                .doesNotContain("then,");
    }

    @Test
    void aDeviceThatIsNotThereIsSaid() {
        Result gpu = Command.run(scratch, "train", application, "--device", "gpu");
        assertThat(gpu.exitCode()).isEqualTo(3);
        assertThat(gpu.err()).contains("no GPU").contains("--device cpu").doesNotContain("\tat ");
        Result other = Command.run(scratch, "train", application, "--device", "abacus");
        assertThat(other.exitCode()).isEqualTo(2);
        assertThat(other.err()).contains("expected cpu or gpu");
    }

    @Test
    void tuneHalvesItsTrials_andGoesOnWhereItWas() throws IOException {
        String[] search = {
            "tune",
            application,
            "--try",
            "model.rank.trees.depth=2|3|4",
            "--try",
            "model.rank.dcn.cross=1|2",
            "--trials",
            "4",
            "--rungs",
            "2",
            "--format",
            "json"
        };
        Result first = Command.run(scratch, search);
        assertThat(first.exitCode()).as(first.err()).isZero();
        JsonNode trials = new ObjectMapper().readTree(first.out()).path("trials");
        assertThat(trials).hasSize(2);
        assertThat(trials.get(0).path("share").asDouble()).isEqualTo(1);
        assertThat(trials.get(0).path("metrics").path("click.logloss").asDouble())
                .isLessThanOrEqualTo(
                        trials.get(1).path("metrics").path("click.logloss").asDouble());
        assertThat(trials.get(0).path("settings").path("model.rank.dcn.cross").asText())
                .isIn("1", "2");

        Result again = Command.run(scratch, search);
        assertThat(again.out()).isEqualTo(first.out());
        assertThat(again.err().split("done before", -1)).hasSize(4 + 2 + 1);

        Result wrong = Command.run(scratch, "tune", application, "--try", "model.rank.dcn.crosses=1|2");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("the unknown key 'crosses'").contains("did you mean 'cross'");
    }

    @Test
    void aRankerFromElsewhereIsJudgedAndRegistered_andMayServe() throws IOException {
        Path model = scratch.resolve("elsewhere.onnx");
        Path manifest = scratch.resolve("elsewhere.json");
        Files.write(model, rates().toByteArray());
        Files.writeString(manifest, """
                {"inputs": [{"feature": "user_ctr", "missing": 0.5}, {"feature": "ctr", "missing": 0.5},
                            {"feature": "watch_mean", "missing": 2}], "outputs": ["watch", "click"]}""");
        String home = scratch.resolve("imported").toString();

        Result imported = Command.run(
                scratch,
                "import",
                application,
                "--model",
                model.toString(),
                "--manifest",
                manifest.toString(),
                "--home",
                home);
        assertThat(imported.exitCode()).as(imported.err()).isZero();
        assertThat(imported.err()).contains("imported");
        // The order of the outputs is the manifest's, not the application's.
        Matcher auc = Pattern.compile("click\\.auc +(\\d\\.\\d+)").matcher(imported.out());
        assertThat(auc.find()).isTrue();
        assertThat(Double.parseDouble(auc.group(1))).isGreaterThan(0.55);
        Result promoted = Command.run(scratch, "promote", application, "v1", "--force", "--home", home);
        assertThat(promoted.exitCode()).as(promoted.err()).isZero();

        Result refused = Command.run(
                scratch, "import", application, "--model", manifest.toString(), "--manifest", manifest.toString());
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("is no ONNX file").doesNotContain("\tat ");
    }

    /** The log-odds of a click as a weighted sum of two rates, the watch as its mean: {@code y = x · w}. */
    private static ModelProto rates() {
        return Onnx.model(GraphProto.newBuilder()
                .setName("rates")
                .addInput(Onnx.rows("x", 3))
                .addInitializer(Onnx.floats("w", List.of(3L, 2L), 0, 4, 0, 4, 1, -1.5f))
                .addNode(Onnx.node("MatMul", "y", "x", "w"))
                .addOutput(Onnx.rows("y", 2)));
    }
}
