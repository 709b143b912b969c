package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log on a disk that fills up while it is open, and has room again later. */
class FullDiskTest {
    @TempDir
    Path folder;

    private static boolean mount(Path disk) throws IOException, InterruptedException {
        return new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk.toString())
                        .start()
                        .waitFor()
                == 0;
    }

    /** As another program fills a disk, to the last byte. */
    private static void fill(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] block = new byte[1 << 16];
            while (true) {
                out.write(block);
            }
        } catch (IOException _) {
            // Full.
        }
    }

    private static List<Map<String, String>> watches(int from, int count) {
        var watches = new ArrayList<Map<String, String>>();
        for (int i = from; i < from + count; i++) {
            watches.add(EventLogTest.watch(1 + i % 50, 1 + i % 30, 1_650_000_000_000L + i, 5));
        }
        return watches;
    }

    @Test
    void whatDoesNotFitIsRefused_whatIsThereIsRead_andWithRoomAgainItIsTaken() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Assumptions.assumeTrue(mount(disk), "a small file system cannot be mounted here");
        try (EventLog log = EventLog.open(disk.resolve("log"), TestApplication.in(folder))) {
            log.append("watch", watches(0, 1000), "test");
            fill(disk.resolve("filler"));

            assertThatThrownBy(() -> {
                        for (int i = 1; i < 1000; i++) {
                            log.append("watch", watches(i * 1000, 1000), "test");
                        }
                    })
                    .isInstanceOf(EnvironmentFault.class)
                    .hasMessageContaining("disk is full");

            assertThat(log.arrivedSince("watch", 0, 500)).hasSize(500);
            Files.delete(disk.resolve("filler"));
            assertThat(log.append("watch", watches(2_000_000, 10), "test").accepted())
                    .hasSize(10);
        } finally {
            new ProcessBuilder("umount", "-l", disk.toString()).start().waitFor();
        }
    }
}
