package io.rankwright.retrieval;

import io.rankwright.log.Folder;
import io.rankwright.log.Workers;
import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;

/**
 * Builds the graphs of many vectors: each of a part of them, on one thread, so that what is built hangs on the vectors alone;
 * several parts at once. A finished part stays on the disk, and whoever builds of the same items again goes on behind it.
 */
final class GraphParts {
    /** So much of vectors and graph is one part: one search along a large graph is cheaper than one along each of several. */
    private static final long PART_BYTES = 1L << 30;
    /** What the graph takes of an item, by experience, beside its vector. */
    private static final long GRAPH_BYTES = 320;
    /** A part that is being built, with what is on its way: so much of the heap does it take. */
    private static final long BUILD_BYTES = 3 * PART_BYTES / 2;

    /** Lucene's limit: it starts another graph beyond. */
    private static final int BUFFER_MEGABYTES = 2047;

    private static final float[] NONE = {};
    private static final String PREFIX = "parts-";

    private final Path folder;
    private final Supplier<IndexWriterConfig> config;

    /** @param folder that has a folder for the parts while they are built */
    GraphParts(Path folder, Supplier<IndexWriterConfig> config) {
        this.folder = folder;
        this.config = config;
    }

    /** At most so many items of vectors of a length become one graph. */
    static int items(int dim) {
        return (int) (PART_BYTES / (dim * (long) Float.BYTES + GRAPH_BYTES));
    }

    /**
     * Builds what is not built yet.
     *
     * @param codes of the items
     * @param vectors gives the vectors of some of them
     * @param together at most so many items become one part
     * @return the folder of each part, in order
     */
    List<Path> build(int[] codes, Function<int[], float[][]> vectors, Indexing indexing, int together)
            throws IOException {
        int count = Math.ceilDiv(codes.length, together);
        Path home = folder.resolve(PREFIX + Integer.toHexString(hash(codes)));
        for (Path other : all()) {
            if (!other.equals(home)) {
                Folder.delete(other);
            }
        }
        var done = new AtomicLong();
        var parts = new ArrayList<Path>();
        var tasks = new ArrayList<Callable<Boolean>>();
        for (int part = 0; part < count; part++) {
            int from = (int) ((long) codes.length * part / count);
            int to = (int) ((long) codes.length * (part + 1) / count);
            Path place = home.resolve(Integer.toString(part));
            parts.add(place);
            if (isBuilt(place)) {
                done.addAndGet(to - from);
                continue;
            }
            Runnable told = () -> indexing.progress().at(done.incrementAndGet(), codes.length, "vectors");
            tasks.add(() -> {
                build(place, Arrays.copyOfRange(codes, from, to), vectors, told);
                return true;
            });
        }
        long room = Runtime.getRuntime().maxMemory() / 2 / BUILD_BYTES;
        int threads = Math.clamp(Math.min(room, indexing.threads()), 1, Math.max(1, tasks.size()));
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            Workers.together(pool, tasks);
        }
        return parts;
    }

    private void build(Path place, int[] codes, Function<int[], float[][]> vectors, Runnable told) {
        try (Directory directory = FSDirectory.open(place);
                var writer = new IndexWriter(
                        directory,
                        config.get()
                                .setOpenMode(IndexWriterConfig.OpenMode.CREATE)
                                .setCommitOnClose(false)
                                .setMergePolicy(NoMergePolicy.INSTANCE)
                                .setRAMPerThreadHardLimitMB(BUFFER_MEGABYTES)
                                .setRAMBufferSizeMB(BUFFER_MEGABYTES))) {
            float[][] found = vectors.apply(codes);
            for (int i : Bisection.order(found)) {
                writer.addDocument(VectorIndex.document(codes[i], found[i]));
                // The writer has a copy, and the heap no room for two.
                found[i] = NONE;
                told.run();
            }
            writer.commit();
        } catch (IOException e) {
            throw new EnvironmentFault("could not index the vectors: " + e.getMessage(), false, e);
        }
    }

    private static boolean isBuilt(Path place) throws IOException {
        VectorIndex.deleteDamaged(place);
        try (Directory directory = FSDirectory.open(place)) {
            return DirectoryReader.indexExists(directory);
        }
    }

    /** Deletes the parts: they are in the index. */
    void clear() throws IOException {
        for (Path parts : all()) {
            Folder.delete(parts);
        }
    }

    private List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(PREFIX))
                    .toList();
        }
    }

    private static int hash(int[] codes) {
        var hash = new CRC32C();
        var bytes = ByteBuffer.allocate(Integer.BYTES);
        for (int code : codes) {
            hash.update(bytes.clear().putInt(code).flip());
        }
        return (int) hash.getValue();
    }
}
