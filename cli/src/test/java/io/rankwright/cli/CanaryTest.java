package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rankwright.cli.Command.Result;
import io.rankwright.cli.Command.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** New versions come to serve everyone by themselves, or are taken back by themselves, on a server that runs all the while. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CanaryTest {
    private static final int USERS = 600;

    @TempDir
    static Path scratch;

    private static String application;
    private static Running running;

    @BeforeAll
    static void serve() {
        application = Command.trainedApplication(scratch).toString();
        running = Command.serve(scratch, application, "--port", "0");
        // Beside the server, whose log and registry these are.
        succeed("train", application, "--seed", "5", "--fresh");
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static String succeed(String... arguments) {
        Result result = Command.run(scratch, arguments);
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    private static Result canary(String... arguments) {
        var all = new ArrayList<>(List.of("canary"));
        all.addAll(List.of(arguments));
        return Command.run(scratch, all.toArray(String[]::new));
    }

    /** Everyone looks at a feed and takes half of it, of the version that is named a fourth; the answer is who answered. */
    private static Set<String> everyoneLooks(String worse) throws IOException, InterruptedException {
        Set<String> versions = new HashSet<>();
        for (int user = 1; user <= USERS; user++) {
            JsonNode feed = running.get("/v1/feed/" + user + "?slots=8");
            String version = feed.path("version").asText();
            versions.add(version);
            var events = new ArrayList<String>();
            int slot = 0;
            for (JsonNode shown : feed.path("slots")) {
                boolean isTaken = (user + slot++) % (version.equals(worse) ? 4 : 2) == 0;
                String event =
                        "{\"user_id\": \"%d\", \"video_id\": \"%s\", \"play_time_ms\": %d, \"is_click\": %d, \"tab\": \"1\"}";
                events.add(event.formatted(user, shown.path("item").asText(), isTaken ? 9000 : 900, isTaken ? 1 : 0));
            }
            assertThat(running.send("POST", "/v1/events", "{\"events\": [" + String.join(",", events) + "]}")
                            .statusCode())
                    .isEqualTo(202);
        }
        return versions;
    }

    private static void awaitOutcome(String outcome, String worse) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        for (String list = ""; !list.contains(outcome); list = succeed("canary", "list", application)) {
            assertThat(System.nanoTime()).as(outcome + " in " + list).isLessThan(deadline);
            everyoneLooks(worse);
        }
    }

    @Test
    @Order(1)
    void whatCannotBeTried_isRefused() {
        for (String[] wrong : new String[][] {
            {"v9", "no version v9"}, {"v1", "v1 is live already"}, {"newest", "expected one such as v3"},
        }) {
            Result refused = canary("start", application, wrong[0], "--force");
            assertThat(refused.exitCode()).isEqualTo(2);
            assertThat(refused.err()).contains(wrong[1]).doesNotContain("\tat ");
        }
        Result falling = canary("start", application, "v2", "--steps", "25%,5%");
        assertThat(falling.err()).contains("expected shares that rise");
        assertThat(canary("stop", application).err()).contains("no canary runs");
    }

    @Test
    @Order(2)
    void aVersionThatDoesNoHarm_comesToServeEveryone_andARollbackTakesASecond() throws Exception {
        Result started = canary("start", application, "v2", "--force", "--steps", "30%,60%", "--hold", "1s");
        assertThat(started.exitCode()).as(started.err()).isZero();

        awaitOutcome("v2: promoted", "");

        assertThat(everyoneLooks("")).isEqualTo(Set.of("v2"));
        assertThat(succeed("rollback", application)).contains("v1 serves everyone");
        long asked = System.nanoTime();
        while (!running.get("/v1/version").path("id").asText().equals("1")) {
            assertThat(System.nanoTime() - asked).isLessThan(TimeUnit.SECONDS.toNanos(1));
        }
    }

    /** Everything that one should know of a version, on the command line and in the console. */
    @Test
    @Order(2)
    void aCardTellsWhatAVersionIsFor_fromWhatItWasMade_andHowGoodItIs() throws Exception {
        String card = succeed("models", application, "--card", "v2");

        assertThat(card)
                .startsWith("# video-feed v2")
                .contains("**Simulated data**")
                .contains("## What it is for")
                .contains("| seed, workers, device | 5, ")
                .containsPattern("\\| click\\.auc \\| 0\\.\\d{4} \\| 0\\.\\d{4} to 0\\.\\d{4} \\|")
                .contains("## For whom")
                .contains("- `click.auc > 0.5`: ");
        assertThat(running.send("GET", "/models/v2/card", "").body()).isEqualTo(card);
        assertThat(running.send("GET", "/models/v9/card", "").statusCode()).isEqualTo(404);
        assertThat(Command.run(scratch, "models", application, "--card", "v9").err())
                .contains("no version v9");
    }

    @Test
    @Order(3)
    void aVersionThatIsTakenLess_isTakenBack_andTheOthersNeverSawIt() throws Exception {
        Result started = canary("start", application, "v2", "--force", "--steps", "30%,60%", "--hold", "10m");
        assertThat(started.exitCode()).as(started.err()).isZero();
        assertThat(started.out()).contains("v2 answers 30% of the users; then 60%, each held for 10m");
        assertThat(canary("start", application, "v2", "--force").err()).contains("v2 is tried already");
        assertThat(succeed("models", application)).containsPattern("v2 +canary");

        awaitOutcome("v2: rolled back", "v2");

        assertThat(succeed("canary", "list", application)).contains("of what is shown is taken");
        long asked = System.nanoTime();
        while (!everyoneLooks("").equals(Set.of("v1"))) {
            assertThat(System.nanoTime() - asked).isLessThan(TimeUnit.SECONDS.toNanos(30));
        }
        assertThat(running.get("/v1/feed/1").path("arms")).isEmpty();
    }

    @Test
    @Order(4)
    void aShadowAnswersBeside_andNobodySeesIt() throws Exception {
        assertThat(Command.run(scratch, "shadow", "start", application, "v1").err())
                .contains("v1 is live already");
        assertThat(succeed("shadow", "start", application, "v2", "--share", "100%"))
                .contains("v2 answers 100% of the subjects, unseen");
        assertThat(Command.run(scratch, "shadow", "start", application, "v2").err())
                .contains("v2 is a shadow already");

        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!running.send("GET", "/metrics", "")
                .body()
                .matches("(?s).*rankwright_shadow_requests_total\\{outcome=\"compared\"} [1-9]\\d+\\.0.*")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            JsonNode feed = running.get("/v1/feed/" + (1 + System.nanoTime() % 100) + "?slots=8");
            assertThat(feed.path("version").asText()).isEqualTo("v1");
        }

        assertThat(running.send("GET", "/models", "").body())
                .contains("v2 answers 100% of the requests a second time, unseen")
                .contains(" 0 failed");
        assertThat(succeed("shadow", "list", application)).contains("v2: runs, 100% of the subjects");
        succeed("shadow", "stop", application);
        assertThat(Command.run(scratch, "shadow", "stop", application).err()).contains("no shadow runs");
    }

    /** What another version says lies in rows of another shape: who watches the live one must not look at them. */
    @Test
    @Order(5)
    void versionsOfOtherInputsAreInterleaved() throws Exception {
        Path yaml = Path.of(application).resolve("app.yaml");
        String before = Files.readString(yaml);
        Files.writeString(
                yaml,
                before.replaceFirst("    dcn: .*\n", "")
                        .replace(
                                "trees: { heads: [click, watch],", "trees: { heads: [click, watch], features: [ctr],"));
        try {
            assertThat(succeed("train", application)).contains("v3 is");
        } finally {
            Files.writeString(yaml, before);
        }
        succeed(
                "experiment",
                "start",
                application,
                "shapes",
                "--interleave",
                "--arm",
                "now",
                "--arm",
                "other:version=v3");

        Set<String> teams = new HashSet<>();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (teams.size() < 2) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            running.get("/v1/feed/" + (1 + System.nanoTime() % 100) + "?slots=8")
                    .path("slots")
                    .forEach(slot -> teams.add(slot.path("team").asText("none")));
            teams.remove("none");
        }
        assertThat(teams).containsExactlyInAnyOrder("now", "other");
        // Everyone who looks is answered, and what they do is taken in.
        everyoneLooks("");
    }
}
