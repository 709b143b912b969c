package io.rankwright.retrieval.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.retrieval.text.Searches.Filter;
import io.rankwright.retrieval.text.Searches.Source;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchesTest {
    private static final Path PAPERS = Path.of("../apps/paper-search");
    private static final int DIM = 384;

    @TempDir
    private Path folder;

    private SearchApplication application;
    private TextIndex index;

    /** A vector of words: texts that share words lie near, whatever their order. */
    private static float[] encoded(String text) {
        float[] vector = new float[DIM];
        for (String word : ("text " + text.toLowerCase(Locale.ROOT)).split("\\W+")) {
            var random = new SplittableRandom(word.hashCode());
            for (int d = 0; d < DIM; d++) {
                vector[d] += (float) random.nextDouble(-1, 1);
            }
        }
        double length = 0;
        for (float value : vector) {
            length += (double) value * value;
        }
        for (int d = 0; d < DIM; d++) {
            vector[d] = (float) (vector[d] / Math.sqrt(length));
        }
        return vector;
    }

    private static Function<SearchFeature.Embedding, Function<String, float[]>> encoders() {
        return _ -> SearchesTest::encoded;
    }

    @BeforeEach
    void fillAnIndex() throws IOException {
        Path copy = folder.resolve("app");
        try (Stream<Path> files = Files.walk(PAPERS)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".yaml")).toList()) {
                Path target = copy.resolve(PAPERS.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.writeString(
                        target,
                        Files.readString(file)
                                .replace("[100, 150, 200, 250]", "[8, 12]")
                                .replace(
                                        "spelling: tolerant",
                                        "spelling: tolerant\n  synonyms: [[heart attack, myocardial infarction]]"));
            }
        }
        application = SearchApplication.read(copy);
        index = TextIndex.open(folder.resolve("index"), application, false, encoders(), filled -> {
            filled.put(
                    "1", paper("Vitamin D and bone", "Vitamin D keeps bones strong in older people of all countries."));
            filled.put("2", paper("Statins", "Statins lower cholesterol and prevent myocardial infarction in many."));
            filled.put("3", paper("Sleep", "Sleep is good <b>for</b> memory."));
            filled.put("4", paper("Bone", "A bone heals in six weeks; a strong bone sooner than a weak one does."));
            filled.put("5", paper("Genes", "Genes of mice and of men are alike to a surprising degree, it is said."));
        });
    }

    @AfterEach
    void close() {
        index.close();
    }

    private static Map<String, String> paper(String title, String text) {
        return Map.of("title", title, "text", text);
    }

    private Searches searches(double meaningWeight) {
        return new Searches(
                index,
                (embedding, asked) -> Optional.of(encoders().apply(embedding).apply(asked)),
                meaningWeight,
                Clicks.NONE);
    }

    private Searches.Answer answer(String query, List<Filter> filters) {
        return searches(0.5).answer(searches(0.5).understand(query), filters, 0, 10, Optional.empty());
    }

    private static List<String> ids(Searches.Answer answer) {
        return answer.results().stream().map(Searches.Result::id).toList();
    }

    @Test
    void whatHasTheWordsComesFirst_whereverItsPlaceIsTold() {
        Searches.Answer answer = answer("strong bones with vitamin D", List.of());

        assertThat(ids(answer).getFirst()).isEqualTo("1");
        assertThat(answer.results().getFirst().wordPlace()).isEqualTo(1);
        assertThat(answer.results().getFirst().meaningPlace()).isPositive();
        assertThat(answer.found()).isEqualTo(5);
    }

    @Test
    void theWeightOfMeaningDecidesWhichListLeads() {
        Asked asked = searches(0).literally("bone bone bone");

        assertThat(searches(0).ids(asked, Source.FUSED, 1))
                .isEqualTo(searches(0).ids(asked, Source.WORDS, 1));
        assertThat(searches(1).ids(asked, Source.FUSED, 1))
                .isEqualTo(searches(1).ids(asked, Source.MEANING, 1));
    }

    @Test
    void filtersNarrowBothLists_andFacetsCountWhatIsLeft() {
        Searches.Answer all = answer("bone", List.of());
        Searches.Answer few = answer("bone", List.of(new Filter.Between("length", 8, 11.9)));

        assertThat(all.facets().get("length").stream()
                        .mapToLong(Searches.Count::count)
                        .sum())
                .isEqualTo(5);
        assertThat(few.found()).isBetween(1, 4);
        assertThat(few.facets().get("length"))
                .filteredOn(count -> count.count() > 0)
                .extracting(Searches.Count::value)
                .containsExactly("8..12");
    }

    @Test
    void aSlipInAShortQueryIsCorrected_aNameInALongOneIsNot() {
        assertThat(answer("statns", List.of()).corrected()).contains("statins");
        assertThat(answer("do statns lower cholesterol in people of all countries", List.of())
                        .corrected())
                .isEmpty();
        assertThat(answer("statins", List.of()).corrected()).isEmpty();
    }

    @Test
    void whoAsksByASynonymFindsTheOther() {
        assertThat(searches(0).ids(searches(0).understand("heart attack"), Source.WORDS, 1))
                .containsExactly("2");
    }

    @Test
    void passagesShowWhatWasAsked_andTextsCannotBringMarkup() {
        String passage =
                answer("memory", List.of()).results().getFirst().highlight().orElseThrow();

        assertThat(passage).contains("<em>memory</em>").contains("&lt;b&gt;for").doesNotContain("<b>");
    }

    @Test
    void whatIsPutIsFoundAtOnce_whatIsDeletedIsGone() {
        index.put("6", paper("Zebrafish", "Zebrafish regenerate their hearts."));
        index.refresh();
        assertThat(ids(answer("zebrafish hearts", List.of())).getFirst()).isEqualTo("6");

        index.put("6", paper("Newts", "Newts regenerate their tails."));
        index.delete("1");
        index.refresh();
        assertThat(index.size()).isEqualTo(5);
        assertThat(ids(answer("vitamin D", List.of()))).doesNotContain("1");
        assertThat(answer("zebrafish", List.of()).results())
                .allSatisfy(result -> assertThat(result.wordPlace()).isZero());
    }

    @Test
    void whatWasKeptIsThereAfterARestart() {
        index.delete("2");
        index.commit();
        index.close();
        index = TextIndex.open(folder.resolve("index"), application, false, encoders(), _ -> {
            throw new AssertionError("built again");
        });
        assertThat(index.size()).isEqualTo(4);
        assertThat(index.row("1").orElseThrow()).containsEntry("title", "Vitamin D and bone");
        assertThat(index.row("2")).isEmpty();
    }

    /** The ranker's inputs of a query and an item, by hand: both words of the query are in item 1, as a phrase. */
    @Test
    void inputsOfTheRankerAreWhatTheirNamesSay() {
        List<String> inputs = application.model().rank().orElseThrow().features();
        Searches.Described described = searches(0.5).described(searches(0.5).literally("vitamin D"), inputs, 5);
        int first = described.ids().indexOf("1") * inputs.size();
        int third = described.ids().indexOf("3") * inputs.size();

        assertThat(described.rows()[first + inputs.indexOf("in_abstract")]).isEqualTo(1);
        assertThat(described.rows()[first + inputs.indexOf("phrases_title")]).isEqualTo(1);
        assertThat(described.rows()[first + inputs.indexOf("asked")]).isEqualTo(2);
        assertThat(described.rows()[first + inputs.indexOf("place_words")]).isEqualTo(1);
        assertThat(described.rows()[first + inputs.indexOf("by_title")]).isPositive();
        assertThat(described.rows()[third + inputs.indexOf("in_abstract")]).isZero();
        assertThat(described.rows()[third + inputs.indexOf("place_words")]).isZero();
        assertThat(described.rows()[third + inputs.indexOf("by_abstract")]).isZero();
    }

    @Test
    void whatARankerScoresIsOrdered_theRestStaysBehind() {
        Searches searches = searches(0.5);
        Searches.Answer answer =
                searches.answer(searches.literally("bone"), List.of(), 0, 10, Optional.of((_, count) -> {
                    double[] scores = new double[count];
                    for (int i = 0; i < count; i++) {
                        scores[i] = i;
                    }
                    return scores;
                }));
        List<String> fused = searches.ids(searches.literally("bone"), Source.FUSED, 10);

        assertThat(ids(answer)).isEqualTo(fused.reversed());
        assertThat(answer.results().getFirst().inputs()).isNotEmpty();
    }

    /** @param hasRanker whether the ranker is in time */
    private record Impatient(Duration retrieval, boolean hasRanker, List<Boolean> cuts) implements Searches.Deadlines {
        @Override
        public void retrieved(long startNanos, boolean isCut) {
            cuts.add(isCut);
        }

        @Override
        public <T> Optional<T> ranking(Callable<T> work) {
            return hasRanker ? Searches.Deadlines.NONE.ranking(work) : Optional.empty();
        }
    }

    private Searches.Answer answer(Impatient deadlines) {
        Searches searches = searches(0.5);
        Searches.Order reversed =
                (_, count) -> IntStream.range(0, count).mapToDouble(i -> i).toArray();
        return searches.answer(searches.literally("bone"), List.of(), 0, 10, Optional.of(reversed), deadlines);
    }

    @Test
    void whenTheRankerIsLate_theFusedListStands() {
        List<String> fused = searches(0.5).ids(searches(0.5).literally("bone"), Source.FUSED, 10);
        var late = new Impatient(Duration.ofHours(1), false, new ArrayList<>());
        var inTime = new Impatient(Duration.ofHours(1), true, new ArrayList<>());

        assertThat(ids(answer(late))).isEqualTo(fused);
        assertThat(answer(late).results().getFirst().inputs()).isEmpty();
        assertThat(ids(answer(inTime))).isEqualTo(fused.reversed());
        assertThat(inTime.cuts()).containsExactly(false);
    }

    @Test
    void whenRetrievalIsLate_whatWasFoundByThenIsAnswered() {
        var impatient = new Impatient(Duration.ofNanos(1), true, new ArrayList<>());

        Searches.Answer answer = answer(impatient);

        assertThat(impatient.cuts()).containsExactly(true);
        assertThat(answer.found()).isLessThanOrEqualTo(answer("bone", List.of()).found());
    }

    @Test
    void withoutItsVectorsAQueryIsFoundByItsWords() {
        Searches searches = searches(0.5);
        Searches.Answer answer =
                searches.answer(searches.withoutMeaning("vitamin D"), List.of(), 0, 10, Optional.empty());

        assertThat(ids(answer)).containsExactly("1");
        assertThat(answer.results().getFirst().meaningPlace()).isZero();
    }

    @Test
    void anUnknownQueryIsNoError() {
        assertThat(answer("qqqq wwww", List.of()).results())
                .allSatisfy(result -> assertThat(result.wordPlace()).isZero());
        assertThat(answer("!!!", List.of()).found()).isPositive();
    }
}
