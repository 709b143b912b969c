package io.rankwright.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.rankwright.spec.ScoreApplication.Criterion;
import io.rankwright.spec.SearchApplication.Fusion;
import io.rankwright.spec.SearchApplication.OrderLearner;
import io.rankwright.spec.SearchApplication.SearchRank;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SearchAndScoreReaderTest {
    private static final Path APPS = Path.of("../apps");

    @TempDir
    Path folder;

    private Path changed(String application, String from, String to) throws IOException {
        Path source = APPS.resolve(application);
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                Path copy = folder.resolve(source.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, Files.readString(file));
            }
        }
        Path yaml = folder.resolve("app.yaml");
        String text = Files.readString(yaml);
        assertThat(text).contains(from);
        Files.writeString(yaml, text.replace(from, to));
        return folder;
    }

    private List<Problem> problems(String application, String from, String to) throws IOException {
        Path made = changed(application, from, to);
        return catchThrowableOfType(UserFault.class, () -> Application.read(made))
                .problems();
    }

    @Test
    void theSearchIsRight() {
        SearchApplication application = SearchApplication.read(APPS.resolve("paper-search"));

        assertThat(application.task()).isEqualTo(Framing.Task.SEARCH);
        assertThat(application.data().queryText()).isEqualTo("text");
        assertThat(application.model().lexical().fields()).containsExactly(Map.entry("abstract", 1.0));
        assertThat(application.model().fusion()).isEqualTo(new Fusion.Learned());
        assertThat(application.model().rank().orElseThrow().features()).contains("closeness", "clicked", "asked");
        assertThat(application.serving().facets()).containsKey("length");
        assertThat(application.hash()).hasSize(64);
    }

    @Test
    void aNetworkRanksInThePlaceOfTrees() throws IOException {
        SearchApplication application = SearchApplication.read(changed(
                "paper-search",
                "network: { candidates: 50, deep: [64, 32], epochs: 60,",
                "network: { candidates: 40, deep: [8], epochs: 3,"));

        SearchRank rank = application.model().rank().orElseThrow();
        assertThat(rank.candidates()).isEqualTo(40);
        assertThat(rank.models()).isEqualTo(4);
        assertThat(rank.learner()).isEqualTo(new OrderLearner.Network(List.of(8), 3, 0.01));
    }

    @Test
    void twoRankersAreRefused() throws IOException {
        assertThat(problems("paper-search", "    network: {", "    lambdamart: {}\n    network: {")
                        .toString())
                .contains("two rankers", "either lambdamart or network");
    }

    @Test
    void theScoreIsRight() {
        ScoreApplication application = ScoreApplication.read(APPS.resolve("harmful-content"));

        assertThat(application.task()).isEqualTo(Framing.Task.SCORE);
        assertThat(application.framing().names()).containsExactly("hate", "offensive", "neither");
        assertThat(application.framing().isExclusive()).isTrue();
        assertThat(application.model().linear().features()).containsExactly("words", "characters");
        assertThat(application.model().trees().orElseThrow().features())
                .contains("meaning", "mentions")
                .doesNotContain("words");
        assertThat(application.serving().policy().getFirst().criterion()).isEqualTo(new Criterion.Precision(0.7));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "paper-search | text: paper.title } | text: paper.titel } | did you mean",
                "paper-search | encoder: all-minilm-l6-v2 | encoder: all-minilm | 'all-minilm'",
                "paper-search | cosine: meaning | cosine: meening | 'meening'",
                "paper-search | fields: { abstract: 1 } | fields: { abstrakt: 1 } | 'abstrakt'",
                "paper-search | dense: { to: meaning | dense: { to: title | 'title'",
                "paper-search | [ndcg@10, recall@100, mrr, map@100] | [ndcg, recall@100] | 'ndcg'",
                "paper-search | dense.ndcg@10 | danse.ndcg@10 | danse.ndcg@10",
                "paper-search | facets: { length: [100, 150, 200, 250] } | facets: { length: [] } | it is a number",
                "paper-search | highlight: abstract | highlight: meaning | 'meaning'",
                "paper-search | item: paper | item: papers | 'papers'",
                "paper-search | language: english | language: klingon | 'klingon'",
                "paper-search | deep: [64, 32], | deep: [16, 0], | [16, 0]",
                "paper-search | epochs: 60 | epochs: 0 | at least 1",
                "harmful-content | network: { of: meaning, | network: { of: words, | 'words'",
                "harmful-content | network: { of: meaning, dim: 128, | network: { of: meaning, dim: 0, | dim 1 to 1024",
                "harmful-content | where: class == 0 | where: klass == 0 | 'klass'",
                "harmful-content | runs: post.tweet, of: words, from: 1, to: 3 | runs: post.tweet, of: words, from: 3, to: 1 | the shorter first",
                "harmful-content | [words, characters] | [words, meaning] | 'meaning'",
                "harmful-content | precision: 70% | precision: 70%, recall: 10% | precision and recall",
                "harmful-content | label: offensive | label: offence | 'offence'",
                "harmful-content | pattern: '@\\w+' | pattern: '@(' | a regular expression",
                "harmful-content | slices:    [mentions | slices:    [words | 'words'",
                "harmful-content | hate.auc > 0.8 | hate.auk > 0.8 | hate.auk",
                "harmful-content | folds: 5 | folds: 1 | 2 to 100",
            })
    void whatIsWrongIsNamedWithItsPlace(String application, String from, String to, String message) throws IOException {
        List<Problem> problems = problems(application, from, to);

        assertThat(problems).isNotEmpty().allSatisfy(problem -> {
            assertThat(problem.location().line()).isPositive();
            assertThat(problem.location().file()).endsWith(".yaml");
        });
        assertThat(problems.toString()).contains(message);
    }

    private static final String ENCODER = "dim: 48\nimages: { size: 32, mean: [0.5, 0.5, 0.5] }\n";

    /** The search with a column of images and an encoder of its own. */
    private Path withImages(String encoder, String feature) throws IOException {
        Path folder = changed(
                "paper-search", "length:   {", "look: { embedding: paper.look, " + feature + " }\n    length:   {");
        Path contract = folder.resolve("contracts/paper.yaml");
        Files.writeString(contract, Files.readString(contract) + "  look: { type: image, null: allowed }\n");
        Files.createDirectories(folder.resolve("encoders/own"));
        Files.writeString(folder.resolve("encoders/own/encoder.yaml"), encoder);
        Files.writeString(folder.resolve("encoders/own/network.onnx"), "a network");
        return folder;
    }

    @Test
    void anEncoderOfItsOwnIsReadAndBelongsToTheApplication() throws IOException {
        Path folder = withImages(ENCODER, "encoder: own");
        SearchApplication application = SearchApplication.read(folder);

        Encoder encoder = application.encoders().getLast();
        assertThat(application.encoders()).hasSize(2);
        assertThat(encoder.id()).startsWith("own-").hasSize(16);
        assertThat(encoder.dim()).isEqualTo(48);
        assertThat(encoder.pooling()).isEqualTo(Encoder.Pooling.NONE);
        assertThat(encoder.reading())
                .isEqualTo(new Encoder.Images(
                        32, 32, 32, Encoder.Fit.CROP, List.of(0.5, 0.5, 0.5), List.of(1.0, 1.0, 1.0), false));
        Files.writeString(folder.resolve("encoders/own/network.onnx"), "another network");
        SearchApplication other = SearchApplication.read(folder);
        assertThat(other.encoders().getLast().id()).isNotEqualTo(encoder.id());
        assertThat(other.hash()).isNotEqualTo(application.hash());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dim: 48 | encoder: own | an encoder of nothing",
                "dim: 48, images: { size: 32 }, texts: {} | encoder: own | both texts and images",
                "dim: 48, texts: {} | encoder: own | no file tokenizer.json",
                "dim: 48, network: ../own.onnx, images: { size: 32 } | encoder: own | no file ../own.onnx",
                "dim: 48, images: { size: 32, resize: 16 } | encoder: own | resize not less",
                "dim: 48, images: { size: [32, 64, 3] } | encoder: own | or height and width",
                "dim: 48, images: { size: [32, 64], resize: 31 } | encoder: own | resize not less",
                "dim: 48, images: { size: 32, deviation: [1, 0, 1] } | encoder: own | more than 0",
                "dim: 48, images: { size: 32, fit: cover } | encoder: own | 'cover'",
                "dim: 48, images: { size: 32 } | encoder: owl | or a folder encoders/owl",
                "dim: 48, images: { size: 32 } | encoder: all-minilm-l6-v2 | no source can fill it",
                "dim: 48, images: { size: 32 } | encoder: own, asked_by: all-minilm-l6-v2 | vectors of 48",
                "dim: 384, images: { size: 32 } | encoder: own, asked_by: own | an encoder of texts",
            })
    void anEncoderThatIsWrongIsNamedWithItsPlace(String encoder, String feature, String message) throws IOException {
        assertThatThrownBy(() -> SearchApplication.read(withImages("{ " + encoder + " }\n", feature)))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining(message);
    }

    @Test
    void wordsThatAreAskedMayHaveAnEncoderInTheSpaceOfTheImages() throws IOException {
        SearchApplication application = SearchApplication.read(
                withImages("{ dim: 384, images: { size: 32 } }", "encoder: own, asked_by: all-minilm-l6-v2"));

        var look = application.features(SearchFeature.Embedding.class).getLast();
        assertThat(look.ofWords()).hasValue(Encoder.ALL_MINILM_L6_V2);
        assertThat(application
                        .features(SearchFeature.Embedding.class)
                        .getFirst()
                        .ofWords())
                .hasValue(Encoder.ALL_MINILM_L6_V2);
    }

    @Test
    void anApplicationOfAnotherTaskIsRefusedByWhatNeedsAFeed() {
        assertThatThrownBy(() -> FeedApplication.read(APPS.resolve("paper-search")))
                .isInstanceOf(UserFault.class)
                .hasMessage("paper-search is of the task search; this works on one of the task feed");
        assertThat(Application.read(APPS.resolve("video-feed"))).isInstanceOf(FeedApplication.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"paper-search", "harmful-content"})
    void theSchemaTakesTheApplicationAndRefusesAnUnknownKey(String name) throws IOException {
        Application application = Application.read(APPS.resolve(name));
        var schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(ApplicationShape.jsonSchema(application));
        String text = Files.readString(APPS.resolve(name).resolve("app.yaml"));

        assertThat(schema.validate(text, InputFormat.YAML)).isEmpty();
        assertThat(schema.validate(text.replace("requirements:", "requirement:"), InputFormat.YAML))
                .isNotEmpty();
    }
}
