package io.rankwright.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * The file of a model: named parts in one archive, the same parts always giving the same bytes. Immutable.
 *
 * <p>An artefact is addressed by the hash of its bytes and read into memory under a limit; no name inside it is ever
 * used as a path.
 */
public final class Artefact {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final long LARGEST_BYTES = 4L << 30;

    private final SortedMap<String, byte[]> parts;

    public Artefact(Map<String, byte[]> parts) {
        this.parts = new TreeMap<>(parts);
    }

    /** Whether there is such a part. */
    public boolean has(String name) {
        return parts.containsKey(name);
    }

    /** The bytes of a part. */
    public byte[] part(String name) {
        byte[] bytes = parts.get(name);
        if (bytes == null) {
            throw new EnvironmentFault("a model file without the part '" + name + "'", false);
        }
        return bytes;
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
                var entry = new ZipEntry(part.getKey());
                var checksum = new CRC32();
                checksum.update(part.getValue());
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(part.getValue().length);
                entry.setCrc(checksum.getValue());
                entry.setTime(0);
                archive.putNextEntry(entry);
                archive.write(part.getValue());
                archive.closeEntry();
            }
        } catch (IOException e) {
            throw new InternalFault("an archive in memory that cannot be written", e);
        }
        return bytes.toByteArray();
    }

    /** Reads an archive whole. */
    public static Artefact of(byte[] bytes) {
        var parts = new TreeMap<String, byte[]>();
        long total = 0;
        try (var archive = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (ZipEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
                byte[] part = archive.readAllBytes();
                total += part.length;
                if (total > LARGEST_BYTES) {
                    throw new EnvironmentFault("a model file larger than " + LARGEST_BYTES + " bytes", false);
                }
                parts.put(entry.getName(), part);
            }
        } catch (IOException e) {
            throw new EnvironmentFault("a broken model file: " + e.getMessage(), false, e);
        }
        return new Artefact(parts);
    }

    /** SHA-256 of bytes, in hex: the address of an artefact. */
    public static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new InternalFault("no SHA-256", e);
        }
    }
}
