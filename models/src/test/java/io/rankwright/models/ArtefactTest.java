package io.rankwright.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.spec.EnvironmentFault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtefactTest {
    private static final EmbeddingTable TABLE = EmbeddingTable.create(16, 3, 5);
    private static final Map<String, byte[]> PARTS = Map.of(
            "manifest.json",
            "{}".getBytes(),
            "empty",
            new byte[0],
            "table-x",
            TABLE.freeze().bytes());

    @TempDir
    Path folder;

    private Artefact mapped(byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(Files.write(folder.resolve("model"), bytes))) {
            return Artefact.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
        }
    }

    @Test
    void partsAreWhatTheyWere_inMemoryAndMapped_andAnyZipReaderReadsThem() throws IOException {
        byte[] bytes = new Artefact(PARTS).bytes();

        var byOthers = new TreeMap<String, byte[]>();
        try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                byOthers.put(entry.getName(), zip.readAllBytes());
            }
        }

        PARTS.forEach((name, part) -> {
            assertThat(Artefact.of(bytes).part(name)).isEqualTo(part);
            assertThat(byOthers.get(name)).isEqualTo(part);
        });
        assertThat(mapped(bytes).part("table-x")).isEqualTo(PARTS.get("table-x"));
        assertThat(mapped(bytes).bytes()).isEqualTo(bytes);
    }

    @Test
    void aMappedTableStaysInItsFile_alignedToCacheLines() throws IOException {
        MemorySegment part = mapped(new Artefact(PARTS).bytes()).segment("table-x");

        assertThat(part.isMapped()).isTrue();
        assertThat(part.address() % 64).isZero();
        EmbeddingTable read = EmbeddingTable.of(part, "table-x");
        float[] expected = new float[16];
        float[] found = new float[16];
        for (int row = 0; row < TABLE.size(); row++) {
            TABLE.read(row, expected, 0);
            read.read(row, found, 0);
            assertThat(found).isEqualTo(expected);
        }
    }

    @Test
    void aFlippedBitOrAMissingEndIsFound() {
        byte[] bytes = new Artefact(PARTS).bytes();
        byte[] flipped = bytes.clone();
        flipped[bytes.length / 2] ^= 4;

        assertThatThrownBy(() -> Artefact.of(flipped))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("table-x");
        assertThatThrownBy(() -> Artefact.of(Arrays.copyOf(bytes, bytes.length / 2)))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("ends within a part");
        assertThatThrownBy(() -> Artefact.of(new byte[0])).isInstanceOf(EnvironmentFault.class);
    }
}
