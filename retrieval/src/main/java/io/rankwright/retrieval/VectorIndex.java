package io.rankwright.retrieval;

import static java.util.Objects.requireNonNull;

import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.Model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.lucene.codecs.Codec;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene104.Lucene104HnswScalarQuantizedVectorsFormat;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.FilteredDocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.IOUtils;
import org.apache.lucene.util.quantization.QuantizedByteVectorValues.ScalarEncoding;
import org.jspecify.annotations.Nullable;

/**
 * The items' vectors, searched by a hierarchical navigable small world graph (Malkov and Yashunin, 2018; Lucene).
 * Additions and deletions are found by the next search. Vectors must have length 1.
 *
 * <p>Thread-safety: any thread.
 */
public final class VectorIndex implements AutoCloseable {
    private static final Logger LOGGER = Logger.getLogger(VectorIndex.class.getName());
    private static final float[] NONE = {};
    private static final String VECTOR = "vector";
    private static final String CODE = "code";
    private static final String KEY = "key";
    /** A search along the graph ends when it has come by so many vectors, and by so many times as many as it looks for. */
    private static final int MOST_VISITED = 20_000;

    private static final int PATIENCE = 40;
    /** Graphs of more than half of it are left as they are: to merge them is to build them anew. */
    private static final int MERGED_MEGABYTES = 1024;

    private final Map<IndexReader.CacheKey, Codes> codesBySegment = new ConcurrentHashMap<>();

    private final Directory directory;
    private final IndexWriter writer;
    private final SearcherManager searchers;
    private final GraphParts parts;

    private VectorIndex(Path folder, Precision precision) throws IOException {
        this.directory = FSDirectory.open(folder);
        this.writer = new IndexWriter(directory, config(precision));
        this.searchers = new SearcherManager(writer, null);
        this.parts = new GraphParts(folder, () -> config(precision));
    }

    private static IndexWriterConfig config(Precision precision) {
        var merges = new TieredMergePolicy();
        merges.setMaxMergedSegmentMB(MERGED_MEGABYTES);
        // Merging on the calling thread in a fixed order keeps the graph, and so every answer, the same for a seed.
        return new IndexWriterConfig()
                .setCodec(codec(precision))
                .setMergePolicy(merges)
                .setMergeScheduler(new SerialMergeScheduler());
    }

    private static Codec codec(Precision precision) {
        return switch (precision) {
            case FLOAT -> new Lucene104Codec();
            case INT8 ->
                new Lucene104Codec() {
                    @Override
                    public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
                        return new Lucene104HnswScalarQuantizedVectorsFormat(
                                ScalarEncoding.UNSIGNED_BYTE,
                                Lucene99HnswVectorsFormat.DEFAULT_MAX_CONN,
                                Lucene99HnswVectorsFormat.DEFAULT_BEAM_WIDTH);
                    }
                };
        };
    }

    /**
     * Opens the index in a folder, empty if it is new. It holds nothing that cannot be made again: one that is damaged is
     * told of and deleted.
     *
     * @param precision of the vectors that a search compares; those that it finds are as near as these say
     */
    public static VectorIndex open(Path folder, Precision precision) {
        try {
            Files.createDirectories(folder);
            deleteDamaged(folder);
            return new VectorIndex(folder, precision);
        } catch (IOException e) {
            throw new EnvironmentFault("could not open the index in " + folder + ": " + e.getMessage(), false, e);
        }
    }

    static void deleteDamaged(Path folder) throws IOException {
        try (Directory directory = FSDirectory.open(folder)) {
            if (!DirectoryReader.indexExists(directory)) {
                // New, or killed before its first commit: a writer clears up.
                return;
            }
            try (DirectoryReader reader = DirectoryReader.open(directory)) {
                for (LeafReaderContext leaf : reader.leaves()) {
                    leaf.reader().checkIntegrity();
                }
            } catch (IOException | IllegalArgumentException e) {
                LOGGER.log(Level.WARNING, "the index in {0} is damaged and is made again: {1}", new Object[] {
                    folder, e.getMessage()
                });
                for (String file : directory.listAll()) {
                    directory.deleteFile(file);
                }
            }
        }
    }

    /** The codes that are in the index. */
    public BitSet codes() {
        var codes = new BitSet();
        try {
            searchers.maybeRefreshBlocking();
            IndexSearcher searcher = searchers.acquire();
            try {
                for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
                    Bits live = leaf.reader().getLiveDocs();
                    int[] ofSegment = codes(leaf).ofDocuments();
                    for (int doc = 0; doc < ofSegment.length; doc++) {
                        if (live == null || live.get(doc)) {
                            codes.set(ofSegment[doc]);
                        }
                    }
                }
            } finally {
                searchers.release(searcher);
            }
        } catch (IOException e) {
            throw fault("read", e);
        }
        return codes;
    }

    /**
     * Adds many items that are not there, all or none: broken off and called again with the same ones, it goes on where it was.
     *
     * @param dim the length of a vector
     * @param vectors gives the vectors of some of the items, in their order; asked by several threads
     */
    public void fill(int[] codes, int dim, Function<int[], float[][]> vectors, Indexing indexing) {
        fill(codes, vectors, indexing, GraphParts.items(dim));
    }

    /** @param together at most so many items become one graph */
    void fill(int[] codes, Function<int[], float[][]> vectors, Indexing indexing, int together) {
        try {
            if (codes.length > 0) {
                List<Path> folders = parts.build(codes, vectors, indexing, together);
                var built = new ArrayList<Directory>();
                try {
                    for (Path part : folders) {
                        built.add(FSDirectory.open(part));
                    }
                    writer.addIndexes(built.toArray(Directory[]::new));
                    commit();
                } finally {
                    IOUtils.close(built);
                }
            }
            parts.clear();
        } catch (IOException e) {
            throw fault("write", e);
        }
    }

    /** Puts items with their vectors, in the place of what was there. */
    public void put(int[] codes, float[][] vectors) {
        try {
            for (int i = 0; i < codes.length; i++) {
                writer.updateDocument(key(codes[i]), document(codes[i], vectors[i]));
            }
            commit();
        } catch (IOException e) {
            throw fault("write", e);
        }
    }

    /** Takes items out. */
    public void delete(int... codes) {
        try {
            for (int code : codes) {
                writer.deleteDocuments(key(code));
            }
            commit();
        } catch (IOException e) {
            throw fault("write", e);
        }
    }

    private void commit() throws IOException {
        writer.commit();
        searchers.maybeRefreshBlocking();
    }

    private static Term key(int code) {
        return new Term(KEY, Integer.toString(code));
    }

    static Document document(int code, float[] vector) {
        var document = new Document();
        document.add(new StringField(KEY, Integer.toString(code), Field.Store.NO));
        document.add(new NumericDocValuesField(CODE, code));
        document.add(new KnnFloatVectorField(VECTOR, vector, VectorSimilarityFunction.DOT_PRODUCT));
        return document;
    }

    /**
     * The vectors of items as they were put, in their order; of an item that is not there none.
     *
     * @return for each code its vector, of length 0 if there is none
     */
    public float[][] vectors(int[] codes) {
        var found = new float[codes.length][];
        Arrays.fill(found, NONE);
        try {
            IndexSearcher searcher = searchers.acquire();
            try {
                for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
                    read(leaf, codes, found);
                }
            } finally {
                searchers.release(searcher);
            }
        } catch (IOException e) {
            throw fault("read", e);
        }
        return found;
    }

    private void read(LeafReaderContext leaf, int[] codes, float[][] found) throws IOException {
        FloatVectorValues vectors = leaf.reader().getFloatVectorValues(VECTOR);
        if (vectors == null) {
            return;
        }
        Bits live = leaf.reader().getLiveDocs();
        Codes ofSegment = codes(leaf);
        int[] documents = ofSegment.documents(codes);
        for (int i = 0; i < codes.length; i++) {
            int doc = documents[i];
            if (doc >= 0 && (live == null || live.get(doc))) {
                // Every document has a vector, so that the document is the place of its vector.
                found[i] = vectors.vectorValue(doc).clone();
            }
        }
    }

    /** Nearest items, the nearest first, with their inner products. */
    public record Nearest(int[] codes, float[] similarities) {}

    /**
     * Finds the nearest allowed items to a vector. Only items that the search comes by are asked whether they are allowed;
     * if it ends without having found enough, few are allowed, and all of those are compared.
     */
    public Nearest nearest(float[] vector, int k, IntPredicate allowed) {
        try {
            IndexSearcher searcher = searchers.acquire();
            try {
                List<LeafReaderContext> leaves = searcher.getIndexReader().leaves();
                double all = searcher.getIndexReader().maxDoc();
                int[] expected = leaves.stream()
                        .mapToInt(leaf -> expected(k, leaf.reader().maxDoc() / all))
                        .toArray();
                var best = new ArrayList<ScoreDoc[]>();
                for (int l = 0; l < expected.length; l++) {
                    best.add(search(leaves.get(l), vector, expected[l], allowed));
                }
                Nearest nearest = merged(leaves, best, k);
                boolean isMore = false;
                for (int l = 0; l < expected.length; l++) {
                    if (expected[l] < k && hasMore(best.get(l), expected[l], nearest, k)) {
                        best.set(l, search(leaves.get(l), vector, k, allowed));
                        isMore = true;
                    }
                }
                return isMore ? merged(leaves, best, k) : nearest;
            } finally {
                searchers.release(searcher);
            }
        } catch (IOException e) {
            throw fault("search", e);
        }
    }

    /** How many of the {@code k} nearest lie in a segment with this share of all items: hardly ever more than this. */
    private static int expected(int k, double share) {
        return (int) Math.min(k, Math.ceil(k * share + 3 * Math.sqrt(k * share * (1 - share))));
    }

    /** Whether a segment may hold more of the nearest: it gave all that were expected, and the last of them is among the nearest. */
    private static boolean hasMore(ScoreDoc[] found, int expected, Nearest nearest, int k) {
        int size = nearest.codes().length;
        float least = size < k ? Float.NEGATIVE_INFINITY : (1 + nearest.similarities()[size - 1]) / 2;
        return found.length == expected && found[expected - 1].score >= least;
    }

    private ScoreDoc[] search(LeafReaderContext leaf, float[] vector, int k, IntPredicate allowed) throws IOException {
        LeafReader reader = leaf.reader();
        var accepted = new Accepted(codes(leaf).ofDocuments(), reader.getLiveDocs(), allowed);
        int limit = Math.max(MOST_VISITED, PATIENCE * k);
        var collector = new TopKnnCollector(Math.min(k, reader.maxDoc()), limit);
        reader.searchNearestVectors(VECTOR, vector, collector, accepted);
        boolean isEnough = collector.numCollected() >= Math.min(k, reader.numDocs());
        return isEnough || accepted.refused == 0
                ? collector.topDocs().scoreDocs
                : compared(reader, vector, k, accepted);
    }

    /** The nearest of all that are accepted, one by one. */
    private static ScoreDoc[] compared(LeafReader reader, float[] vector, int k, Accepted accepted) throws IOException {
        FloatVectorValues vectors = reader.getFloatVectorValues(VECTOR);
        if (vectors == null) {
            return new ScoreDoc[0];
        }
        var nearest = new TopKnnCollector(k, Integer.MAX_VALUE);
        KnnVectorValues.DocIndexIterator at = vectors.iterator();
        for (int doc = at.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = at.nextDoc()) {
            if (accepted.get(doc)) {
                float[] other = vectors.vectorValue(at.index());
                nearest.collect(doc, VectorSimilarityFunction.DOT_PRODUCT.compare(vector, other));
            }
        }
        return nearest.topDocs().scoreDocs;
    }

    private Nearest merged(List<LeafReaderContext> leaves, List<ScoreDoc[]> best, int k) throws IOException {
        int all = best.stream().mapToInt(found -> found.length).sum();
        int[] found = new int[all];
        double[] scores = new double[all];
        int at = 0;
        for (int l = 0; l < best.size(); l++) {
            int[] codes = codes(leaves.get(l)).ofDocuments();
            for (ScoreDoc document : best.get(l)) {
                found[at] = codes[document.doc];
                scores[at++] = document.score;
            }
        }
        int[] order = Order.descending(scores, found);
        int size = Math.min(k, all);
        int[] codes = new int[size];
        float[] similarities = new float[size];
        for (int i = 0; i < size; i++) {
            codes[i] = found[order[i]];
            // Lucene's score of an inner product is (1 + product) / 2.
            similarities[i] = 2 * (float) scores[order[i]] - 1;
        }
        return new Nearest(codes, similarities);
    }

    /** The code of each document of a segment, and the newest document of each code: open addressing, half full at most. */
    private record Codes(int[] ofDocuments, int[] slots) {
        static Codes of(int[] ofDocuments) {
            var codes = new Codes(ofDocuments, new int[Integer.highestOneBit(Math.max(1, ofDocuments.length)) << 2]);
            for (int doc = 0; doc < ofDocuments.length; doc++) {
                codes.slots[codes.slot(ofDocuments[doc])] = doc + 1;
            }
            return codes;
        }

        /** The slot of a code, or the empty one where it would be. */
        private int slot(int code) {
            int mask = slots.length - 1;
            int slot = first(code);
            while (slots[slot] != 0 && ofDocuments[slots[slot] - 1] != code) {
                slot = (slot + 1) & mask;
            }
            return slot;
        }

        /** Fibonacci hashing: codes follow each other, and the upper bits of the product spread them. */
        private int first(int code) {
            return ((code * 0x9E3779B9) >>> 7) & (slots.length - 1);
        }

        /** The newest document of each code; -1 if there is none. One step for all of them before the next: they wait for memory side by side. */
        int[] documents(int[] codes) {
            int[] documents = new int[codes.length];
            for (int i = 0; i < codes.length; i++) {
                documents[i] = slots[first(codes[i])] - 1;
            }
            for (int i = 0; i < codes.length; i++) {
                if (documents[i] >= 0 && ofDocuments[documents[i]] != codes[i]) {
                    documents[i] = slots[slot(codes[i])] - 1;
                }
            }
            return documents;
        }
    }

    /** The codes of a segment, read once a segment. */
    private Codes codes(LeafReaderContext leaf) throws IOException {
        IndexReader.CacheHelper cache = requireNonNull(leaf.reader().getCoreCacheHelper());
        Codes known = codesBySegment.get(cache.getKey());
        if (known != null) {
            return known;
        }
        int[] codes = new int[leaf.reader().maxDoc()];
        NumericDocValues values = leaf.reader().getNumericDocValues(CODE);
        for (int doc = values.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = values.nextDoc()) {
            codes[doc] = (int) values.longValue();
        }
        Codes read = Codes.of(codes);
        if (codesBySegment.put(cache.getKey(), read) == null) {
            cache.addClosedListener(codesBySegment::remove);
        }
        return read;
    }

    private static EnvironmentFault fault(String action, IOException e) {
        return new EnvironmentFault("could not " + action + " the index: " + e.getMessage(), false, e);
    }

    @Override
    public void close() {
        try {
            searchers.close();
            writer.close();
            directory.close();
        } catch (IOException e) {
            throw fault("close", e);
        }
    }

    /** The documents of a segment whose code is allowed, each asked when the search comes by. One thread's. */
    private static final class Accepted extends AcceptDocs implements Bits {
        private final int[] codes;
        private final @Nullable Bits live;
        private final IntPredicate allowed;
        private int refused;

        Accepted(int[] codes, @Nullable Bits live, IntPredicate allowed) {
            this.codes = codes;
            this.live = live;
            this.allowed = allowed;
        }

        @Override
        public boolean get(int doc) {
            boolean isAccepted = (live == null || live.get(doc)) && allowed.test(codes[doc]);
            refused += isAccepted ? 0 : 1;
            return isAccepted;
        }

        @Override
        public int length() {
            return codes.length;
        }

        @Override
        public Bits bits() {
            return this;
        }

        @Override
        public DocIdSetIterator iterator() {
            return new FilteredDocIdSetIterator(DocIdSetIterator.all(codes.length)) {
                @Override
                protected boolean match(int doc) {
                    return get(doc);
                }
            };
        }

        /** How many are accepted is not known beforehand: most, as a rule. */
        @Override
        public int cost() {
            return codes.length;
        }
    }
}
