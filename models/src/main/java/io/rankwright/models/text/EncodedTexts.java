package io.rankwright.models.text;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.Artefact;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
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
 * The vectors of texts, each computed once: they are kept in a file by the hash of the text, written as they come, so that
 * a job that was killed goes on where it was. What is torn at the end of the file is cut off; a record that is damaged is
 * computed again.
 *
 * <p>A vector of 384 takes 1.6 kB in the file and in memory. Thread-safety: any number of threads. One process writes;
 * others that work beside it keep what they compute in memory alone.
 */
public final class EncodedTexts implements AutoCloseable {
    private static final int HASH_BYTES = 32;

    private final TextEncoder encoder;
    private final FileChannel file;
    private final int recordBytes;
    private final boolean isWriter;
    private final Map<String, float[]> known = new ConcurrentHashMap<>();

    private EncodedTexts(TextEncoder encoder, FileChannel file) throws IOException {
        this.encoder = encoder;
        this.file = file;
        this.isWriter = locked(file);
        this.recordBytes = HASH_BYTES + 4 * encoder.encoder().dim() + 4;
    }

    /**
     * Opens the vectors of an encoder.
     *
     * @param folder where its file is or will be
     */
    public static EncodedTexts open(Path folder, Encoder encoder) {
        Path path = folder.resolve(encoder.word() + ".vectors");
        try {
            Files.createDirectories(folder);
            FileChannel file = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            var texts = new EncodedTexts(TextEncoder.load(encoder), file);
            texts.readAll();
            return texts;
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

    /** How many texts are known. */
    public int size() {
        return known.size();
    }

    /** The vectors of texts, in their order; those that are not known are computed on all cores and kept. */
    public List<float[]> of(List<String> texts, Progress progress) {
        var missing = new LinkedHashMap<String, String>();
        for (String text : texts) {
            String hash = hash(text);
            if (!known.containsKey(hash)) {
                missing.put(hash, text);
            }
        }
        List<Map.Entry<String, String>> work = List.copyOf(missing.entrySet());
        Workers.forEach(
                work.size(),
                progress,
                "texts",
                () -> i -> keep(work.get(i).getKey(), encoder.encode(work.get(i).getValue())));
        var vectors = new ArrayList<float[]>(texts.size());
        for (String text : texts) {
            vectors.add(vector(text));
        }
        return vectors;
    }

    /** The vector of one text, which is kept if the text may come again. */
    public float[] vector(String text) {
        String hash = hash(text);
        float @Nullable [] vector = known.get(hash);
        if (vector == null) {
            vector = encoder.encode(text);
            keep(hash, vector);
        }
        return vector;
    }

    /** The vector of what is asked once, such as a query: nothing is kept. */
    public float[] passing(String text) {
        float @Nullable [] vector = known.get(hash(text));
        return vector == null ? encoder.encode(text) : vector;
    }

    private static String hash(String text) {
        return Artefact.hash(text.getBytes(StandardCharsets.UTF_8));
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
