package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two versions of one application, the second with one feature more. */
class FeaturesAndSnapshotsTest {
    @TempDir
    Path scratch;

    @Test
    void featuresAndSnapshotsAreListedComparedAndPruned() throws IOException {
        Path folder = Command.smallApplication(scratch);
        String application = folder.toString();
        Result nothing = Command.run(scratch, "features", application);
        assertThat(nothing.exitCode()).isEqualTo(2);
        assertThat(nothing.err()).contains("no version of video-feed").contains("rankwright run");

        assertThat(Command.run(scratch, "train", application).exitCode()).isZero();
        Path yaml = folder.resolve("app.yaml");
        Files.writeString(
                yaml,
                Files.readString(yaml)
                        .replace(
                                "  context: [hour_of_day",
                                "  owners: { user: growth team, ctr_2h: ranking team }\n  context: [hour_of_day")
                        .replace(
                                "    ctr_1d: ",
                                "    ctr_2h:            { rate: click, window: 2h, prior: 20 }\n    ctr_1d: "));
        assertThat(Command.run(scratch, "train", application).exitCode()).isZero();
        assertThat(Command.run(scratch, "promote", application, "v1", "--force").exitCode())
                .isZero();

        JsonNode features = new ObjectMapper()
                .readTree(Command.run(scratch, "features", application, "--format", "json")
                        .out())
                .path("features");
        JsonNode added = named(features, "ctr_2h");
        assertThat(added.path("definition").asText()).isEqualTo("rate: click, by: video, window: 2h, prior: 20");
        assertThat(added.path("owner").asText()).isEqualTo("ranking team");
        assertThat(added.path("usedBy")).extracting(JsonNode::asText).containsExactly("v2 ranker");
        // The values are those of the live version's snapshot, in which it was not yet.
        assertThat(added.has("profile")).isFalse();
        JsonNode degree = named(features, "active_degree");
        assertThat(degree.path("owner").asText()).isEqualTo("growth team");
        assertThat(degree.path("profile").path("missing").asDouble()).isBetween(0.0, 1.0);
        assertThat(degree.path("profile").path("distinct").asInt()).isGreaterThan(1);
        assertThat(degree.path("usedBy"))
                .extracting(JsonNode::asText)
                .contains("v1 ranker", "v1 towers", "v2 ranker", "v2 towers");
        JsonNode exposures = named(features, "exposures").path("profile").path("quantiles");
        assertThat(exposures).hasSize(11);
        for (int i = 1; i < exposures.size(); i++) {
            assertThat(exposures.get(i).asDouble())
                    .isGreaterThanOrEqualTo(exposures.get(i - 1).asDouble());
        }

        String list = Command.run(scratch, "snapshots", "list", application).out();
        String[] lines = list.lines().toArray(String[]::new);
        assertThat(lines).hasSize(3);
        assertThat(lines[1]).contains("v2").doesNotContain("live");
        assertThat(lines[2]).contains("v1 (live)");
        String newer = lines[1].substring(0, 12);
        String older = lines[2].substring(0, 12);

        Result diff = Command.run(scratch, "snapshots", "diff", application, older, newer);
        assertThat(diff.exitCode()).as(diff.err()).isZero();
        assertThat(diff.out()).contains("+ ctr_2h").contains("ctr_1d                   PSI 0.0000");
        Result unknown = Command.run(scratch, "snapshots", "diff", application, older, "zzz");
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.err()).contains("no snapshot 'zzz'").contains(newer);

        // Both are named by versions that are live or may still go live.
        assertThat(Command.run(scratch, "snapshots", "prune", application, "--keep", "0")
                        .out())
                .contains("0 deleted, 2 kept");
        assertThat(Command.run(scratch, "promote", application, "v2", "--force").exitCode())
                .isZero();
        assertThat(Command.run(scratch, "snapshots", "prune", application, "--keep", "0")
                        .out())
                .contains("deleted " + older)
                .contains("1 deleted, 1 kept");
    }

    private static JsonNode named(JsonNode features, String name) {
        for (JsonNode feature : features) {
            if (feature.path("name").asText().equals(name)) {
                return feature;
            }
        }
        throw new AssertionError("no feature " + name);
    }
}
