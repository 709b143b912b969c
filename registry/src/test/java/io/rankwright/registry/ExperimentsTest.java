package io.rankwright.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentsTest {
    private static final List<Experiment.Arm> ARMS =
            List.of(new Experiment.Arm("control", Map.of(), 0), new Experiment.Arm("new", Map.of(), 3));

    @TempDir
    Path folder;

    @Test
    void whatIsKeptIsRead_andEnds() {
        Experiments experiments = new Registry(folder).experiments();
        assertThat(experiments.all()).isEmpty();
        Experiment started = experiments.start("one", "main", 0.5, 7, ARMS);

        assertThat(new Registry(folder).experiments().running()).containsExactly(started);
        assertThat(started.arms().getLast().versionOf()).hasValue(3);
        Experiment stopped = experiments.stop("one", 9);
        assertThat(stopped.stoppedMillis()).isEqualTo(9);
        assertThat(experiments.running()).isEmpty();
        assertThat(experiments.named("one")).isEqualTo(stopped);
        assertThatThrownBy(() -> experiments.start("one", "main", 0.5, 7, ARMS)).isInstanceOf(UserFault.class);
    }

    @Test
    void experimentsOfALayerHaveNobodyInCommon_thoseOfOthersDoNotKnowOfEachOther() {
        Experiments experiments = new Registry(folder).experiments();
        Experiment first = experiments.start("first", "main", 0.5, 1, ARMS);
        Experiment second = experiments.start("second", "main", 0.5, 2, ARMS);
        Experiment other = experiments.start("other", "rerank", 1, 3, ARMS);
        assertThatThrownBy(() -> experiments.start("third", "main", 0.1, 4, ARMS))
                .isInstanceOf(UserFault.class)
                .hasMessageContainingAll("no room", "first", "second");

        Map<String, Integer> together = new HashMap<>();
        for (int user = 0; user < 20_000; user++) {
            String subject = "user-" + user;
            assertThat(first.arm(subject).isPresent())
                    .isNotEqualTo(second.arm(subject).isPresent());
            first.arm(subject)
                    .ifPresent(arm -> together.merge(
                            arm.name() + " " + other.arm(subject).orElseThrow().name(), 1, Integer::sum));
        }
        // A quarter of the half each.
        assertThat(together).hasSize(4);
        together.values().forEach(count -> assertThat(count).isBetween(2300, 2700));

        experiments.stop("first", 5);
        assertThat(experiments.start("third", "main", 0.4, 6, ARMS).from()).isZero();
    }

    @Test
    void armsAreAsLargeAsTheyWereMeantToBe() {
        Experiment experiment = new Registry(folder)
                .experiments()
                .start(
                        "sized",
                        "main",
                        1,
                        7,
                        List.of(
                                new Experiment.Arm("control", Map.of(), 0, 9),
                                new Experiment.Arm("new", Map.of(), 3, 1)));

        int isNew = 0;
        for (int user = 0; user < 20_000; user++) {
            isNew += experiment.arm("user-" + user).orElseThrow().name().equals("new") ? 1 : 0;
        }
        // A tenth, give or take three standard errors.
        assertThat(isNew).isBetween(1870, 2130);
        assertThat(new Experiment.Arm("old", Map.of(), 0, 0).size()).isEqualTo(1);
        assertThatThrownBy(() -> new Experiment.Arm("a", Map.of(), 0, -1)).hasMessageContaining("size");
    }

    @Test
    void anArmOnlyChangesWhatTakesNoTraining() {
        assertThatThrownBy(() -> new Experiment.Arm("a", Map.of("model.rank.trees.depth", "3"), 0))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("model.rank.trees.depth");
        assertThat(new Experiment.Arm("a", Map.of("model.retrieve.fresh.weight", "0.5"), 0).changes())
                .hasSize(1);
        assertThatThrownBy(() -> new Experiment("One", "main", 0, 1, 1, 0, ARMS))
                .isInstanceOf(UserFault.class);
        assertThatThrownBy(() -> new Experiment("one", "main", 0, 1.5, 1, 0, ARMS))
                .isInstanceOf(UserFault.class);
    }
}
