package io.rankwright.models;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The file of a model: named parts in one archive (ZIP, stored), the same parts always giving the same bytes. Immutable.
 *
 * <p>An artefact is addressed by the hash of its bytes and lies in memory, or is mapped from its file, under a limit; no
 * name inside it is ever used as a path.
 */
public final class Artefact {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final long LARGEST_BYTES = 4L << 30;
    /** Parts begin at multiples of this in the file, so that the rows of a mapped table lie in whole cache lines. */
    private static final int ALIGNMENT = 64;
    /** The extra field by which archives align their entries; its two bytes say to what, the rest is room. */
    private static final int ALIGNING_FIELD = 0xD935;

    private static final int ALIGNING_BYTES = 6;
    private static final int ENTRY_SIGNATURE = 0x04034b50;
    private static final int ENTRY_BYTES = 30;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** A day that an archive can name; the very first stands for those it cannot. */
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 2, 0, 0);

    private final SortedMap<String, MemorySegment> parts;

    public Artefact(Map<String, byte[]> parts) {
        this.parts = new TreeMap<>();
        parts.forEach((name, bytes) -> this.parts.put(name, MemorySegment.ofArray(bytes)));
    }

    private Artefact(SortedMap<String, MemorySegment> parts) {
        this.parts = parts;
    }

    /** Whether there is such a part. */
    public boolean has(String name) {
        return parts.containsKey(name);
    }

    /** All parts by name, copied. */
    public Map<String, byte[]> parts() {
        var copies = new TreeMap<String, byte[]>();
        parts.forEach((name, part) -> copies.put(name, part.toArray(ValueLayout.JAVA_BYTE)));
        return copies;
    }

    /** The bytes of a part. */
    public byte[] part(String name) {
        return segment(name).toArray(ValueLayout.JAVA_BYTE);
    }

    /** A part where it lies: in memory, or in the file, of which then only what is looked at is read. */
    MemorySegment segment(String name) {
        MemorySegment part = parts.get(name);
        if (part == null) {
            throw new EnvironmentFault("a model file without the part '" + name + "'", false);
        }
        return part;
    }

    /** A part that holds JSON. */
    public <T> T json(String name, Class<T> type) {
        try {
            return JSON.readValue(part(name), type);
        } catch (IOException e) {
            throw new EnvironmentFault("a model file whose part '" + name + "' cannot be read", false, e);
        }
    }

    /** Writes a value as the bytes of a JSON part. */
    public static byte[] json(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a model part that cannot be written", e);
        }
    }

    /** The archive: stored, not compressed, without times. */
    public byte[] bytes() {
        var bytes = new ByteArrayOutputStream();
        try (var archive = new ZipOutputStream(bytes)) {
            for (var part : parts.entrySet()) {
                byte[] content = part(part.getKey());
                var entry = new ZipEntry(part.getKey());
                var checksum = new CRC32();
                checksum.update(content);
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(content.length);
                entry.setCrc(checksum.getValue());
                entry.setTimeLocal(NO_TIME);
                entry.setExtra(
                        aligning(bytes.size() + ENTRY_BYTES + part.getKey().getBytes(UTF_8).length));
                archive.putNextEntry(entry);
                archive.write(content);
                archive.closeEntry();
            }
        } catch (IOException e) {
            throw new InternalFault("an archive in memory that cannot be written", e);
        }
        return bytes.toByteArray();
    }

    /** The extra field after which content is aligned. */
    private static byte[] aligning(int at) {
        int room = Math.floorMod(-(at + ALIGNING_BYTES), ALIGNMENT);
        return ByteBuffer.allocate(ALIGNING_BYTES + room)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) ALIGNING_FIELD)
                .putShort((short) (2 + room))
                .putShort((short) ALIGNMENT)
                .array();
    }

    /**
     * Reads an archive whole.
     *
     * @throws EnvironmentFault if it is broken
     */
    public static Artefact of(byte[] bytes) {
        return of(MemorySegment.ofArray(bytes));
    }

    /**
     * Reads an archive where it lies, mapped or in memory.
     *
     * @throws EnvironmentFault if it is broken
     */
    public static Artefact of(MemorySegment archive) {
        if (archive.byteSize() > LARGEST_BYTES) {
            throw new EnvironmentFault("a model file larger than " + LARGEST_BYTES + " bytes", false);
        }
        var parts = new TreeMap<String, MemorySegment>();
        long at = 0;
        try {
            while (archive.get(INT, at) == ENTRY_SIGNATURE) {
                // The fields of an entry as APPNOTE.TXT of the ZIP format has them.
                int method = archive.get(SHORT, at + 8);
                int checksum = archive.get(INT, at + 14);
                long size = Integer.toUnsignedLong(archive.get(INT, at + 22));
                int nameBytes = Short.toUnsignedInt(archive.get(SHORT, at + 26));
                int extraBytes = Short.toUnsignedInt(archive.get(SHORT, at + 28));
                String name =
                        new String(archive.asSlice(at + ENTRY_BYTES, nameBytes).toArray(ValueLayout.JAVA_BYTE), UTF_8);
                MemorySegment content = archive.asSlice(at + ENTRY_BYTES + nameBytes + extraBytes, size);
                if (method != ZipEntry.STORED || checksum != checksum(content)) {
                    throw new EnvironmentFault("a broken model file: the part '" + name + "' is not whole", false);
                }
                parts.put(name, content);
                at += ENTRY_BYTES + nameBytes + extraBytes + size;
            }
        } catch (IndexOutOfBoundsException e) {
            throw new EnvironmentFault("a broken model file: it ends within a part", false, e);
        }
        if (parts.isEmpty()) {
            throw new EnvironmentFault("a broken model file: it has no parts", false);
        }
        return new Artefact(parts);
    }

    private static int checksum(MemorySegment content) {
        var checksum = new CRC32();
        inPieces(content, checksum::update);
        return (int) checksum.getValue();
    }

    private static void inPieces(MemorySegment all, Consumer<ByteBuffer> consumer) {
        long piece = 1 << 24;
        for (long at = 0; at < all.byteSize(); at += piece) {
            consumer.accept(
                    all.asSlice(at, Math.min(piece, all.byteSize() - at)).asByteBuffer());
        }
    }

    /** SHA-256 of bytes, in hex: the address of an artefact. */
    public static String hash(byte[] bytes) {
        return hash(MemorySegment.ofArray(bytes));
    }

    /** SHA-256 of what lies in memory or in a mapped file. */
    public static String hash(MemorySegment bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            inPieces(bytes, digest::update);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new InternalFault("no SHA-256", e);
        }
    }
}
