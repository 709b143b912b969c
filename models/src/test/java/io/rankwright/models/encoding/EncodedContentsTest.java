package io.rankwright.models.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.log.Images;
import io.rankwright.log.Progress;
import io.rankwright.spec.Encoder;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EncodedContentsTest {
    private static final String CAT = "A cat sleeps on the warm roof.";
    private static final String KITTEN = "On the roof, in the sun, a kitten is asleep.";
    private static final String RATES = "The central bank raised its interest rate by a quarter point.";

    @TempDir
    private Path folder;

    private static List<Encoder> included() {
        return Encoder.INCLUDED;
    }

    private EncodedContents open(Path in) {
        return EncodedContents.open(in, Encoder.ALL_MINILM_L6_V2, new Images(in));
    }

    @ParameterizedTest
    @MethodSource("included")
    void whatMeansTheSameLiesNear_andEveryVectorHasLengthOne(Encoder encoder) {
        try (var texts = EncodedContents.open(folder, encoder, new Images(folder))) {
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
        try (var texts = open(folder.resolve("alone"))) {
            alone = texts.vector(CAT);
        }
        try (var texts = open(folder)) {
            assertThat(texts.of(List.of(RATES, KITTEN, CAT), Progress.SILENT).get(2))
                    .isEqualTo(alone);
        }
        try (var texts = open(folder)) {
            assertThat(texts.size()).isEqualTo(3);
            assertThat(texts.vector(CAT)).isEqualTo(alone);
        }
    }

    @Test
    void aTornAndADamagedRecordAreComputedAgain_theOthersStay() throws Exception {
        float[] right;
        try (var texts = open(folder)) {
            right = texts.of(List.of(CAT, KITTEN, RATES), Progress.SILENT).getFirst();
        }
        Path file = folder.resolve("all-minilm-l6-v2.vectors");
        long size = Files.size(file);
        try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(size - 100);
            bytes.seek(size / 3 + 200);
            bytes.write(0x55);
        }
        try (var texts = open(folder)) {
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
