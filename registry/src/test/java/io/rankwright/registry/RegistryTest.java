package io.rankwright.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.Expression;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryTest {
    @TempDir
    Path folder;

    private Registry registry;

    @BeforeEach
    void open() {
        registry = new Registry(folder);
    }

    private Version register(String key, boolean hasPassed) {
        var lineage = new Version.Lineage(
                "app", "real", "s", "a", "c", "snapshot", "2022-05-06", "2022-05-06", 7, 2, "cpu", 0);
        return registry.register(new Registry.Draft(
                key,
                "2026-01-01T00:00:00Z",
                lineage,
                Map.of("ranker", key.getBytes(StandardCharsets.UTF_8)),
                Map.of("click.auc", 0.7),
                Map.of(),
                List.of(new Gates.Result("click.auc > 0.5", hasPassed, "click.auc = 0.7"))));
    }

    @Test
    void promoteAndRollBackMoveTheLiveVersion() {
        register("one", true);
        register("two", true);

        registry.promote(1, false);
        registry.promote(2, false);
        assertThat(registry.versions())
                .extracting(Version::stage)
                .containsExactly(Version.Stage.RETIRED, Version.Stage.LIVE);
        assertThat(registry.rollback().id()).isEqualTo(1);
        assertThat(new Registry(folder).live())
                .hasValueSatisfying(live -> assertThat(live.id()).isEqualTo(1));
        assertThatThrownBy(registry::rollback).isInstanceOf(UserFault.class);
    }

    @Test
    void aRefusedVersionServesOnlyByForce() {
        register("bad", false);

        assertThatThrownBy(() -> registry.promote(1, false))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("click.auc > 0.5")
                .hasMessageContaining("--force");
        assertThat(registry.promote(1, true).stage()).isEqualTo(Version.Stage.LIVE);
    }

    @Test
    void aDamagedFileIsFound_andNoPathIsAnAddress() throws IOException {
        Version version = register("one", true);
        String hash = version.artefacts().get("ranker");
        assertThat(registry.artefact(hash)).asString().isEqualTo("one");

        Files.writeString(folder.resolve("blobs").resolve(hash), "two");

        assertThatThrownBy(() -> registry.artefact(hash))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("damaged");
        assertThatThrownBy(() -> registry.artefact("../live.json")).hasMessageContaining("no content hash");
    }

    @Test
    void theSameKeyFindsTheSameVersion() {
        register("one", true);

        assertThat(registry.find("one"))
                .hasValueSatisfying(version -> assertThat(version.id()).isEqualTo(1));
        assertThat(registry.find("two")).isEmpty();
    }

    @Test
    void gatesCompareWithTheBestBaseline_andFailOnWhatWasNotMeasured() throws Expression.Fault {
        var metrics = Map.of(
                "click.auc",
                0.75,
                "popular.click.auc",
                0.7,
                "item_knn.recall@100",
                0.3,
                "popular.recall@100",
                0.2,
                "feed.recall@100",
                0.25);
        var gates = List.of(
                Expression.parse("click.auc > baseline.click.auc"),
                Expression.parse("feed.recall@100 > baseline.recall@100"),
                Expression.parse("feed.recall@100 > popular.recall@100"),
                Expression.parse("click.ece <= 0.02"));

        assertThat(Gates.judge(gates, metrics, List.of("popular", "item_knn")))
                .extracting(Gates.Result::hasPassed)
                .containsExactly(true, false, true, false);
    }
}
