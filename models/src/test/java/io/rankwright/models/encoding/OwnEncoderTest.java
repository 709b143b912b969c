package io.rankwright.models.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.log.Images;
import io.rankwright.log.Progress;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.Encoder.Fit;
import io.rankwright.spec.Encoder.Pooling;
import io.rankwright.spec.UserFault;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Encoders that an application brings along. */
class OwnEncoderTest {
    /**
     * ONNX, opset 13: of 1 x 3 x 32 x 32 pixels the means of squares of 8 (AveragePool), one behind the other (Flatten):
     * 48 values.
     */
    private static final String MEANS =
            "CAg6mAEKQQoGcGl4ZWxzEgFwIgtBdmVyYWdlUG9vbCoVCgxrZXJuZWxfc2hhcGVACEAIoAEHKhAKB3N0cmlkZXNACEAIoAEHChQKAXASBnZl"
                    + "Y3RvciIHRmxhdHRlbhIBZ1ogCgZwaXhlbHMSFgoUCAESEAoCCAEKAggDCgIIIAoCCCBiGAoGdmVjdG9yEg4KDAgBEggKAggBCgIIMEIECgAQ"
                    + "DQ==";

    @TempDir
    private Path folder;

    private Encoder means(int dim) throws IOException {
        Files.write(folder.resolve("network.onnx"), Base64.getDecoder().decode(MEANS));
        return own(
                dim,
                Pooling.NONE,
                new Encoder.Images(32, 32, 32, Fit.STRETCH, List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0), false));
    }

    private Encoder own(int dim, Pooling pooling, Encoder.Reading reading) {
        return new Encoder("own", "own-1", dim, "network.onnx", "", pooling, reading, Optional.of(folder));
    }

    private static String image(int left, int right, String format) throws IOException {
        var image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 32; y++) {
            for (int x = 0; x < 32; x++) {
                image.setRGB(x, y, x < 16 ? left : right);
            }
        }
        return content(image, format);
    }

    private static String content(BufferedImage image, String format) throws IOException {
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, format, bytes);
        return "data:image/" + format + ";base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /**
     * PP-OCR's network that tells lines of text that lie upside down (MobileNetV3, from Maven Central), which learnt from
     * photographs of such lines; these ten were drawn with DejaVu fonts. It is right only if colours, rows and columns, mean and
     * deviation are what it learnt from.
     */
    @ParameterizedTest
    @EnumSource(
            value = Fit.class,
            names = {"CROP", "STRETCH"})
    void aNetworkThatOthersTrainedSaysWhichWayUpALineIs(Fit fit) throws IOException {
        try (InputStream network = resource("/models/ch_ppocr_mobile_v2.0_cls_infer.onnx")) {
            Files.copy(network, folder.resolve("network.onnx"));
        }
        List<Double> half = List.of(0.5, 0.5, 0.5);
        Encoder network = own(2, Pooling.NONE, new Encoder.Images(48, 192, 48, fit, half, half, false));
        try (var encoder = ContentEncoder.load(network, new Images(folder))) {
            for (int i = 0; i < 10; i++) {
                BufferedImage line;
                try (InputStream file = resource("lines/line-" + i + ".png")) {
                    line = ImageIO.read(file);
                }
                float[] upright = encoder.encode(content(line, "png"));
                float[] turned = encoder.encode(content(turned(line), "png"));

                assertThat(upright[0]).as("line " + i).isGreaterThan(0.9f);
                assertThat(turned[1]).as("line " + i + " turned").isGreaterThan(0.9f);
            }
        }
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(OwnEncoderTest.class.getResourceAsStream(name), name);
    }

    private static BufferedImage turned(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        var turned = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                turned.setRGB(width - 1 - x, height - 1 - y, image.getRGB(x, y));
            }
        }
        return turned;
    }

    @Test
    void theVectorOfAnImageIsWhatTheNetworkSays_ofLengthOne() throws IOException {
        try (var encoder = ContentEncoder.load(means(48), new Images(folder))) {
            float[] vector = encoder.encode(image(0xFF0000, 0x0000FF, "png"));

            // Red on the left: two of four squares in each line of the first colour, blue in those of the last.
            float part = (float) (1 / Math.sqrt(16));
            assertThat(vector).hasSize(48);
            assertThat(vector[0]).isCloseTo(part, offset());
            assertThat(vector[3]).isZero();
            assertThat(vector[16]).isZero();
            assertThat(vector[32]).isZero();
            assertThat(vector[35]).isCloseTo(part, offset());
            assertThat(encoder.encode("")).containsOnly(0);
        }
    }

    @Test
    void whatIsHeldAndWhatIsReferredToAreTheSameImage_encodedOnce() throws IOException {
        Encoder encoder = means(48);
        String held = image(0x00FF00, 0x112233, "png");
        var images = new Images(folder);
        try (var contents = EncodedContents.open(folder, encoder, images)) {
            float[] vector = contents.of(List.of(held, held), Progress.SILENT).getFirst();

            assertThat(contents.size()).isOne();
            // Never kept, and not needed: its vector is known by its hash.
            assertThat(contents.passing(Images.reference(held))).isEqualTo(vector);
            assertThat(contents.vector("")).hasSize(48).containsOnly(0);
        }
        try (var contents = EncodedContents.open(folder, encoder, images)) {
            assertThat(contents.size()).isEqualTo(2);
        }
    }

    @Test
    void formatsThatLoseNothingGiveTheSameVector_andJpegNearlyTheSame() throws IOException {
        try (var encoder = ContentEncoder.load(means(48), new Images(folder))) {
            float[] png = encoder.encode(image(0x204060, 0xF0C080, "png"));

            assertThat(encoder.encode(image(0x204060, 0xF0C080, "bmp"))).isEqualTo(png);
            float[] jpeg = encoder.encode(image(0x204060, 0xF0C080, "jpeg"));
            for (int d = 0; d < png.length; d++) {
                assertThat(jpeg[d]).isCloseTo(png[d], Offset.offset(0.01f));
            }
        }
    }

    @Test
    void aNetworkThatDoesNotFitItsManifestIsRefused() throws IOException {
        Encoder wrong = means(47);
        assertThatThrownBy(() -> ContentEncoder.load(wrong, new Images(folder)))
                .isInstanceOf(UserFault.class)
                .hasMessageContainingAll("network.onnx of the encoder own", "[1, 48]", "expected 47 values");

        Files.writeString(folder.resolve("network.onnx"), "no network");
        assertThatThrownBy(() -> ContentEncoder.load(wrong, new Images(folder)))
                .isInstanceOf(UserFault.class)
                .hasMessageContainingAll("network.onnx of the encoder own cannot be loaded");
    }

    @Test
    void anEncoderOfTextsThatIsHandedInSaysWhatTheSameOneSaysThatIsBroughtAlong() throws IOException {
        copy("all-minilm-l6-v2-q.onnx", "network.onnx");
        copy("all-minilm-l6-v2-q-tokenizer.json", "tokenizer.json");
        Encoder own = own(384, Pooling.MEAN, new Encoder.Texts("tokenizer.json", 256, ""));
        var images = new Images(folder);

        try (var handed = ContentEncoder.load(own, images);
                var brought = ContentEncoder.load(Encoder.ALL_MINILM_L6_V2, images)) {
            assertThat(handed.encode("a cat on a roof")).isEqualTo(brought.encode("a cat on a roof"));
        }
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        assertThatThrownBy(() -> ContentEncoder.load(own, images))
                .isInstanceOf(UserFault.class)
                .hasMessageContaining("tokenizer.json of the encoder own cannot be loaded");
        Files.write(folder.resolve("network.onnx"), Base64.getDecoder().decode(MEANS));
        assertThatThrownBy(() -> ContentEncoder.load(own, images))
                .isInstanceOf(UserFault.class)
                .hasMessageContainingAll("wants [pixels]", "expected some of input_ids");
    }

    @Test
    void aModelWhoseEncoderIsGoneSaysWhatIsMissing() {
        try (var encoders = new Encoders(folder, List.of())) {
            assertThatThrownBy(() -> encoders.vectors("own-1"))
                    .isInstanceOf(UserFault.class)
                    .hasMessageContainingAll("own-1", "rankwright train");
        }
    }

    private void copy(String resource, String name) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(OwnEncoderTest.class.getClassLoader().getResourceAsStream(resource))) {
            Files.copy(in, folder.resolve(name));
        }
    }

    private static Offset<Float> offset() {
        return Offset.offset(1e-5f);
    }
}
