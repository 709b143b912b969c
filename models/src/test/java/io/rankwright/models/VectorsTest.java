package io.rankwright.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VectorsTest {
    private static float[] vector(SplittableRandom random, int length) {
        float[] vector = new float[length];
        for (int i = 0; i < length; i++) {
            vector[i] = (float) random.nextDouble(-1, 1);
        }
        return vector;
    }

    @Test
    void aProductWithManyIsTheProductWithEach() {
        var random = new SplittableRandom(9);
        for (int length = 0; length < 200; length++) {
            float[] vector = vector(random, length);
            float[][] others = {vector(random, length), vector(random, length + 1), vector(random, length)};
            float[] products = {7, 7, 7};

            Vectors.dots(vector, others, products);

            double expected = 0;
            for (int i = 0; i < length; i++) {
                expected += (double) vector[i] * others[2][i];
            }
            assertThat(products[0]).isEqualTo(Vectors.dot(vector, others[0]));
            assertThat(products[1]).isEqualTo(7);
            assertThat(products[2]).isCloseTo((float) expected, within(1e-4f));
        }
    }
}
