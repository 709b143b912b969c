package io.rankwright.log;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/** Images where no data are found: small, of a colour that tells their kind, and noise. Stateless. */
final class MadeImage {
    private static final int SIZE = 24;
    private static final float NOISE = 0.15f;
    /** What parts a circle so that any number of kinds lie well apart: the golden ratio. */
    private static final double APART = 0.618033988749895;

    private MadeImage() {}

    /** An image of a kind as a data URI; the same for the same chance. */
    static String of(int kind, SplittableRandom random) throws IOException {
        var image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
        float hue = (float) (kind * APART % 1);
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                float brightness = 0.7f + NOISE * (float) random.nextDouble(-1, 1);
                image.setRGB(x, y, Color.HSBtoRGB(hue, 0.8f, brightness));
            }
        }
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
