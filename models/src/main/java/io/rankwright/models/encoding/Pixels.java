package io.rankwright.models.encoding;

import io.rankwright.spec.Encoder;
import io.rankwright.spec.Encoder.Fit;
import java.awt.image.BufferedImage;

/**
 * The pixels of an image as a network wants them. Images are made smaller by the mean over a triangle around each new pixel,
 * which is as wide as what it stands for (bilinear with antialiasing, as Pillow and torchvision do), what is transparent
 * stands on white. Stateless.
 */
final class Pixels {
    static final int COLOURS = 3;

    private Pixels() {}

    /** What each new pixel of a line is made of: from where on, and the weights. */
    private record Line(int[] from, float[][] weights) {
        static Line of(int length, int wanted) {
            double scale = (double) length / wanted;
            double reach = Math.max(scale, 1);
            int[] from = new int[wanted];
            float[][] weights = new float[wanted][];
            for (int p = 0; p < wanted; p++) {
                double centre = (p + 0.5) * scale;
                from[p] = Math.max(0, (int) (centre - reach + 0.5));
                int to = Math.min(length, (int) (centre + reach + 0.5));
                float[] of = new float[to - from[p]];
                double sum = 0;
                for (int i = 0; i < of.length; i++) {
                    of[i] = (float) Math.max(0, 1 - Math.abs((from[p] + i + 0.5 - centre) / reach));
                    sum += of[i];
                }
                for (int i = 0; i < of.length; i++) {
                    of[i] = (float) (of[i] / sum);
                }
                weights[p] = of;
            }
            return new Line(from, weights);
        }
    }

    /** The values of what a network sees of an image: colour x row x column, or row x column x colour. */
    static float[] of(BufferedImage image, Encoder.Images reading) {
        int height = reading.height();
        int width = reading.width();
        float[] values = new float[COLOURS * height * width];
        int resizedHeight = height;
        int resizedWidth = width;
        if (reading.fit() != Fit.STRETCH) {
            double scale = scale(image, reading);
            resizedHeight = Math.max(1, (int) (image.getHeight() * scale + 1e-9));
            resizedWidth = Math.max(1, (int) (image.getWidth() * scale + 1e-9));
        }
        float[][] resized = resized(image, resizedWidth, resizedHeight);
        int left = Math.floorDiv(resizedWidth - width, 2);
        int top = Math.floorDiv(resizedHeight - height, 2);
        for (int c = 0; c < COLOURS; c++) {
            float mean = reading.means().get(c).floatValue();
            float deviation = reading.deviations().get(c).floatValue();
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int fromX = x + left;
                    int fromY = y + top;
                    boolean isInside = fromX >= 0 && fromX < resizedWidth && fromY >= 0 && fromY < resizedHeight;
                    float value = isInside ? (resized[c][fromY * resizedWidth + fromX] / 255 - mean) / deviation : 0;
                    values[reading.hasChannelsLast() ? (y * width + x) * COLOURS + c : (c * height + y) * width + x] =
                            value;
                }
            }
        }
        return values;
    }

    /** By how much an image is made larger so that it covers what is cut out of it, or fits in whole. */
    private static double scale(BufferedImage image, Encoder.Images reading) {
        if (reading.fit() == Fit.PAD) {
            return Math.min((double) reading.height() / image.getHeight(), (double) reading.width() / image.getWidth());
        }
        int shorter = Math.min(reading.height(), reading.width());
        double down = (double) reading.resize() * reading.height() / shorter / image.getHeight();
        double across = (double) reading.resize() * reading.width() / shorter / image.getWidth();
        return Math.max(down, across);
    }

    /** By line first, then by column; of the image one line at a time, for it may be large. */
    static float[][] resized(BufferedImage image, int width, int height) {
        Line across = Line.of(image.getWidth(), width);
        Line down = Line.of(image.getHeight(), height);
        float[][] narrow = new float[COLOURS][image.getHeight() * width];
        int[] row = new int[image.getWidth()];
        for (int y = 0; y < image.getHeight(); y++) {
            read(image, y, row);
            for (int x = 0; x < width; x++) {
                float red = 0;
                float green = 0;
                float blue = 0;
                float[] weights = across.weights()[x];
                int from = across.from()[x];
                for (int i = 0; i < weights.length; i++) {
                    int pixel = row[from + i];
                    red += weights[i] * (pixel >> 16 & 0xFF);
                    green += weights[i] * (pixel >> 8 & 0xFF);
                    blue += weights[i] * (pixel & 0xFF);
                }
                narrow[0][y * width + x] = red;
                narrow[1][y * width + x] = green;
                narrow[2][y * width + x] = blue;
            }
        }
        float[][] resized = new float[COLOURS][height * width];
        for (int c = 0; c < COLOURS; c++) {
            for (int y = 0; y < height; y++) {
                float[] weights = down.weights()[y];
                for (int i = 0; i < weights.length; i++) {
                    int from = (down.from()[y] + i) * width;
                    for (int x = 0; x < width; x++) {
                        resized[c][y * width + x] += weights[i] * narrow[c][from + x];
                    }
                }
            }
        }
        return resized;
    }

    private static void read(BufferedImage image, int y, int[] row) {
        if (image.getType() == BufferedImage.TYPE_3BYTE_BGR) {
            // What a JPEG is: without a colour model asked for each pixel, which takes longer than all the rest.
            byte[] samples = (byte[]) image.getRaster().getDataElements(0, y, row.length, 1, null);
            for (int i = 0; i < row.length; i++) {
                row[i] = ((samples[COLOURS * i] & 0xFF) << 16)
                        | ((samples[COLOURS * i + 1] & 0xFF) << 8)
                        | (samples[COLOURS * i + 2] & 0xFF);
            }
            return;
        }
        image.getRGB(0, y, row.length, 1, row, 0, row.length);
        for (int i = 0; i < row.length; i++) {
            row[i] = onWhite(row[i]);
        }
    }

    private static int onWhite(int pixel) {
        int alpha = pixel >>> 24;
        if (alpha == 255) {
            return pixel;
        }
        int mixed = 0;
        for (int shift = 0; shift <= 16; shift += 8) {
            int colour = pixel >> shift & 0xFF;
            mixed |= ((colour * alpha + 255 * (255 - alpha) + 127) / 255) << shift;
        }
        return mixed;
    }
}
