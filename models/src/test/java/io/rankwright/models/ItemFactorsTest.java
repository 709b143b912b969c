package io.rankwright.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.spec.EnvironmentFault;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ItemFactorsTest {
    private static final float[][] FACTORS = {
        {0, 0, 0}, {0.5f, -0.2f, 0.1f}, {0.3f, 0.4f, -0.6f}, {-0.1f, 0.7f, 0.2f}, {0.9f, 0.1f, 0.3f}
    };

    private static ItemFactors factors() {
        return new ItemFactors(3, 0.1, 0.05, new Vocabulary(List.of("a", "b", "c", "d")), FACTORS, new float[] {
            0, 1.2f, 0.8f, 0.5f, 1.5f
        });
    }

    // Golden values: numpy.linalg.solve of (0.1 FᵀF + Σ w f fᵀ + 0.05 I) x = Σ w f over the items taken.
    @Test
    void aSubjectIsSolvedFromWhatItTook_fewerOrMoreThanThereAreDimensions() {
        assertSubject(new int[] {1, 3}, 1.256867, 0.645664, 0.895338);
        assertSubject(new int[] {1, 2, 3, 4}, 1.216636, 0.828232, -0.201564);
    }

    private static void assertSubject(int[] taken, double... expected) {
        float[] subject = factors().subject(taken);
        for (int d = 0; d < 3; d++) {
            assertThat((double) subject[d]).isCloseTo(expected[d], within(1e-5));
        }
    }

    @Test
    void whatIsWrittenIsRead_andWhatIsCutOffIsRefused() {
        Artefact artefact = factors().artefact();
        var read = (ItemFactors) CollaborativeModel.of(Artefact.of(artefact.bytes()));

        assertThat(read.subject(new int[] {2, 4})).isEqualTo(factors().subject(new int[] {2, 4}));

        Map<String, byte[]> parts = new HashMap<>();
        for (String part : List.of("factors.json", "vocabulary.txt", "factors.bin")) {
            parts.put(part, artefact.part(part));
        }
        parts.put("factors.bin", Arrays.copyOf(artefact.part("factors.bin"), 40));
        assertThatThrownBy(() -> CollaborativeModel.of(new Artefact(parts)))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("factors.bin");
    }
}
