package io.rankwright.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApplicationReaderTest {
    private static final Path VIDEO_FEED = Path.of("../apps/video-feed");

    @TempDir
    Path folder;

    private String text;

    @BeforeEach
    void copyTheRealApplication() throws IOException {
        try (Stream<Path> files = Files.walk(VIDEO_FEED)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                Path copy = folder.resolve(VIDEO_FEED.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        text = Files.readString(folder.resolve("app.yaml"));
    }

    private List<Problem> problemsOf(String changed) throws IOException {
        Files.writeString(folder.resolve("app.yaml"), changed);
        UserFault fault = catchThrowableOfType(UserFault.class, () -> FeedApplication.read(folder));
        return fault.problems();
    }

    @Test
    void theFlagshipIsRight() {
        FeedApplication application = FeedApplication.read(VIDEO_FEED);

        assertThat(application.name()).isEqualTo("video-feed");
        assertThat(application.requirements().items()).isEqualTo(10_000_000_000L);
        assertThat(application.framing().relevance().name()).isEqualTo("click");
        assertThat(application.subjectColumn()).isEqualTo("user_id");
        assertThat(application.hash()).hasSize(64);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gates: | gatse: | the unknown key 'gatse' | did you mean 'gates'",
                "user.user_active_degree | user.user_active_dgree | no source can fill it | did you mean 'user_active_degree'",
                "task: feed | task: fed | 'fed' | did you mean 'feed'",
                "click.ece <= 0.02 | click.eec <= 0.02 | the unknown metric 'click.eec' | did you mean 'ece'",
                "last: 50, where: click | last: 50, where: clicked | 'clicked' | did you mean",
                "validate: D-1, | validate: D-3, | after D-2 | train before validate",
                "users: 500M | users: many | 'many' | a count",
                "p99: 200ms | p99: fast | 'fast' | a duration",
                "play_time_ms > 5000 | play_time_ms >> 5000 | '>' | a name, a number",
                "heads: [click, watch], rounds | heads: [click], rounds | no head 'watch', which framing.utility needs | it in heads",
                "baselines: [popular, item_knn, trees] | baselines: [populer] | 'populer' | did you mean 'popular'",
                "slices:    [active_degree | slices:    [activ_degree | 'activ_degree' | did you mean 'active_degree'",
                "  slices:    [active_degree, tab, duration] | # none | slice_ece without slices | slices: [FEATURE]",
                "similar:   { | 'ials: { to: recent_videos, unobserved: 0 }\n    similar: {' | '0.0' | more than 0",
                "rounds: 600, depth: 5 | rounds: 600, depth: 0 | '0' | 1 to 16",
                "regularisation: 300 | regularisation: -1 | '-1.0' | 0 or more",
                "teachers: 2 | teachers: 9 | '9' | 0 to 8",
                "refit: true | refit: perhaps | 'perhaps' | true or false",
                "popularity: 0.06, epochs: 2 | popularity: 0.06, epochs: 0 | '0' | at least 1",
                "popularity: 0.06, epochs: 2 | popularity: 0.06, learning_rate: 2 | '2.0' | more than 0, at most 1",
                "row_rate: 0.08 | row_rate: 0 | '0.0' | more than 0, at most 1",
                "per: author_id | per: autor_id | 'autor_id' | did you mean 'author_id'",
                "zone: Asia/Shanghai | zone: Asia/Shanghia | time zone | IANA",
                "    music_ctr: |     affinity: | of the name 'affinity' | another name",
                "item: video | item: vidoe | the entity 'vidoe' | did you mean 'video'"
            })
    void aFaultTellsPlaceFoundAndRemedy(String right, String wrong, String found, String expected) throws IOException {
        assertThat(text).contains(right);

        List<Problem> problems = problemsOf(text.replaceFirst(Pattern.quote(right), wrong));

        assertThat(problems).anySatisfy(problem -> {
            assertThat(problem.found()).contains(found);
            assertThat(problem.expected()).contains(expected);
            assertThat(problem.location().file()).endsWith("app.yaml");
            assertThat(problem.location().line()).isGreaterThan(1);
        });
    }

    @Test
    void lineAndColumnAreThoseOfTheWord() throws IOException {
        String wrong = text.replace("  slots: 20", "  slotz: 20");
        int line = (int) wrong.substring(0, wrong.indexOf("slotz")).lines().count();

        assertThat(problemsOf(wrong))
                .anySatisfy(problem -> assertThat(problem.location())
                        .extracting(Location::line, Location::column)
                        .containsExactly(line, 3));
    }

    @Test
    void allProblemsAreToldAtOnce() throws IOException {
        List<Problem> problems = problemsOf(text.replace("task: feed", "task: fed")
                .replace("p99: 200ms }", "p99: fast }")
                .replace("slots: 20", "slotz: 20"));

        assertThat(problems).hasSizeGreaterThanOrEqualTo(4);
        assertThat(problems).extracting(problem -> problem.location().line()).isSorted();
    }

    @Test
    void aKeyThatStandsTwiceIsRefused() throws IOException {
        assertThat(problemsOf(text + "\nserving:\n  slots: 3\n"))
                .anySatisfy(problem -> assertThat(problem.found()).contains("second time"));
    }

    @Test
    void whatIsNoYamlIsRefusedWithItsPlace() throws IOException {
        assertThat(problemsOf("application: [video\nfeed: }"))
                .anySatisfy(problem -> assertThat(problem.found()).contains("no valid YAML"));
        assertThat(problemsOf(""))
                .anySatisfy(problem -> assertThat(problem.found()).contains("empty"));
    }

    @Test
    void aContractOutsideTheFolderIsRefused() throws IOException {
        String outside = text.replace(
                "source: kuairand/log_standard_*.csv.gz", "source: kuairand/log.csv, contract: ../../watch.yaml");

        assertThat(problemsOf(outside))
                .anySatisfy(problem -> assertThat(problem.expected()).contains("inside the application's folder"));
    }

    @Test
    void aFolderWithoutApplicationIsTheUsersFault() {
        assertThatThrownBy(() -> FeedApplication.read(folder.resolve("nothing")))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("app.yaml");
    }

    @Test
    void theSchemaAcceptsWhatTheCheckerAccepts_andRefusesWhatItRefuses() throws IOException {
        var schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(ApplicationShape.jsonSchema("user", "video"), InputFormat.JSON);

        assertThat(schema.validate(text, InputFormat.YAML)).isEmpty();
        assertThat(schema.validate(text.replace("slots: 20", "slotz: 20"), InputFormat.YAML))
                .isNotEmpty();
        assertThat(schema.validate(text.replace("task: feed", "task: fed"), InputFormat.YAML))
                .isNotEmpty();
        assertThat(new ObjectMapper()
                        .readTree(ApplicationShape.contractJsonSchema())
                        .path("type")
                        .asText())
                .isEqualTo("object");
    }
}
