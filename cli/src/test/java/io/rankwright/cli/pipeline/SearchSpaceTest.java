package io.rankwright.cli.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.spec.UserFault;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SearchSpaceTest {
    @Test
    void aFewAlternativesAreAllTried() {
        SearchSpace space = SearchSpace.parse(List.of("model.rank.dcn.cross=1|2", "model.rank.dcn.deep=[64]|[32, 16]"));

        assertThat(space.settings(4, 1))
                .containsExactlyInAnyOrder(
                        Map.of("model.rank.dcn.cross", "1", "model.rank.dcn.deep", "[64]"),
                        Map.of("model.rank.dcn.cross", "2", "model.rank.dcn.deep", "[64]"),
                        Map.of("model.rank.dcn.cross", "1", "model.rank.dcn.deep", "[32, 16]"),
                        Map.of("model.rank.dcn.cross", "2", "model.rank.dcn.deep", "[32, 16]"));
    }

    @Test
    void ofManyAsManyAreDrawnAsAskedFor_noTwoTheSame_theSameSeedTheSame() {
        SearchSpace space =
                SearchSpace.parse(List.of("model.rank.dcn.learning_rate=0.0001..0.1", "model.rank.trees.depth=3..8"));

        List<Map<String, String>> drawn = space.settings(200, 5);

        assertThat(drawn).hasSize(200).doesNotHaveDuplicates().isEqualTo(space.settings(200, 5));
        assertThat(space.settings(200, 6)).isNotEqualTo(drawn);
        assertThat(drawn).allSatisfy(settings -> {
            assertThat(Double.parseDouble(settings.get("model.rank.dcn.learning_rate")))
                    .isBetween(0.0001, 0.1);
            assertThat(Integer.parseInt(settings.get("model.rank.trees.depth"))).isBetween(3, 8);
        });
        // Even on a logarithmic scale: half of them lie below the middle of the exponents.
        assertThat(drawn.stream()
                        .filter(settings -> Double.parseDouble(settings.get("model.rank.dcn.learning_rate")) < 0.00316)
                        .count())
                .isBetween(75L, 125L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"depth=3", "model.rank.trees.depth", "model.rank.trees.depth=8..3", "model.rank.x=a..b"})
    void whatIsNoChoiceIsRefused(String text) {
        assertThatThrownBy(() -> SearchSpace.parse(List.of(text)))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining(text)
                .hasMessageContaining("expected");
    }
}
