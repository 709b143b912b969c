package io.rankwright.models.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.log.Progress;
import io.rankwright.spec.Encoder;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EncodedTextsTest {
    private static final String CAT = "A cat sleeps on the warm roof.";
    private static final String KITTEN = "On the roof, in the sun, a kitten is asleep.";
    private static final String RATES = "The central bank raised its interest rate by a quarter point.";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Encoder.class)
    void whatMeansTheSameLiesNear_andEveryVectorHasLengthOne(Encoder encoder) {
        try (var texts = EncodedTexts.open(folder, encoder)) {
            List<float[]> vectors = texts.of(List.of(CAT, KITTEN, RATES), Progress.SILENT);

            assertThat(vectors).allSatisfy(vector -> {
                assertThat(vector).hasSize(encoder.dim());
                assertThat(dot(vector, vector)).isBetween(0.9999, 1.0001);
            });
            assertThat(dot(vectors.get(0), vectors.get(1))).isGreaterThan(dot(vectors.get(0), vectors.get(2)) + 0.2);
        }
    }

    @Test
    void aTextHasTheSameVector_aloneAmongOthersAndAfterARestart() {
        float[] alone;
        try (var texts = EncodedTexts.open(folder.resolve("alone"), Encoder.ALL_MINILM_L6_V2)) {
            alone = texts.vector(CAT);
        }
        try (var texts = EncodedTexts.open(folder, Encoder.ALL_MINILM_L6_V2)) {
            assertThat(texts.of(List.of(RATES, KITTEN, CAT), Progress.SILENT).get(2))
                    .isEqualTo(alone);
        }
        try (var texts = EncodedTexts.open(folder, Encoder.ALL_MINILM_L6_V2)) {
            assertThat(texts.size()).isEqualTo(3);
            assertThat(texts.vector(CAT)).isEqualTo(alone);
        }
    }

    @Test
    void aTornAndADamagedRecordAreComputedAgain_theOthersStay() throws Exception {
        float[] right;
        try (var texts = EncodedTexts.open(folder, Encoder.ALL_MINILM_L6_V2)) {
            right = texts.of(List.of(CAT, KITTEN, RATES), Progress.SILENT).getFirst();
        }
        Path file = folder.resolve("all-minilm-l6-v2.vectors");
        long size = Files.size(file);
        try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(size - 100);
            bytes.seek(size / 3 + 200);
            bytes.write(0x55);
        }
        try (var texts = EncodedTexts.open(folder, Encoder.ALL_MINILM_L6_V2)) {
            assertThat(texts.size()).isLessThan(3).isPositive();
            assertThat(texts.of(List.of(CAT, KITTEN, RATES), Progress.SILENT).getFirst())
                    .isEqualTo(right);
        }
    }

    private static double dot(float[] left, float[] right) {
        double sum = 0;
        for (int d = 0; d < left.length; d++) {
            sum += (double) left[d] * right[d];
        }
        return sum;
    }
}
