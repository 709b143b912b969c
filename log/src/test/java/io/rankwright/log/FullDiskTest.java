package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.dev.SmallDisk;
import io.rankwright.spec.EnvironmentFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log on a disk that fills up while it is open, and has room again later. */
class FullDiskTest {
    @TempDir
    Path folder;

    private static List<Map<String, String>> watches(int from, int count) {
        var watches = new ArrayList<Map<String, String>>();
        for (int i = from; i < from + count; i++) {
            watches.add(EventLogTest.watch(1 + i % 50, 1 + i % 30, 1_650_000_000_000L + i, 5));
        }
        return watches;
    }

    @Test
    void whatDoesNotFitIsRefused_whatIsThereIsRead_andWithRoomAgainItIsTaken() throws Exception {
        Optional<SmallDisk> mounted = SmallDisk.in(folder.resolve("disk"), 64);
        Assumptions.assumeTrue(mounted.isPresent(), "a small file system cannot be mounted here");
        try (SmallDisk disk = mounted.get();
                EventLog log = EventLog.open(disk.folder().resolve("log"), TestApplication.in(folder))) {
            log.append("watch", watches(0, 1000), "test");
            Path filler = disk.fill();

            assertThatThrownBy(() -> {
                        for (int i = 1; i < 1000; i++) {
                            log.append("watch", watches(i * 1000, 1000), "test");
                        }
                    })
                    .isInstanceOf(EnvironmentFault.class)
                    .hasMessageContaining("disk is full");

            assertThat(log.arrivedSince("watch", 0, 500)).hasSize(500);
            Files.delete(filler);
            assertThat(log.append("watch", watches(2_000_000, 10), "test").accepted())
                    .hasSize(10);
        }
    }
}
