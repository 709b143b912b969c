package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.rankwright.spec.Contract;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImagesTest {
    /** One pixel as WebP, lossless, written by Pillow 9.4. */
    private static final String WEBP = "UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAdQiirUo/+BiOh/AAA=";

    @TempDir
    private Path folder;

    private static byte[] png(int colour) throws IOException {
        var image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
        image.setRGB(3, 4, colour);
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    private static String held(byte[] bytes) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes);
    }

    private static Contract contract() {
        return new Contract(
                "thing",
                Path.of(""),
                List.of(column("id", Contract.Type.ID), column("look", Contract.Type.IMAGE)),
                List.of(),
                Optional.empty());
    }

    private static Contract.Column column(String name, Contract.Type type) {
        return new Contract.Column(
                name,
                type,
                Optional.empty(),
                Double.NEGATIVE_INFINITY,
                Double.POSITIVE_INFINITY,
                false,
                ",",
                false,
                Optional.empty());
    }

    private Optional<String> fault(String look, Optional<Path> root) {
        return new Images(folder).fault(contract(), Map.of("id", "1", "look", look), root);
    }

    @Test
    void anImageIsKeptOnce_howeverItCame_andReadBack() throws IOException {
        byte[] bytes = png(0x123456);
        Path root = folder.resolve("data");
        Files.createDirectories(root.resolve("pictures"));
        Files.write(root.resolve("pictures/one.png"), bytes);
        var images = new Images(folder.resolve("state"));

        Map<String, String> named =
                images.keep(contract(), Map.of("id", "1", "look", "pictures/one.png"), Optional.of(root));
        Map<String, String> heldRow = images.keep(contract(), Map.of("id", "2", "look", held(bytes)), Optional.empty());

        String reference = named.get("look");
        assertThat(reference)
                .isEqualTo(heldRow.get("look"))
                .startsWith("image:")
                .hasSize(70);
        assertThat(images.bytes(String.valueOf(reference))).hasValue(bytes);
        assertThat(Images.reference(held(bytes))).isEqualTo(reference);
        assertThat(Images.mediaType(bytes)).isEqualTo("image/png");
        assertThat(fault(String.valueOf(reference), Optional.empty()).orElseThrow())
                .contains("not kept");
        assertThat(images.keep(contract(), named, Optional.empty())).isEqualTo(named);
        try (var files = Files.walk(folder.resolve("state/images"))) {
            assertThat(files.filter(Files::isRegularFile)).hasSize(1);
        }
        images.drop(String.valueOf(reference));
        assertThat(images.bytes(String.valueOf(reference))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../outside.png", "missing.png", "/etc/hostname", "notes.txt"})
    void aFileThatIsNoImageBeneathTheRootIsRefused(String path) throws IOException {
        Path root = Files.createDirectories(folder.resolve("data"));
        Files.write(folder.resolve("outside.png"), png(1));
        Files.writeString(root.resolve("notes.txt"), "no image");

        assertThat(fault(path, Optional.of(root)).orElseThrow()).contains("look is", "expected");
    }

    @Test
    void overTheNetworkNoFileIsNamed() {
        assertThat(fault("pictures/one.png", Optional.empty()).orElseThrow()).contains("look is no image", "data URI");
    }

    @Test
    void whatIsBrokenIsRefusedBeforeItIsKept() throws IOException {
        byte[] whole = png(0xABCDEF);

        assertThat(fault(held(Arrays.copyOf(whole, whole.length / 2)), Optional.empty())
                        .orElseThrow())
                .contains("look is a broken image");
        assertThat(fault("data:image/png;base64,AAAA", Optional.empty()).orElseThrow())
                .contains("expected PNG, JPEG, WebP, GIF or BMP");
        assertThat(Files.exists(folder.resolve("images"))).isFalse();
    }

    /** A file of some bytes that says it has 40,000 x 40,000 pixels must not become 6 GB. */
    @Test
    void anImageThatClaimsToBeHugeIsRefusedUnseen() throws IOException {
        byte[] bytes = png(1);
        ByteBuffer header = ByteBuffer.wrap(bytes);
        header.putInt(16, 40_000).putInt(20, 40_000);
        var checksum = new CRC32();
        checksum.update(bytes, 12, 17);
        header.putInt(29, (int) checksum.getValue());

        assertThat(fault(held(bytes), Optional.empty()).orElseThrow()).contains("1600000000 pixels");
    }

    @Test
    void webpIsAnImageToo() {
        byte[] bytes = Base64.getDecoder().decode(WEBP);

        assertThat(fault("data:image/webp;base64," + WEBP, Optional.empty())).isEmpty();
        assertThat(Images.mediaType(bytes)).isEqualTo("image/webp");
    }

    @Test
    void wordsAreNoImages() {
        assertThat(Images.isImage("image:abc")).isFalse();
        assertThat(Images.isImage("image processing")).isFalse();
        assertThat(Images.isImage("data:text/html;base64,AAAA")).isFalse();
    }
}
