package io.rankwright.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
    @TempDir
    private Path folder;

    @Test
    void theFolderIsMade_andTheOldFileIsReplaced() {
        Path file = folder.resolve("deep").resolve("down").resolve("file");

        WholeFile.write(file, "old and longer".getBytes(UTF_8));
        WholeFile.write(file, "new".getBytes(UTF_8));

        assertThat(file).hasContent("new");
        assertThat(file.getParent()).isDirectoryContaining(path -> path.equals(file));
        assertThat(file.resolveSibling("file.partial")).doesNotExist();
    }

    @Test
    void whatCannotBeWrittenLeavesTheOldFile() throws IOException {
        Path file = folder.resolve("file");
        WholeFile.write(file, "old".getBytes(UTF_8));
        Files.createDirectory(folder.resolve("file.partial"));

        assertThatThrownBy(() -> WholeFile.write(file, "new".getBytes(UTF_8)))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("could not write " + file)
                .hasMessageContaining("the old file stays");
        assertThat(file).hasContent("old");
    }
}
