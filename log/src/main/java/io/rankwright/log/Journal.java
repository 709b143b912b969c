package io.rankwright.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * What happened, one entry a line, in the order in which it came: the log of what is searched and scored. Each line begins
 * with its checksum. What is torn at the end is cut off when it is opened; what is damaged before that is an error that
 * names the line. An entry whose id is known counts once.
 *
 * <p>Kept in memory are the ids: 80 bytes each. Thread-safety: any number of threads; one process writes, others may read.
 */
public final class Journal implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CHECKSUM_CHARACTERS = 8;

    private final Path path;
    private final FileChannel file;
    private final Set<String> ids;

    private Journal(Path path, FileChannel file, Set<String> ids) {
        this.path = path;
        this.file = file;
        this.ids = ids;
    }

    /**
     * One thing that happened.
     *
     * @param id by which it is known: the same id means the same thing
     * @param kind what it is, such as {@code click}
     * @param fields texts by name
     */
    public record Entry(String id, String kind, long timeMillis, Map<String, String> fields) {
        public Entry {
            fields = Map.copyOf(fields);
        }

        /** A field, empty if it is not there. */
        public String field(String name) {
            return fields.getOrDefault(name, "");
        }
    }

    /**
     * Opens the journal of this process; the file is made if it is not there.
     *
     * @throws EnvironmentFault if a line before the last is damaged, or the disk refuses
     */
    public static Journal open(Path path) {
        try {
            Files.createDirectories(path.toAbsolutePath().getParent());
            Set<String> ids = new HashSet<>();
            long whole = Files.exists(path) ? read(path, entry -> ids.add(entry.id())) : 0;
            FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            file.truncate(whole);
            file.position(whole);
            return new Journal(path, file, ids);
        } catch (IOException e) {
            throw new EnvironmentFault("could not open " + path + ": " + e.getMessage(), true, e);
        }
    }

    /** Reads the journal of another process, or of before; what is torn at its end is not there yet. */
    public static List<Entry> entries(Path path) {
        var entries = new ArrayList<Entry>();
        if (Files.exists(path)) {
            try {
                read(path, entries::add);
            } catch (IOException e) {
                throw new EnvironmentFault("could not read " + path + ": " + e.getMessage(), true, e);
            }
        }
        return entries;
    }

    /** Hands on every entry, the first one first, and tells how many bytes are whole. */
    private static long read(Path path, Consumer<Entry> reader) throws IOException {
        long bytes = 0;
        long size = Files.size(path);
        int number = 0;
        try (BufferedReader lines = Files.newBufferedReader(path, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                long end = bytes + line.length() + 1;
                byte[] content = line.getBytes(StandardCharsets.ISO_8859_1);
                // A write that was cut short has no line break at its end; whatever has one was whole.
                boolean isTorn = end > size;
                boolean isWhole = !isTorn
                        && content.length > CHECKSUM_CHARACTERS
                        && content[CHECKSUM_CHARACTERS] == ' '
                        && line.substring(0, CHECKSUM_CHARACTERS).equals(checksum(content, CHECKSUM_CHARACTERS + 1));
                if (!isWhole) {
                    if (!isTorn) {
                        throw new EnvironmentFault(
                                path + " is damaged in line " + number + "; expected a whole copy", false);
                    }
                    return bytes;
                }
                reader.accept(JSON.readValue(
                        content, CHECKSUM_CHARACTERS + 1, content.length - CHECKSUM_CHARACTERS - 1, Entry.class));
                bytes = end;
            }
        }
        return bytes;
    }

    private static String checksum(byte[] bytes, int from) {
        var checksum = new CRC32C();
        checksum.update(bytes, from, Math.max(0, bytes.length - from));
        return HexFormat.of().toHexDigits((int) checksum.getValue());
    }

    /**
     * Keeps entries; they are on disk when this returns.
     *
     * @return for each whether it was new
     */
    public List<Boolean> keep(List<Entry> entries) {
        return append(entries, true);
    }

    /** Keeps entries that may be lost if the machine stops in the next moments, such as what was answered. */
    public void note(List<Entry> entries) {
        append(entries, false);
    }

    private synchronized List<Boolean> append(List<Entry> entries, boolean isForced) {
        var isNew = new ArrayList<Boolean>();
        var text = new StringBuilder();
        for (Entry entry : entries) {
            boolean isFirst = ids.add(entry.id());
            isNew.add(isFirst);
            if (isFirst) {
                String json = json(entry);
                text.append(checksum(json.getBytes(StandardCharsets.UTF_8), 0))
                        .append(' ')
                        .append(json)
                        .append('\n');
            }
        }
        try {
            long before = file.position();
            try {
                ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    file.write(bytes);
                }
                if (isForced) {
                    file.force(false);
                }
            } catch (IOException e) {
                entries.forEach(entry -> ids.remove(entry.id()));
                file.truncate(before);
                throw e;
            }
        } catch (IOException e) {
            boolean isFull = String.valueOf(e.getMessage()).contains("No space");
            throw new EnvironmentFault(
                    "could not write " + path + ": " + (isFull ? "the disk is full" : e.getMessage()), true, e);
        }
        return isNew;
    }

    private static String json(Entry entry) {
        try {
            return JSON.writeValueAsString(entry);
        } catch (JsonProcessingException e) {
            throw new InternalFault("an entry that cannot be written", e);
        }
    }

    @Override
    public synchronized void close() {
        try {
            file.force(true);
            file.close();
        } catch (IOException e) {
            throw new EnvironmentFault("could not close " + path + ": " + e.getMessage(), true, e);
        }
    }
}
