package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import io.rankwright.dev.Faults;
import io.rankwright.dev.SmallDisk;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillAndFullDiskTest {
    private static final long SEED = 20220506;
    private static final int KILLS = Faults.times(6, 20);

    @TempDir
    Path scratch;

    /** What a run comes to: every model file by its hash, every metric, and the log. */
    private static String outcome(Path application, Path home) throws IOException {
        JsonNode version = new ObjectMapper()
                .readTree(home.resolve("simulated/registry/versions/1.json").toFile());
        try (EventLog log = EventLog.open(home.resolve("simulated/log"), FeedApplication.read(application))) {
            return version.path("artefacts") + "\n" + version.path("metrics") + "\n"
                    + version.path("lineage").path("snapshot") + "\n" + log.contentHash() + " " + log.size();
        }
    }

    @Test
    void killedAgainAndAgain_theResultIsThatOfAnUndisturbedRun() throws IOException, InterruptedException {
        Path application = Command.smallApplication(scratch);
        Path undisturbed = scratch.resolve("undisturbed");
        long start = System.nanoTime();
        assertThat(Command.run(scratch, "run", application.toString(), "--no-serve", "--home", undisturbed.toString())
                        .exitCode())
                .isZero();
        long wholeMillis = (System.nanoTime() - start) / 1_000_000;
        Path disturbed = scratch.resolve("disturbed");
        var random = new SplittableRandom(SEED);
        System.out.println("seed " + SEED + ", a whole run takes " + wholeMillis + " ms");
        int killed = 0;
        for (int i = 0; i < KILLS; i++) {
            Process process = Command.start(
                    List.of("run", application.toString(), "--no-serve", "--home", disturbed.toString()),
                    Map.of(),
                    scratch.resolve("kill-out"),
                    scratch.resolve("kill-err"));
            if (!process.waitFor(300 + random.nextLong(wholeMillis) / 3, TimeUnit.MILLISECONDS)) {
                killed++;
            }
            process.destroyForcibly().waitFor();
        }

        Result last = Command.run(scratch, "run", application.toString(), "--no-serve", "--home", disturbed.toString());

        assertThat(last.exitCode()).as(last.err()).isZero();
        // What was done before a kill is not done again: the last runs may come to their end.
        assertThat(killed).isGreaterThan(1);
        assertThat(outcome(application, disturbed)).isEqualTo(outcome(application, undisturbed));
    }

    /** A file system of a few megabytes fills up in the middle of a run; with more room the run goes on. */
    @Test
    void aFullDiskIsTold_andNothingIsHalfWritten() {
        Path application = Command.smallApplication(scratch);
        Optional<SmallDisk> mounted = SmallDisk.in(scratch.resolve("small-disk"), 3);
        Assumptions.assumeTrue(mounted.isPresent(), "a small file system cannot be mounted here");
        try (SmallDisk small = mounted.get()) {
            Result full = Command.run(
                    scratch,
                    "run",
                    application.toString(),
                    "--no-serve",
                    "--home",
                    small.folder().resolve("home").toString());
            assertThat(full.exitCode()).as(full.err()).isEqualTo(3);
            assertThat(full.err()).containsIgnoringCase("no space").doesNotContain("\tat ");

            assertThat(small.resize(600)).isTrue();
            Result more = Command.run(
                    scratch,
                    "run",
                    application.toString(),
                    "--no-serve",
                    "--home",
                    small.folder().resolve("home").toString());
            assertThat(more.exitCode()).as(more.err()).isZero();
        }
    }
}
