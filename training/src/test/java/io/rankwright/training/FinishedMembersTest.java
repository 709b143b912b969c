package io.rankwright.training;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinishedMembersTest {
    private static final Map<String, byte[]> LEARNT = Map.of("dcn.onnx", "network".getBytes(UTF_8));

    @TempDir
    private Path folder;

    @Test
    void whatWasFinishedBeforeAKillIsNotLearntAgain() {
        var killed = new FinishedMembers(folder.resolve("ranker"));
        killed.member("teacher-1", _ -> LEARNT);
        assertThatThrownBy(() -> killed.member("network", _ -> {
                    throw new IllegalStateException("killed");
                }))
                .hasMessage("killed");

        var resumed = new FinishedMembers(folder.resolve("ranker"));
        Map<String, byte[]> teacher = resumed.member("teacher-1", _ -> {
            throw new AssertionError("it is learnt a second time");
        });

        assertThat(teacher).containsOnlyKeys("dcn.onnx");
        assertThat(teacher.get("dcn.onnx")).isEqualTo(LEARNT.get("dcn.onnx"));
        assertThat(resumed.member("network", checkpoints -> {
                    assertThat(checkpoints).isEqualTo(folder.resolve("ranker").resolve("network"));
                    return LEARNT;
                }))
                .isEqualTo(LEARNT);
        resumed.clear();
        assertThat(folder.resolve("ranker")).doesNotExist();
    }

    @Test
    void aTornFileIsNamed() throws IOException {
        var members = new FinishedMembers(folder);
        members.member("network", _ -> LEARNT);
        Path file = folder.resolve("network.member");
        byte[] whole = Files.readAllBytes(file);
        whole[new String(whole, ISO_8859_1).indexOf("network")] ^= 1;
        Files.write(file, whole);

        assertThatThrownBy(() -> members.member("network", _ -> LEARNT))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("network.member is broken")
                .hasMessageContaining("delete " + folder);
    }
}
