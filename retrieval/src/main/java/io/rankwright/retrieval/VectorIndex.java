package io.rankwright.retrieval;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.ConstantScoreScorer;
import org.apache.lucene.search.ConstantScoreWeight;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.QueryVisitor;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.ScorerSupplier;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.TwoPhaseIterator;
import org.apache.lucene.search.Weight;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.jspecify.annotations.Nullable;

/**
 * The items' vectors, searched by a hierarchical navigable small world graph (Malkov and Yashunin, 2018; Lucene).
 * Additions and deletions are found by the next search. Vectors must have length 1.
 *
 * <p>Thread-safety: any thread.
 */
public final class VectorIndex implements AutoCloseable {
    private static final String VECTOR = "vector";
    private static final String CODE = "code";
    private static final String KEY = "key";

    private final Directory directory;
    private final IndexWriter writer;
    private final SearcherManager searchers;

    private VectorIndex(Path folder) throws IOException {
        Files.createDirectories(folder);
        this.directory = FSDirectory.open(folder);
        // Merging on the calling thread in a fixed order keeps the graph, and so every answer, the same for a seed.
        this.writer = new IndexWriter(
                directory,
                new IndexWriterConfig()
                        .setMergeScheduler(new SerialMergeScheduler())
                        .setRAMBufferSizeMB(256));
        this.searchers = new SearcherManager(writer, null);
    }

    /** Opens the index in a folder, empty if it is new. */
    public static VectorIndex open(Path folder) {
        try {
            return new VectorIndex(folder);
        } catch (IOException e) {
            throw new EnvironmentFault("could not open the index in " + folder + ": " + e.getMessage(), false, e);
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
                    NumericDocValues values = leaf.reader().getNumericDocValues(CODE);
                    var live = leaf.reader().getLiveDocs();
                    for (int doc = values.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = values.nextDoc()) {
                        if (live == null || live.get(doc)) {
                            codes.set((int) values.longValue());
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

    /** Puts items with their vectors, in the place of what was there. */
    public void put(int[] codes, float[][] vectors) {
        try {
            for (int i = 0; i < codes.length; i++) {
                var document = new Document();
                document.add(new StringField(KEY, Integer.toString(codes[i]), Field.Store.NO));
                document.add(new NumericDocValuesField(CODE, codes[i]));
                document.add(new KnnFloatVectorField(VECTOR, vectors[i], VectorSimilarityFunction.DOT_PRODUCT));
                writer.updateDocument(new Term(KEY, Integer.toString(codes[i])), document);
            }
            writer.commit();
            searchers.maybeRefreshBlocking();
        } catch (IOException e) {
            throw fault("write", e);
        }
    }

    /** Takes an item out. */
    public void delete(int code) {
        try {
            writer.deleteDocuments(new Term(KEY, Integer.toString(code)));
            writer.commit();
            searchers.maybeRefreshBlocking();
        } catch (IOException e) {
            throw fault("write", e);
        }
    }

    /** Nearest items, the nearest first, with their inner products. */
    public record Nearest(int[] codes, float[] similarities) {}

    /** Finds the nearest allowed items to a vector. */
    public Nearest nearest(float[] vector, int k, IntPredicate allowed) {
        try {
            IndexSearcher searcher = searchers.acquire();
            try {
                var query = new KnnFloatVectorQuery(VECTOR, vector, k, new AllowedQuery(allowed));
                ScoreDoc[] found = searcher.search(query, k).scoreDocs;
                int[] codes = new int[found.length];
                float[] similarities = new float[found.length];
                for (int i = 0; i < found.length; i++) {
                    codes[i] = code(searcher, found[i].doc);
                    // Lucene's score of an inner product is (1 + product) / 2.
                    similarities[i] = 2 * found[i].score - 1;
                }
                return new Nearest(codes, similarities);
            } finally {
                searchers.release(searcher);
            }
        } catch (IOException e) {
            throw fault("search", e);
        }
    }

    private static int code(IndexSearcher searcher, int doc) throws IOException {
        for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
            if (doc >= leaf.docBase && doc < leaf.docBase + leaf.reader().maxDoc()) {
                NumericDocValues values = leaf.reader().getNumericDocValues(CODE);
                values.advanceExact(doc - leaf.docBase);
                return (int) values.longValue();
            }
        }
        return 0;
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

    /** The documents whose code is allowed. Costs one look-up a document. */
    private static final class AllowedQuery extends Query {
        private final IntPredicate allowed;

        AllowedQuery(IntPredicate allowed) {
            this.allowed = allowed;
        }

        @Override
        public Weight createWeight(IndexSearcher searcher, ScoreMode mode, float boost) {
            return new ConstantScoreWeight(this, boost) {
                @Override
                public @Nullable ScorerSupplier scorerSupplier(LeafReaderContext context) throws IOException {
                    NumericDocValues values = context.reader().getNumericDocValues(CODE);
                    if (values == null) {
                        return null;
                    }
                    var matches = new TwoPhaseIterator(values) {
                        @Override
                        public boolean matches() throws IOException {
                            return allowed.test((int) values.longValue());
                        }

                        @Override
                        public float matchCost() {
                            return 4;
                        }
                    };
                    return new DefaultScorerSupplier(new ConstantScoreScorer(score(), mode, matches));
                }

                @Override
                public boolean isCacheable(LeafReaderContext context) {
                    return false;
                }
            };
        }

        @Override
        public void visit(QueryVisitor visitor) {
            visitor.visitLeaf(this);
        }

        @Override
        public String toString(String field) {
            return "allowed";
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof AllowedQuery query && query.allowed == allowed;
        }

        @Override
        public int hashCode() {
            return Objects.hash(allowed);
        }
    }
}
