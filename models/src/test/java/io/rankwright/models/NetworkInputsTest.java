package io.rankwright.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NetworkInputsTest {
    private static float written(float[] quantiles, float value) {
        var inputs =
                new NetworkInputs(List.of(new NetworkInputs.Numeric(0, quantiles, false, 0)), List.of(), List.of());
        NetworkInputs.Batch batch = inputs.batch(1, List.of());
        batch.set(0, new float[] {value}, 0);
        return batch.x()[0];
    }

    /** By looking at each quantile: the middle of those that are equal, else between the two around it. */
    private static float byDefinition(float[] quantiles, float value) {
        int below = 0;
        int equal = 0;
        for (float quantile : quantiles) {
            below += quantile < value ? 1 : 0;
            equal += quantile == value ? 1 : 0;
        }
        float place;
        if (equal > 0) {
            place = below + (equal - 1) / 2f;
        } else if (below == 0) {
            place = 0;
        } else if (below == quantiles.length) {
            place = quantiles.length - 1;
        } else {
            place = below - 1 + (value - quantiles[below - 1]) / (quantiles[below] - quantiles[below - 1]);
        }
        return 2 * place / (quantiles.length - 1) - 1;
    }

    @Test
    void aNumberIsItsQuantileBetweenMinusOneAndOne() {
        float[] quantiles = {1, 2, 2, 4};
        assertThat(written(quantiles, 0)).isEqualTo(-1);
        assertThat(written(quantiles, 1)).isEqualTo(-1);
        assertThat(written(quantiles, 2)).isEqualTo(0);
        assertThat(written(quantiles, 3)).isCloseTo(2 * 2.5f / 3 - 1, within(1e-6f));
        assertThat(written(quantiles, 4)).isEqualTo(1);
        assertThat(written(quantiles, 9)).isEqualTo(1);
    }

    /** Of any length, many of them equal. */
    @Test
    void everyNumberIsWhatTheDefinitionSays() {
        var random = new SplittableRandom(3);
        for (int round = 0; round < 5_000; round++) {
            float[] quantiles = new float[2 + random.nextInt(70)];
            int values = 1 + random.nextInt(40);
            for (int i = 0; i < quantiles.length; i++) {
                quantiles[i] = random.nextInt(-values, values + 1);
            }
            Arrays.sort(quantiles);
            float value = random.nextInt(-2 * values - 2, 2 * values + 3) / 2f;
            assertThat(written(quantiles, value)).isEqualTo(byDefinition(quantiles, value));
        }
    }
}
