package io.rankwright.models.encoding;

import io.rankwright.log.Images;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The vectors of texts or images, each computed once: they are kept in a file by the hash of the content, written as they come, so that
 * a job that was killed goes on where it was. What is torn at the end of the file is cut off; a record that is damaged is
 * computed again.
 *
 * <p>A vector of 384 takes 1.6 kB in the file and in memory. Thread-safety: any number of threads. One process writes;
 * others that work beside it keep what they compute in memory alone.
 */
public final class EncodedContents implements AutoCloseable {
    private static final int HASH_BYTES = 32;

    private final ContentEncoder encoder;
    private final FileChannel file;
    private final int recordBytes;
    private final boolean isWriter;
    private final Map<String, float[]> known = new ConcurrentHashMap<>();

    private EncodedContents(ContentEncoder encoder, FileChannel file) throws IOException {
        this.encoder = encoder;
        this.file = file;
        this.isWriter = locked(file);
        this.recordBytes = HASH_BYTES + 4 * encoder.encoder().dim() + 4;
    }

    /**
     * Opens the vectors of an encoder.
     *
     * @param folder where its file is or will be
     * @param images where the images lie that are referred to
     * @throws UserFault if the files of an application's own encoder are not what they should be
     */
    public static EncodedContents open(Path folder, Encoder encoder, Images images) {
        Path path = folder.resolve(encoder.id() + ".vectors");
        try {
            Files.createDirectories(folder);
            ContentEncoder loaded = ContentEncoder.load(encoder, images);
            FileChannel file = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            var contents = new EncodedContents(loaded, file);
            contents.readAll();
            return contents;
        } catch (IOException e) {
            throw new EnvironmentFault("could not open " + path + ": " + e.getMessage(), true, e);
        }
    }

    private static boolean locked(FileChannel file) throws IOException {
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private void readAll() throws IOException {
        long whole = file.size() / recordBytes * recordBytes;
        ByteBuffer record = ByteBuffer.allocate(recordBytes).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = 0; at < whole; at += recordBytes) {
            record.clear();
            while (record.hasRemaining() && file.read(record, at + record.position()) >= 0) {}
            record.flip();
            var checksum = new CRC32C();
            checksum.update(record.array(), 0, recordBytes - 4);
            if (record.getInt(recordBytes - 4) == (int) checksum.getValue()) {
                byte[] hash = new byte[HASH_BYTES];
                record.get(hash);
                float[] vector = new float[encoder.encoder().dim()];
                record.asFloatBuffer().get(vector);
                known.put(HexFormat.of().formatHex(hash), vector);
            }
        }
        if (isWriter) {
            file.truncate(whole);
            file.position(whole);
        }
    }

    public Encoder encoder() {
        return encoder.encoder();
    }

    /** How many contents are known. */
    public int size() {
        return known.size();
    }

    /** The vectors of contents, in their order; those that are not known are computed on all cores and kept. */
    public List<float[]> of(List<String> contents, Progress progress) {
        var missing = new LinkedHashMap<String, String>();
        for (String content : contents) {
            String hash = encoder.hash(content);
            if (!known.containsKey(hash)) {
                missing.put(hash, content);
            }
        }
        List<Map.Entry<String, String>> work = List.copyOf(missing.entrySet());
        Workers.forEach(
                work.size(),
                progress,
                encoder().contents(),
                () -> i -> keep(work.get(i).getKey(), encoder.encode(work.get(i).getValue())));
        var vectors = new ArrayList<float[]>(contents.size());
        for (String content : contents) {
            vectors.add(vector(content));
        }
        return vectors;
    }

    /** The vector of one content, which is kept if the content may come again. */
    public float[] vector(String content) {
        String hash = encoder.hash(content);
        float @Nullable [] vector = known.get(hash);
        if (vector == null) {
            vector = encoder.encode(content);
            keep(hash, vector);
        }
        return vector;
    }

    /** The vector of what is asked once, such as a query: nothing is kept. */
    public float[] passing(String content) {
        float @Nullable [] vector = known.get(encoder.hash(content));
        return vector == null ? encoder.encode(content) : vector;
    }

    /** A text, whole and token by token; nothing is kept. The encoder must be one of texts. */
    public TextEncoder.Reading read(String text) {
        if (encoder instanceof TextEncoder texts) {
            return texts.read(text);
        }
        throw new IllegalStateException("tokens of an image");
    }

    /** Texts whole and token by token, in their order, computed on all cores; of a text the vector of the whole is kept. */
    public List<TextEncoder.Reading> read(List<String> texts, Progress progress) {
        var readings = new TextEncoder.Reading[texts.size()];
        Workers.forEach(readings.length, progress, "texts", () -> i -> {
            readings[i] = read(texts.get(i));
            String hash = encoder.hash(texts.get(i));
            if (!known.containsKey(hash)) {
                keep(hash, readings[i].vector());
            }
        });
        return List.of(readings);
    }

    private synchronized void keep(String hash, float[] vector) {
        known.put(hash, vector);
        if (!isWriter) {
            return;
        }
        ByteBuffer record = ByteBuffer.allocate(recordBytes).order(ByteOrder.LITTLE_ENDIAN);
        record.put(HexFormat.of().parseHex(hash));
        for (float value : vector) {
            record.putFloat(value);
        }
        var checksum = new CRC32C();
        checksum.update(record.array(), 0, recordBytes - 4);
        record.putInt((int) checksum.getValue()).flip();
        try {
            while (record.hasRemaining()) {
                file.write(record);
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not keep a vector: " + e.getMessage(), true, e);
        }
    }

    @Override
    public void close() {
        encoder.close();
        try {
            file.close();
        } catch (IOException e) {
            throw new EnvironmentFault("could not close the vectors: " + e.getMessage(), true, e);
        }
    }
}
