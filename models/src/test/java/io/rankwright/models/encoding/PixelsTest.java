package io.rankwright.models.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.spec.Encoder;
import io.rankwright.spec.Encoder.Fit;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Golden values: Pillow 9.4, {@code resize(..., Image.BILINEAR)} and {@code crop}, of the same 37 x 23 pixels. */
class PixelsTest {
    private static final int WIDTH = 37;
    private static final int HEIGHT = 23;
    /** Pillow rounds after each of its two passes. */
    private static final float ROUNDING = 1.01f;

    private static BufferedImage image() {
        var image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                int red = (x * 37 + y * 11) % 256;
                int green = (x * x + 3 * y) % 256;
                int blue = Math.floorMod(255 - x * 5 - y * 3, 256);
                image.setRGB(x, y, red << 16 | green << 8 | blue);
            }
        }
        return image;
    }

    private static Encoder.Images reading(int size, int resize, Fit fit, double mean, double deviation, boolean last) {
        return new Encoder.Images(
                size, size, resize, fit, List.of(mean, mean, mean), List.of(deviation, deviation, deviation), last);
    }

    private static void assertNear(float[] found, int... expected) {
        assertThat(found).hasSize(expected.length);
        for (int i = 0; i < found.length; i++) {
            assertThat(Math.abs(found[i] - expected[i])).as("value " + i).isLessThan(ROUNDING);
        }
    }

    @Test
    void aSmallerImageIsPillows() {
        float[][] resized = Pixels.resized(image(), 9, 7);

        assertNear(row(resized[0], 0, 9), 88, 142, 123, 113, 146, 106, 148, 121, 117);
        assertNear(row(resized[0], 3, 9), 156, 108, 138, 126, 118, 146, 107, 148, 111);
        assertNear(row(resized[1], 3, 9), 39, 68, 131, 153, 110, 113, 145, 133, 137);
        assertNear(row(resized[2], 3, 9), 212, 194, 173, 153, 132, 111, 91, 70, 52);
        assertNear(row(resized[0], 6, 9), 99, 146, 107, 145, 127, 124, 149, 109, 149);
    }

    @Test
    void aLargerImageIsPillows() {
        float[][] resized = Pixels.resized(image(), 80, 50);

        assertNear(at(resized, 20 * 80 + 40), 201, 104, 137);
        assertNear(at(resized, 0), 0, 0, 255);
        assertNear(at(resized, 49 * 80 + 79), 38, 82, 9);
    }

    @Test
    void aCropIsTheMiddleOfTheShorterSideMadeToFit() {
        float[] values = Pixels.of(image(), reading(6, 8, Fit.CROP, 0, 1 / 255.0, true));

        float[] line = new float[18];
        System.arraycopy(values, 2 * 18, line, 0, 18);
        assertNear(line, 150, 137, 174, 97, 188, 159, 166, 96, 144, 95, 147, 128, 159, 113, 113, 92, 158, 98);
    }

    @Test
    void whatIsNoSquareIsCutOutOfTheMiddleToo() {
        List<Double> zeros = List.of(0.0, 0.0, 0.0);
        List<Double> steps = List.of(1 / 255.0, 1 / 255.0, 1 / 255.0);
        float[] values = Pixels.of(image(), new Encoder.Images(3, 12, 3, Fit.CROP, zeros, steps, false));

        // 37 x 23 becomes 12 x 7, of whose lines two above and two below are cut off.
        float[][] resized = Pixels.resized(image(), 12, 7);
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < 3; y++) {
                assertThat(row(values, c * 3 + y, 12))
                        .containsExactly(row(resized[c], y + 2, 12), Offset.offset(1e-3f));
            }
        }
    }

    @Test
    void whatIsNoSquareIsPaddedToItsShape() {
        List<Double> halves = List.of(0.5, 0.5, 0.5);
        float[] values = Pixels.of(image(), new Encoder.Images(8, 20, 8, Fit.PAD, halves, halves, false));

        // 37 x 23 becomes 12 x 8: four columns on each side are empty.
        assertThat(row(values, 3, 20)).startsWith(0, 0, 0, 0).endsWith(0, 0, 0, 0);
        assertThat(Arrays.copyOfRange(row(values, 3, 20), 4, 16)).doesNotContain(0);
    }

    @Test
    void meanAndDeviationAndLayoutAreThoseOfTheManifest() {
        float[] first = Pixels.of(image(), reading(4, 4, Fit.STRETCH, 0.5, 0.25, false));
        float[] last = Pixels.of(image(), reading(4, 4, Fit.STRETCH, 0, 1, true));

        for (int c = 0; c < 3; c++) {
            for (int p = 0; p < 16; p++) {
                assertThat(first[c * 16 + p]).isCloseTo((last[p * 3 + c] - 0.5f) / 0.25f, within());
            }
        }
    }

    @Test
    void whatIsPaddedHasTheColourOfTheMean() {
        float[] values = Pixels.of(image(), reading(8, 8, Fit.PAD, 0.5, 0.25, false));

        // 37 x 23 becomes 8 x 4: two lines above and below are empty.
        assertThat(row(values, 0, 8)).containsOnly(0);
        assertThat(row(values, 7, 8)).containsOnly(0);
        assertThat(row(values, 3, 8)).doesNotContain(0);
    }

    @Test
    void aJpegsBytesAreTheSamePixels() {
        var bytes = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_3BYTE_BGR);
        bytes.createGraphics().drawImage(image(), 0, 0, null);

        assertThat(Pixels.resized(bytes, 9, 7)).isDeepEqualTo(Pixels.resized(image(), 9, 7));
    }

    @Test
    void whatIsTransparentStandsOnWhite() {
        var image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00FF0000);
        image.setRGB(1, 0, 0x80000000);

        float[][] values = Pixels.resized(image, 2, 1);

        assertThat(at(values, 0)).containsExactly(255, 255, 255);
        assertThat(at(values, 1)).containsExactly(127, 127, 127);
    }

    private static Offset<Float> within() {
        return Offset.offset(1e-5f);
    }

    private static float[] row(float[] values, int row, int width) {
        float[] found = new float[width];
        System.arraycopy(values, row * width, found, 0, width);
        return found;
    }

    private static float[] at(float[][] colours, int place) {
        return new float[] {colours[0][place], colours[1][place], colours[2][place]};
    }
}
