package io.rankwright.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.rankwright.cli.Command.Result;
import io.rankwright.spec.ApplicationShape;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The docs tell the truth of today. */
class DocsTest {
    private static final Path ROOT = Path.of("..");

    @TempDir
    Path scratch;

    @Test
    void theReferenceIsWhatTheSchemaSays() throws IOException {
        assertThat(ROOT.resolve("docs/reference/application-file.md"))
                .as("write it with: ./rankwright schema --format markdown > docs/reference/application-file.md")
                .hasContent(ApplicationShape.reference());
    }

    static Stream<String> commands() throws IOException {
        try (Stream<Path> pages = Files.walk(ROOT.resolve("docs"))) {
            List<Path> all = Stream.concat(
                            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
                            pages.filter(page -> page.toString().endsWith(".md")))
                    .toList();
            Pattern command = Pattern.compile("^\\./rankwright ([^#>\\n]+)", Pattern.MULTILINE);
            var found = Stream.<String>builder();
            for (Path page : all) {
                Matcher matcher = command.matcher(Files.readString(page));
                while (matcher.find()) {
                    found.add(matcher.group(1).strip());
                }
            }
            return found.build().distinct();
        }
    }

    /** Every command of the docs is one that there is; what each does is tested where it is built. */
    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandOfTheDocsIsUnderstood(String command) {
        assertThatCode(() -> Main.commandLine().parseArgs(command.split(" +")))
                .as(command)
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"search", "score"})
    void whatNewWritesOfAnotherTaskIsRight(String task) {
        Result made = Command.run(scratch, "new", "my-own", "--task", task, "--in", scratch.toString());
        assertThat(made.exitCode()).as(made.err()).isZero();

        Result checked = Command.run(scratch, "check", scratch.resolve("my-own").toString());
        assertThat(checked.exitCode()).as(checked.err()).isZero();
        Result run = Command.run(scratch, "run", scratch.resolve("my-own").toString(), "--no-serve");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("no data found").doesNotContain("\tat ");
    }

    @Test
    void whatNewWritesIsRight() {
        Result made = Command.run(scratch, "new", "my-feed", "--in", scratch.toString());
        assertThat(made.exitCode()).as(made.err()).isZero();

        Result checked =
                Command.run(scratch, "check", scratch.resolve("my-feed").toString());
        assertThat(checked.exitCode()).as(checked.err()).isZero();
        assertThat(checked.out()).contains("my-feed: right");
        Result run = Command.run(scratch, "run", scratch.resolve("my-feed").toString(), "--no-serve");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("no data found").doesNotContain("\tat ");
        assertThat(Command.run(scratch, "new", "my-feed", "--in", scratch.toString())
                        .exitCode())
                .isEqualTo(2);
        assertThat(Command.run(scratch, "new", "../up", "--in", scratch.toString())
                        .exitCode())
                .isEqualTo(2);
    }

    @Test
    void checkPrintsEveryProblemAndNoStackTrace() throws IOException {
        Path application = Command.smallApplication(scratch);
        Path yaml = application.resolve("app.yaml");
        Files.writeString(
                yaml, Files.readString(yaml).replace("task: feed", "task: fed").replace("slots: 20", "slotz: 20"));

        Result checked = Command.run(scratch, "check", application.toString());

        assertThat(checked.exitCode()).isEqualTo(2);
        assertThat(checked.err())
                .contains("'fed'")
                .contains("'slotz'")
                .contains("did you mean")
                .doesNotContain("\tat ");
    }

    @Test
    void theHelpNamesTheExitCodes() {
        var commandLine = Main.commandLine();
        var out = new StringWriter();
        commandLine.setOut(new PrintWriter(out));

        assertThat(commandLine.execute("--help")).isZero();
        assertThat(out.toString())
                .contains("run")
                .contains("evaluate")
                .contains("Exit codes")
                .contains("70");
    }
}
