package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.spec.Expression;
import io.rankwright.spec.FeatureDefinition.Reference;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model.RerankRule;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServingTest {
    private static final RerankRule.AtMost TWO_PER_AUTHOR =
            new RerankRule.AtMost(new Reference("author_id", ""), 10, 2);

    @TempDir
    Path folder;

    private EventLog log;
    private EntityTable videos;
    private Dictionary.Domain ids;
    private Reranker reranker;
    private final List<Reranker.Ranked> candidates = new ArrayList<>();

    /** Forty videos, a to d of one author each ten, the utility falling; even ones point one way, odd ones another. */
    @BeforeEach
    void makeCandidates() {
        log = EventLog.open(folder, FeedApplication.read(Path.of("../apps/video-feed")));
        for (int i = 0; i < 40; i++) {
            log.putEntity(
                    "video",
                    "video_id",
                    Map.of(
                            "video_id",
                            "v" + i,
                            "author_id",
                            "author" + i / 10,
                            "tag",
                            i % 2 + ",9",
                            "video_duration",
                            i + "000"),
                    false);
        }
        videos = log.table("video");
        ids = log.dictionary().domain("id:video");
        for (int i = 0; i < 40; i++) {
            candidates.add(new Reranker.Ranked(i, ids.code("v" + i), 100 - i));
        }
        reranker = new Reranker(videos, ids, codes -> {
            float[][] vectors = new float[codes.length][];
            for (int c = 0; c < codes.length; c++) {
                boolean isEven = Integer.parseInt(ids.text(codes[c]).substring(1)) % 2 == 0;
                vectors[c] = isEven ? new float[] {1, 0} : new float[] {0, 1};
            }
            return Optional.of(vectors);
        });
    }

    @AfterEach
    void close() {
        log.close();
    }

    private List<String> slate(int slots, RerankRule... rules) {
        return reranker.slate(candidates, List.of(rules), slots, 1).stream()
                .map(placed -> ids.text(placed.candidate().code()))
                .toList();
    }

    private static Expression formula(String text) {
        try {
            return Expression.parse(text);
        } catch (Expression.Fault e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Test
    void withoutRulesTheBestComeFirst() {
        assertThat(slate(3)).containsExactly("v0", "v1", "v2");
    }

    @Test
    void atMostTwoOfOneAuthorStandNearTheTop() {
        assertThat(slate(10, TWO_PER_AUTHOR).subList(0, 8))
                .containsExactly("v0", "v1", "v10", "v11", "v20", "v21", "v30", "v31");
        assertThat(slate(10, TWO_PER_AUTHOR)).hasSize(10);
    }

    @Test
    void diversityAlternatesWhatIsAlike() {
        List<String> slate = slate(4, new RerankRule.Diversify(0.3));

        assertThat(slate.get(0)).isEqualTo("v0");
        assertThat(slate.get(1)).isEqualTo("v1");
        assertThat(slate(4, new RerankRule.Diversify(1))).containsExactly("v0", "v1", "v2", "v3");
    }

    @Test
    void rulesBoostBuryPinAndFilter() {
        assertThat(slate(1, new RerankRule.Boost(formula("author_id == 'author3'"), 10)))
                .containsExactly("v30");
        assertThat(slate(40, new RerankRule.Bury(formula("duration_seconds < 10")))
                        .subList(30, 40))
                .contains("v0", "v9");
        assertThat(slate(3, new RerankRule.Pin("v33", 1))).containsExactly("v0", "v33", "v1");
        assertThat(slate(40, new RerankRule.Filter(formula("tag == '1'"))))
                .hasSize(20)
                .contains("v1")
                .doesNotContain("v0");
        assertThatThrownBy(() -> slate(1, new RerankRule.Filter(formula("colour == 'red'"))))
                .isInstanceOf(BadRequest.class);
    }

    /** Over many seeds each item stands on the first slot as often as its propensity says. */
    @Test
    void propensitiesAreTheFrequenciesOfExploration() {
        Map<String, Integer> counts = new HashMap<>();
        Map<String, Double> propensities = new HashMap<>();
        int runs = 20_000;
        for (int seed = 0; seed < runs; seed++) {
            Reranker.Placed first = reranker.slate(
                            candidates.subList(0, 5), List.of(new RerankRule.Explore(0.4)), 1, seed)
                    .getFirst();
            String item = ids.text(first.candidate().code());
            counts.merge(item, 1, Integer::sum);
            propensities.put(item, first.propensity());
        }
        assertThat(propensities.values().stream()
                        .mapToDouble(Double::doubleValue)
                        .sum())
                .isCloseTo(1, within(1e-9));
        propensities.forEach((item, propensity) ->
                assertThat((double) counts.get(item) / runs).as(item).isCloseTo(propensity, within(0.015)));
    }

    @Test
    void anOldLogsTimeGoesOnFromItsEnd_aFreshOnesIsTheClocks() {
        Clock clock = Clock.fixed(Instant.parse("2026-11-21T00:00:00Z"), ZoneOffset.UTC);

        var old = new LogClock(clock, Instant.parse("2022-05-06T15:00:00Z").toEpochMilli());
        var fresh = new LogClock(clock, clock.millis() - 5_000);

        assertThat(old.isShifted()).isTrue();
        assertThat(Instant.ofEpochMilli(old.millis())).isEqualTo(Instant.parse("2022-05-06T15:00:00.001Z"));
        assertThat(fresh.isShifted()).isFalse();
        assertThat(fresh.millis()).isEqualTo(clock.millis());
    }

    @ParameterizedTest
    @ValueSource(strings = {"secret", "read:short", "admin:0123456789abcdef"})
    void aKeyWithoutPermissionOrTooShortIsRefused(String text) {
        assertThatThrownBy(() -> Keys.parse(text)).isInstanceOf(UserFault.class);
    }

    @Test
    void aKeyBringsItsPermission() {
        Keys keys = Keys.parse("read:0123456789abcdef, write:fedcba9876543210");

        assertThat(keys.permission("Bearer 0123456789abcdef")).contains(Permission.READ);
        assertThat(keys.permission("Bearer fedcba9876543210")).contains(Permission.WRITE);
        assertThat(keys.permission("Bearer 0123456789abcde")).isEmpty();
        assertThat(Keys.parse("").isEmpty()).isTrue();
    }

    @Test
    void theSeenOfASubjectAreItsLast() {
        var seen = new SeenItems();
        for (int item = 1; item <= 700; item++) {
            seen.add(9, item);
        }

        assertThat(seen.of(9)).hasSize(500).startsWith(201).endsWith(700);
        assertThat(seen.of(8)).isEmpty();
    }
}
