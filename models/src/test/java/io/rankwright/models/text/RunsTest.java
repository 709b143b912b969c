package io.rankwright.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.models.Artefact;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunsTest {
    private static final List<String> TEXTS =
            List.of("the cat sat on the mat", "the dog sat", "a cat and a dog", "nothing else");

    @Test
    void whatOnlyLooksDifferentIsMadeAlike() {
        assertThat(Runs.words("@Bob: LOOOOL &amp; see https://x.y/z &#33;"))
                .containsExactly("namehere", "lool", "&", "see", "linkhere", "!");
    }

    @Test
    void aVectorHasLengthOne_andRareRunsWeighMore() {
        Runs runs = Runs.of(TEXTS, true, 1, 2, 1);
        Runs.Sparse vector = runs.vector("the mat");

        double square = 0;
        for (float value : vector.values()) {
            square += (double) value * value;
        }
        assertThat(square).isCloseTo(1, within(1e-6));
        assertThat(vector.places()).isSorted().hasSize(3);
        // "the" is in two texts, "mat" and "the mat" in one.
        Runs.Sparse common = runs.vector("the");
        assertThat(common.places()).hasSize(1);
        int place = Arrays.binarySearch(vector.places(), common.places()[0]);
        for (int i = 0; i < vector.values().length; i++) {
            if (i != place) {
                assertThat(vector.values()[i]).isGreaterThan(vector.values()[place]);
            }
        }
    }

    @Test
    void runsThatAreTooRareAreLeftOut() {
        assertThat(Runs.of(TEXTS, true, 1, 1, 2).size()).isEqualTo(4);
        assertThat(Runs.of(TEXTS, true, 1, 1, 3).size()).isZero();
    }

    @Test
    void whatWordsContributeAddsUpToTheWholeSum() {
        for (boolean isOfWords : new boolean[] {true, false}) {
            Runs runs = Runs.of(TEXTS, isOfWords, 1, 3, 1);
            float[] weights = new float[2 + runs.size()];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) Math.sin(i);
            }
            float[] own = Arrays.copyOfRange(weights, 2, weights.length);
            String text = "the cat and the dog sat";

            double sum = Arrays.stream(runs.contributions(text, weights, 2)).sum();

            assertThat(sum).isCloseTo(runs.vector(text).dot(own), within(1e-5));
        }
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Runs runs = Runs.of(TEXTS, false, 2, 4, 1);
        Runs again = Runs.of(new Artefact(Map.of("runs.json", runs.bytes())), "runs.json");

        assertThat(again.size()).isEqualTo(runs.size());
        assertThat(again.vector("a cat").values())
                .isEqualTo(runs.vector("a cat").values());
        assertThat(again.vector("a cat").places())
                .isEqualTo(runs.vector("a cat").places());
    }
}
