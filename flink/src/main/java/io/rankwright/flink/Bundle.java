package io.rankwright.flink;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.log.Catalog;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.UserFault;
import io.rankwright.training.Snapshot;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.apache.flink.core.fs.FileSystem;

/**
 * An application as a job on a cluster needs it, in one file: its YAML files and its entities. Tasks read it once a
 * process from wherever Flink's file systems reach. Immutable, safe for any thread.
 *
 * @param application read from the unpacked file
 * @param folder where it is unpacked
 */
record Bundle(FeedApplication application, Path folder) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Bundle> OPEN = new ConcurrentHashMap<>();
    private static final String ENTITIES = "entities/";
    private static final String INPUTS = "inputs.json";

    /** Where it lies in the jar of a job. */
    static final String RESOURCE = "rankwright-bundle.zip";

    /** The address of the one in the jar of this job. */
    static final String IN_JAR = "jar:" + RESOURCE;

    /** Writes the bundle of an application with the entities that its log knows; it appears whole or not at all. */
    static void write(Path file, FeedApplication application, EventLog log) {
        write(file, application, log, Optional.empty());
    }

    /** The same, with what a snapshot is to be made of. */
    static void write(Path file, FeedApplication application, EventLog log, Optional<Snapshot.Manifest> inputs) {
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (var zip = new ZipOutputStream(Files.newOutputStream(partial));
                    Stream<Path> files = Files.walk(application.folder())) {
                for (Path own : files.filter(Bundle::isPartOfIt).sorted().toList()) {
                    zip.putNextEntry(entry(application.folder().relativize(own).toString()));
                    Files.copy(own, zip);
                    zip.closeEntry();
                }
                if (inputs.isPresent()) {
                    zip.putNextEntry(entry(INPUTS));
                    zip.write(JSON.writeValueAsBytes(inputs.get()));
                    zip.closeEntry();
                }
                for (String entity : application.data().entities().keySet()) {
                    zip.putNextEntry(entry(ENTITIES + entity + ".jsonl"));
                    writeEntities(log.table(entity), zip);
                    zip.closeEntry();
                }
            }
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new EnvironmentFault("could not write " + file + ": " + e.getMessage(), true, e);
        }
    }

    private static boolean isPartOfIt(Path file) {
        String name = file.toString();
        return Files.isRegularFile(file) && (name.endsWith(".yaml") || name.endsWith(".avsc"));
    }

    /** Of one time, so that the same application gives the same bytes. */
    private static ZipEntry entry(String name) {
        var entry = new ZipEntry(name);
        entry.setTime(0);
        return entry;
    }

    private static void writeEntities(EntityTable table, OutputStream out) throws IOException {
        for (int code = 1; code < table.capacity(); code++) {
            if (table.isKnown(code)) {
                out.write(JSON.writeValueAsBytes(table.texts(code)));
                out.write('\n');
            }
        }
    }

    /** Opens a bundle, once a process. */
    static Bundle open(String uri) {
        return OPEN.computeIfAbsent(uri, Bundle::unpack);
    }

    private static Bundle unpack(String uri) {
        try (InputStream file = stream(uri);
                var zip = new ZipInputStream(file)) {
            Path folder = Files.createTempDirectory("rankwright-bundle").toRealPath();
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path target = folder.resolve(entry.getName()).normalize();
                if (!target.startsWith(folder)) {
                    throw new EnvironmentFault("the bundle " + uri + " names a file outside itself", false);
                }
                Files.createDirectories(target.getParent());
                Files.copy(zip, target);
            }
            return new Bundle(FeedApplication.read(folder), folder);
        } catch (IOException e) {
            throw new EnvironmentFault("could not read the bundle " + uri + ": " + e.getMessage(), true, e);
        }
    }

    private static InputStream stream(String uri) throws IOException {
        if (uri.equals(IN_JAR)) {
            InputStream resource = Bundle.class.getClassLoader().getResourceAsStream(RESOURCE);
            if (resource == null) {
                throw new UserFault(
                        "this jar holds no application; expected the one that 'rankwright flink deploy' made");
            }
            return resource;
        }
        var path = new org.apache.flink.core.fs.Path(uri);
        return FileSystem.get(path.toUri()).open(path);
    }

    /** What a snapshot is to be made of. */
    Snapshot.Manifest inputs() {
        try {
            return JSON.readValue(folder.resolve(INPUTS).toFile(), Snapshot.Manifest.class);
        } catch (IOException e) {
            throw new UserFault("this jar was made for another job; expected 'rankwright flink deploy --job snapshot'");
        }
    }

    /** A catalog of its own for one task, which writes into it. */
    Catalog catalog() {
        var catalog = new Catalog(application);
        for (String entity : application.data().entities().keySet()) {
            try (Stream<String> lines =
                    Files.lines(folder.resolve(ENTITIES + entity + ".jsonl"), StandardCharsets.UTF_8)) {
                lines.forEach(line -> catalog.put(entity, texts(line)));
            } catch (IOException e) {
                throw new EnvironmentFault("could not read the entities of a bundle: " + e.getMessage(), true, e);
            }
        }
        return catalog;
    }

    private static Map<String, String> texts(String line) {
        try {
            return JSON.readValue(line, new TypeReference<LinkedHashMap<String, String>>() {});
        } catch (IOException e) {
            throw new EnvironmentFault("an entity of a bundle that cannot be read: " + e.getMessage(), false, e);
        }
    }
}
