package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.cli.Command.Result;
import io.rankwright.cli.Command.Running;
import io.rankwright.log.EventLog;
import io.rankwright.spec.FeedApplication;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** An experiment from its start to its verdict, on a server that runs all the while. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ExperimentTest {
    private static final int USERS = 600;

    @TempDir
    static Path scratch;

    private static String application;
    private static Running running;

    @BeforeAll
    static void serve() {
        application = Command.trainedApplication(scratch).toString();
        running = Command.serve(scratch, application, "--port", "0");
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static Result experiment(String... arguments) {
        var all = new ArrayList<>(List.of("experiment"));
        all.addAll(List.of(arguments));
        return Command.run(scratch, all.toArray(String[]::new));
    }

    private static void await(Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!holds.call()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
        }
    }

    private static JsonNode arms(int user) throws IOException, InterruptedException {
        return running.get("/v1/feed/" + user + "?slots=10").path("arms");
    }

    @Test
    @Order(1)
    void whatMustBeTrained_orMeansNothing_isRefused() {
        for (String[] wrong : new String[][] {
            {"fresh:model.rank.dcn.cross=2", "model.rank.dcn.cross", "compared as a version"},
            {"fresh:model.retrieve.fresh.weight", "expected ARM:PATH=YAML", ""},
            {"fresh:version=v9", "no version v9", ""},
            {"fresh:model.retrieve.fresh.weight=much", "weight", "expected"},
        }) {
            Result refused = experiment("start", application, "wrong", "--arm", "control", "--arm", wrong[0]);
            assertThat(refused.exitCode()).as(refused.err()).isEqualTo(2);
            assertThat(refused.err()).contains(wrong[1]).contains(wrong[2]).doesNotContain("\tat ");
        }
        Result alone = experiment("start", application, "alone", "--arm", "control");
        assertThat(alone.err()).contains("expected two at least");
    }

    @Test
    @Order(2)
    void arms_changeTheCascade_andAreNamedByTheAnswer() throws Exception {
        Result started = experiment(
                "start",
                application,
                "few-fresh",
                "--arm",
                "control",
                "--arm",
                "few:model.rank.candidates=30",
                "--arm",
                "few:model.rerank=[{deduplicate: {}}]");
        assertThat(started.exitCode()).as(started.err()).isZero();
        await(() -> !arms(1).isEmpty());

        Map<String, Set<Boolean>> isFew = new HashMap<>();
        for (int user = 1; user <= 40; user++) {
            JsonNode feed = running.get("/v1/feed/" + user + "?slots=10");
            assertThat(feed.path("arms")).hasSize(1);
            isFew.computeIfAbsent(feed.path("arms").get(0).asText(), _ -> new TreeSet<>())
                    .add(feed.path("ranked").asInt() <= 30);
            assertThat(arms(user)).isEqualTo(feed.path("arms"));
        }
        assertThat(isFew).isEqualTo(Map.of("few-fresh/control", Set.of(false), "few-fresh/few", Set.of(true)));

        Result second = experiment("start", application, "second", "--arm", "control", "--arm", "b");
        assertThat(second.exitCode()).isEqualTo(2);
        assertThat(second.err()).contains("no room").contains("few-fresh");
    }

    /** Those who see the second arm watch longer here: the report must say so, and no more. */
    @Test
    @Order(3)
    void theReportFindsWhoWatchesLonger() throws Exception {
        for (int user = 1; user <= USERS; user++) {
            JsonNode feed = running.get("/v1/feed/" + user + "?slots=5");
            boolean isFew = feed.path("arms").get(0).asText().endsWith("/few");
            var events = new ArrayList<String>();
            for (JsonNode slot : feed.path("slots")) {
                long millis = 10_000 + user % 7 * 1000L + (isFew ? 6000 : 0);
                events.add("{\"user_id\": \"%d\", \"video_id\": \"%s\", \"play_time_ms\": %d, \"tab\": \"1\"}"
                        .formatted(user, slot.path("item").asText(), millis));
            }
            assertThat(running.send("POST", "/v1/events", "{\"events\": [" + String.join(",", events) + "]}")
                            .statusCode())
                    .isEqualTo(202);
        }

        Result table = experiment("report", application, "few-fresh");
        assertThat(table.exitCode()).as(table.err()).isZero();
        assertThat(table.out())
                .contains("watch_seconds_per_user")
                .contains("few: better: +")
                .contains("latency_p99");
        JsonNode report = new ObjectMapper()
                .readTree(experiment("report", application, "few-fresh", "--format", "json")
                        .out());
        assertThat(report.path("subjects").path("control").asInt()
                        + report.path("subjects").path("few").asInt())
                .isEqualTo(USERS);
        assertThat(report.path("sampleRatio").asDouble()).isGreaterThan(0.001);
        assertThat(report.path("verdicts").path("few").path("decision").asText())
                .isEqualTo("BETTER");
        JsonNode watch = report.path("metrics").get(0);
        assertThat(report.path("looks").size()).isGreaterThan(5);
        JsonNode last = report.path("looks").get(report.path("looks").size() - 1);
        assertThat(last.path("value").asDouble())
                .isCloseTo(
                        watch.path("comparison").path("relative").path("value").asDouble(), within(1e-9));
        assertThat(watch.path("name").asText()).isEqualTo("watch_seconds_per_user");
        // Five videos, each six seconds longer.
        assertThat(watch.path("comparison").path("treated").asDouble()
                        - watch.path("comparison").path("control").asDouble())
                .isBetween(27.0, 33.0);
        String page = running.send("GET", "/experiments", "").body();
        assertThat(page)
                .contains("few-fresh")
                .contains("<b>few</b>: better: +")
                .contains("The split is as it was meant to be")
                .contains("aria-label='Changes with their intervals'");
        assertThat(running.send("POST", "/models/rollback", "").statusCode()).isEqualTo(400);
        JsonNode ctr = report.path("metrics").get(1);
        assertThat(ctr.path("comparison").path("control").asDouble()).isEqualTo(1);
    }

    @Test
    @Order(4)
    void whenItHasEnded_everybodyGetsTheSame() throws Exception {
        assertThat(experiment("stop", application, "few-fresh").exitCode()).isZero();
        await(() -> arms(1).isEmpty());

        Result list = experiment("list", application);
        assertThat(list.out()).contains("few-fresh").contains("ended").contains("few: model.rank.candidates=30");
        assertThat(experiment("stop", application, "few-fresh").err()).contains("has ended before");
        assertThat(experiment("report", application, "nothing").err()).contains("no experiment 'nothing'");
    }

    @Test
    @Order(5)
    void anArmMayNameItsVersion_whichIsLoadedBesideTheLiveOne() throws Exception {
        Result trained = Command.run(scratch, "train", application, "--seed", "9");
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        Result started = experiment(
                "start", application, "next", "--layer", "models", "--arm", "control", "--arm", "next:version=v2");
        assertThat(started.exitCode()).as(started.err()).isZero();
        await(() -> !arms(1).isEmpty());

        Map<String, Set<String>> versions = new HashMap<>();
        for (int user = 1; user < 40; user++) {
            JsonNode feed = running.get("/v1/feed/" + user + "?slots=3");
            assertThat(feed.path("slots")).hasSize(3);
            versions.computeIfAbsent(feed.path("arms").get(0).asText(), _ -> new TreeSet<>())
                    .add(feed.path("version").asText());
        }
        assertThat(versions).isEqualTo(Map.of("next/control", Set.of("v1"), "next/next", Set.of("v2")));
    }

    @Test
    @Order(9)
    void whatWasServedIsWhatTheLogGives_andWhatIsNotIsNamed() throws IOException {
        Result same = Command.run(scratch, "skew", application, "--share", "100%", "--format", "json");

        assertThat(same.exitCode()).as(same.out() + same.err()).isZero();
        JsonNode skew = new ObjectMapper().readTree(same.out());
        assertThat(skew.path("skew").path("vectors").asInt()).isGreaterThan(1_000);
        assertThat(skew.path("match").asDouble()).isGreaterThanOrEqualTo(0.9999);

        Path yaml = Path.of(application).resolve("app.yaml");
        String before = Files.readString(yaml);
        Files.writeString(
                yaml,
                before.replace(
                        "    ctr:               { rate: click, prior: 20 }", "    ctr: { rate: click, prior: 21 }"));
        try {
            Result other = Command.run(scratch, "skew", application, "--share", "100%");
            assertThat(other.exitCode()).as(other.out() + other.err()).isEqualTo(1);
            assertThat(other.out()).containsPattern("\\bctr +differs in");
        } finally {
            Files.writeString(yaml, before);
        }
    }

    @Test
    @Order(10)
    void aSimulatedAudienceWatches_andEveryPageSaysSo() throws Exception {
        Result stranger = Command.run(scratch, "simulate", application, "--address", "http://192.0.2.1:8080");
        assertThat(stranger.exitCode()).isEqualTo(2);
        assertThat(stranger.err()).contains("expected a server on this machine");
        Result wrong = Command.run(scratch, "simulate", application, "--break", "play_time_ms");
        assertThat(wrong.err()).contains("expected COLUMN=FACTOR");

        Result watched;
        try (var busy = new BusyDoor(running.address())) {
            watched = Command.run(
                    scratch,
                    "simulate",
                    application,
                    "--address",
                    busy.address(),
                    "--minutes",
                    "0.15",
                    "--speed",
                    "3000",
                    "--break",
                    "play_time_ms=1000",
                    "--format",
                    "json");
            assertThat(busy.refused()).isPositive();
        }

        assertThat(watched.exitCode()).as(watched.err()).isZero();
        assertThat(watched.err()).contains("SIMULATED AUDIENCE");
        JsonNode said = new ObjectMapper().readTree(watched.out());
        JsonNode seen = said.path("seen").path("version v1");
        assertThat(said.path("failed").asInt()).as(watched.err()).isZero();
        assertThat(seen.path("sessions").asInt()).isGreaterThan(5);
        assertThat(seen.path("taken").asInt()).isBetween(1, seen.path("looks").asInt() - 1);
        try (EventLog log = EventLog.readOnly(
                Path.of(application).resolve(".rankwright/simulated/log"),
                FeedApplication.read(Path.of(application)))) {
            assertThat(log.hasSimulatedAudience()).isTrue();
        }
    }

    @Test
    @Order(11)
    void aPlanSaysWhatAnExperimentCouldFind() throws IOException {
        Result days = experiment("plan", application, "--days", "2", "--format", "json");
        assertThat(days.exitCode()).as(days.err()).isZero();
        JsonNode plan = new ObjectMapper().readTree(days.out());
        JsonNode watch = plan.path("lines").get(0);
        assertThat(watch.path("metric").asText()).isEqualTo("watch_seconds_per_user");
        double n = plan.path("subjects").asDouble();
        // (1.96 + .84) deviations of the difference of two means.
        assertThat(watch.path("detectable").asDouble() * watch.path("mean").asDouble())
                .isCloseTo(2.8016 * watch.path("deviation").asDouble() * Math.sqrt(4 / n), withinPercentage(2));
        assertThat(watch.path("subjectsForOne").asDouble())
                .isCloseTo(n * Math.pow(watch.path("detectable").asDouble() / 0.01, 2), withinPercentage(2));
        assertThat(experiment("plan", application, "--share", "0").exitCode()).isEqualTo(2);
    }

    @Test
    @Order(12)
    void twoRankingsInOneList_tellWhichIsBetter() throws Exception {
        Result three = experiment(
                "start",
                application,
                "three",
                "--layer",
                "mix",
                "--interleave",
                "--arm",
                "a",
                "--arm",
                "b",
                "--arm",
                "c");
        assertThat(three.exitCode()).isEqualTo(2);
        assertThat(three.err()).contains("expected two");
        Result started = experiment(
                "start",
                application,
                "mixed",
                "--layer",
                "mix",
                "--interleave",
                "--arm",
                "control",
                "--arm",
                "few:model.rank.candidates=12");
        assertThat(started.exitCode()).as(started.err()).isZero();
        await(() -> arms(1).toString().contains("mixed/interleaved"));

        Set<String> teams = new TreeSet<>();
        for (int user = 100; user < 130; user++) {
            JsonNode feed = running.get("/v1/feed/" + user + "?slots=8");
            assertThat(feed.path("slots")).hasSize(8);
            var events = new ArrayList<String>();
            for (JsonNode slot : feed.path("slots")) {
                assertThat(slot.path("position").asInt()).isEqualTo(events.size());
                String team = slot.path("team").asText();
                teams.add(team);
                events.add("{\"user_id\": \"%d\", \"video_id\": \"%s\", \"play_time_ms\": %d, \"tab\": \"1\"}"
                        .formatted(user, slot.path("item").asText(), team.equals("control") ? 9_000 : 500));
            }
            running.send("POST", "/v1/events", "{\"events\": [" + String.join(",", events) + "]}");
        }
        assertThat(teams).containsExactly("control", "few");

        JsonNode report = new ObjectMapper()
                .readTree(experiment("report", application, "mixed", "--format", "json")
                        .out());
        assertThat(report.path("first").asInt()).isGreaterThanOrEqualTo(28);
        assertThat(report.path("second").asInt()).isZero();
        assertThat(report.path("takes").path("few").asInt()).isZero();
        assertThat(experiment("report", application, "mixed").out()).contains("control has the better ranking");
        assertThat(running.send("GET", "/experiments", "").body()).contains("control has the better ranking");
        assertThat(Command.run(scratch, "skew", application, "--share", "100%").exitCode())
                .isZero();
    }
}
