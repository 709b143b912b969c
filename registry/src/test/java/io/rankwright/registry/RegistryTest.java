package io.rankwright.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.Expression;
import io.rankwright.spec.Serving;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryTest {
    private static final Serving.Canary HOW = new Serving.Canary(List.of(0.1, 0.5), Duration.ofSeconds(1));

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

        registry.promote(1, false, 0);
        registry.promote(2, false, 0);
        assertThat(registry.versions())
                .extracting(Version::stage)
                .containsExactly(Version.Stage.RETIRED, Version.Stage.LIVE);
        assertThat(registry.rollback(0).id()).isEqualTo(1);
        assertThat(new Registry(folder).live())
                .hasValueSatisfying(live -> assertThat(live.id()).isEqualTo(1));
        assertThatThrownBy(() -> registry.rollback(0)).isInstanceOf(UserFault.class);
    }

    @Test
    void aRefusedVersionServesOnlyByForce() {
        register("bad", false);

        assertThatThrownBy(() -> registry.promote(1, false, 0))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("click.auc > 0.5")
                .hasMessageContaining("--force");
        assertThat(registry.promote(1, true, 0).stage()).isEqualTo(Version.Stage.LIVE);
    }

    @Test
    void aCanaryGoesFromStepToStep_andThenServes() {
        register("one", true);
        register("two", true);
        registry.promote(1, false, 0);
        Canaries canaries = registry.canaries();

        Canary canary = canaries.start(2, HOW, false, 1000);

        assertThat(registry.version(2).stage()).isEqualTo(Version.Stage.CANARY);
        assertThat(canary.share()).isEqualTo(0.1);
        assertThat(canary.isHeld(1999)).isFalse();
        assertThat(canary.isHeld(2000)).isTrue();
        Canary widened = canaries.widen(canary, 2000);
        assertThat(widened.share()).isEqualTo(0.5);
        assertThat(widened.isHeld(2000)).isFalse();
        for (int user = 0; user < 200; user++) {
            // Whom the first step answered, the second one answers.
            assertThat(widened.answers("u" + user) || !canary.answers("u" + user))
                    .isTrue();
        }
        Canary ended = canaries.widen(widened, 3000);
        assertThat(ended.outcome()).isEqualTo(Canary.Outcome.PROMOTED);
        assertThat(registry.live())
                .hasValueSatisfying(live -> assertThat(live.id()).isEqualTo(2));
        assertThat(registry.liveBefore()).hasValue(1);
        assertThat(canaries.running()).isEmpty();
        assertThat(new Registry(folder).canaries().all()).containsExactly(ended);
    }

    @Test
    void aCanaryThatDoesHarmIsTakenBack_andWhatWasDecidedOnAnOldOneChangesNothing() {
        register("one", true);
        register("bad", false);
        register("three", true);
        Canaries canaries = registry.canaries();
        assertThatThrownBy(() -> canaries.start(1, HOW, false, 0)).hasMessageContaining("no version is live");
        registry.promote(1, false, 0);
        assertThatThrownBy(() -> canaries.start(1, HOW, false, 0)).hasMessageContaining("live already");
        assertThatThrownBy(() -> canaries.start(2, HOW, false, 0)).hasMessageContaining("refused by its gates");

        Canary first = canaries.start(3, HOW, false, 0);
        assertThatThrownBy(() -> canaries.start(2, HOW, true, 0)).hasMessageContaining("v3 is tried already");
        Canary back = canaries.rollBack(first, "slower", 50);

        assertThat(back.outcome()).isEqualTo(Canary.Outcome.ROLLED_BACK);
        assertThat(back.answers("u1")).isFalse();
        assertThat(canaries.widen(first, 60)).isSameAs(first);
        assertThat(canaries.all()).containsExactly(back);
        assertThat(registry.live())
                .hasValueSatisfying(live -> assertThat(live.id()).isEqualTo(1));

        canaries.start(3, HOW, false, 70);
        registry.promote(3, false, 80);
        assertThat(canaries.all().getLast().outcome()).isEqualTo(Canary.Outcome.PROMOTED);
        registry.rollback(90);
        canaries.start(3, HOW, false, 100);
        assertThat(registry.rollback(200).id()).isEqualTo(1);
        assertThat(canaries.all().getLast().outcome()).isEqualTo(Canary.Outcome.STOPPED);
        assertThatThrownBy(() -> canaries.stop(300)).hasMessageContaining("no canary runs");
    }

    @Test
    void thoseThatWriteTakeTurns() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            var writing = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < 20; i++) {
                String key = "key" + i;
                writing.add(() -> register(key, true).id());
            }
            var ids = new TreeSet<Integer>();
            for (Future<Integer> id : threads.invokeAll(writing)) {
                ids.add(id.get());
            }
            assertThat(ids).hasSize(20);
        }
        assertThat(registry.versions()).hasSize(20);
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
    void aGateOverTheLiveVersion_comparesWithIt_orPassesWhereThereIsNone() throws Expression.Fault {
        var gates = List.of(Expression.parse("click.auc >= live.click.auc - 0.01"));

        assertThat(Gates.judge(gates, Map.of("click.auc", 0.75, "live.click.auc", 0.755), List.of(), Optional.empty()))
                .extracting(Gates.Result::hasPassed)
                .containsExactly(true);
        assertThat(Gates.judge(gates, Map.of("click.auc", 0.75, "live.click.auc", 0.77), List.of(), Optional.empty()))
                .extracting(Gates.Result::hasPassed)
                .containsExactly(false);
        assertThat(Gates.judge(gates, Map.of("click.auc", 0.75), List.of(), Optional.of("none is live")))
                .containsExactly(new Gates.Result(gates.getFirst().toString(), true, "none is live"));
        assertThat(Gates.judge(gates, Map.of("click.auc", 0.75), List.of(), Optional.empty()))
                .extracting(Gates.Result::hasPassed)
                .containsExactly(false);
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

        assertThat(Gates.judge(gates, metrics, List.of("popular", "item_knn"), Optional.empty()))
                .extracting(Gates.Result::hasPassed)
                .containsExactly(true, false, true, false);
    }
}
