package io.rankwright.retrieval.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rankwright.log.Folder;
import io.rankwright.log.Images;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.DoubleDocValuesField;
import org.apache.lucene.document.DoublePoint;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.SearcherFactory;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;

/**
 * The items of a search: their texts as words with places, their embeddings as a graph (HNSW), categories and numbers for
 * filters and counts, and the rows as they came. What is put or deleted is searched by the next request.
 *
 * <p>Thread-safety: any number of threads; writers take turns.
 */
public final class TextIndex implements AutoCloseable {
    static final String ID = "id";
    static final String ROW = "row";
    static final String COMPLETE = "complete";
    /** The references to images of an item, whatever their column. */
    private static final String IMAGE = "rows.image";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, String>> FIELDS = new TypeReference<>() {};

    private final SearchApplication application;
    private final Words words;
    private final Function<SearchFeature.Embedding, Function<String, float[]>> encoders;
    private final Directory directory;
    /** Empty where the index is only read, beside the process that writes it. */
    private final Optional<IndexWriter> writer;

    private final SearcherManager searchers;

    private TextIndex(
            SearchApplication application,
            Path folder,
            boolean isBeside,
            Function<SearchFeature.Embedding, Function<String, float[]>> encoders) {
        this.application = application;
        this.words = new Words(application.framing().language());
        this.encoders = encoders;
        var lexical = application.model().lexical();
        var similarity = new BM25Similarity((float) lexical.k1(), (float) lexical.b());
        var factory = new SearcherFactory() {
            @Override
            public IndexSearcher newSearcher(IndexReader reader, IndexReader previous) {
                var searcher = new IndexSearcher(reader);
                searcher.setSimilarity(similarity);
                return searcher;
            }
        };
        try {
            this.directory = FSDirectory.open(folder);
            if (isBeside) {
                this.writer = Optional.empty();
                this.searchers = new SearcherManager(directory, factory);
            } else {
                var opened =
                        new IndexWriter(directory, new IndexWriterConfig(words.ofIndex()).setSimilarity(similarity));
                this.writer = Optional.of(opened);
                this.searchers = new SearcherManager(opened, factory);
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not open the index in " + folder + ": " + e.getMessage(), true, e);
        }
    }

    /** Fills a new index. */
    public interface Filling {
        void fill(TextIndex index);
    }

    /**
     * Opens the index in a folder, which is built beside it first if it is not there whole; it appears when it is.
     *
     * @param isBeside whether another process has it: it is only read then, as that process has last kept it
     * @param encoders for each embedding, what makes vectors of texts
     */
    public static TextIndex open(
            Path folder,
            SearchApplication application,
            boolean isBeside,
            Function<SearchFeature.Embedding, Function<String, float[]>> encoders,
            Filling filling) {
        try {
            if (!Files.exists(folder.resolve(COMPLETE))) {
                Path unfinished = folder.resolveSibling(folder.getFileName() + ".unfinished");
                Folder.delete(unfinished);
                Folder.delete(folder);
                Files.createDirectories(unfinished);
                try (var index = new TextIndex(application, unfinished, false, encoders)) {
                    filling.fill(index);
                    index.commit();
                }
                Files.createFile(unfinished.resolve(COMPLETE));
                Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new EnvironmentFault("could not build the index in " + folder + ": " + e.getMessage(), true, e);
        }
        return new TextIndex(application, folder, isBeside, encoders);
    }

    SearchApplication application() {
        return application;
    }

    Words words() {
        return words;
    }

    /** Adds an item, or puts it in the place of the one with its id; {@link #refresh} lets it be found. */
    public void put(String id, Map<String, String> fields) {
        var document = new Document();
        document.add(new StringField(ID, id, Field.Store.YES));
        document.add(new SortedDocValuesField(ID, new BytesRef(id)));
        document.add(new StoredField(ROW, json(fields)));
        var all = new StringBuilder();
        for (SearchFeature feature : application.features()) {
            switch (feature) {
                case SearchFeature.Text text -> {
                    String content = joined(text.columns(), fields);
                    document.add(new TextField(text.name(), content, Field.Store.NO));
                    document.add(new DoubleDocValuesField(
                            length(text.name()), words.stemmed(content).size()));
                    all.append(content).append('\n');
                }
                case SearchFeature.Embedding embedding -> {
                    String content = joined(embedding.columns(), fields);
                    // An item without an image is found by its words alone.
                    if (!embedding.encoder().isOfImages() || !content.isEmpty()) {
                        document.add(new KnnFloatVectorField(
                                embedding.name(),
                                encoders.apply(embedding).apply(content),
                                VectorSimilarityFunction.DOT_PRODUCT));
                    }
                }
                case SearchFeature.Category category ->
                    Optional.ofNullable(fields.get(category.column())).ifPresent(value -> {
                        document.add(new StringField(category.name(), value, Field.Store.NO));
                        document.add(new SortedDocValuesField(category.name(), new BytesRef(value)));
                    });
                case SearchFeature.Amount amount ->
                    Optional.ofNullable(fields.get(amount.column()))
                            .map(Double::valueOf)
                            .ifPresent(value -> {
                                document.add(new DoublePoint(amount.name(), value));
                                document.add(new DoubleDocValuesField(amount.name(), value));
                            });
                case SearchFeature.Words count -> {
                    if (!count.text().equals(application.framing().query())) {
                        var text = application.feature(SearchFeature.Text.class, count.text());
                        double value =
                                words.stemmed(joined(text.columns(), fields)).size();
                        document.add(new DoublePoint(count.name(), value));
                        document.add(new DoubleDocValuesField(count.name(), value));
                    }
                }
                case SearchFeature.Bm25 _,
                        SearchFeature.Closeness _,
                        SearchFeature.Overlap _,
                        SearchFeature.Phrases _,
                        SearchFeature.Place _,
                        SearchFeature.Clicked _ -> {}
            }
        }
        document.add(new TextField(Words.PLAIN, all.toString(), Field.Store.NO));
        Images.references(application.data().items().contract(), fields)
                .forEach(reference -> document.add(new StringField(IMAGE, reference, Field.Store.NO)));
        try {
            writer().updateDocument(new Term(ID, id), document);
        } catch (IOException e) {
            throw new EnvironmentFault("could not index " + id + ": " + e.getMessage(), true, e);
        }
    }

    /** Where the number of words of a text stands. */
    static String length(String text) {
        return text + ".length";
    }

    /** Columns as one text, one behind the other. */
    static String joined(Iterable<String> columns, Map<String, String> fields) {
        var text = new StringBuilder();
        for (String column : columns) {
            if (!text.isEmpty()) {
                text.append(' ');
            }
            text.append(fields.getOrDefault(column, ""));
        }
        return text.toString();
    }

    private IndexWriter writer() {
        return writer.orElseThrow(() -> new IllegalStateException("an index that is only read"));
    }

    /** Lets what was put and deleted be on disk. */
    public void commit() {
        try {
            writer().commit();
        } catch (IOException e) {
            throw new EnvironmentFault("could not keep the index: " + e.getMessage(), true, e);
        }
    }

    /** Takes an item out; {@link #refresh} lets it be gone. */
    public void delete(String id) {
        try {
            writer().deleteDocuments(new Term(ID, id));
        } catch (IOException e) {
            throw new EnvironmentFault("could not delete " + id + ": " + e.getMessage(), true, e);
        }
    }

    /** Lets every search that begins from now on see what was put and deleted. */
    public void refresh() {
        try {
            searchers.maybeRefreshBlocking();
        } catch (IOException e) {
            throw new EnvironmentFault("could not refresh the index: " + e.getMessage(), true, e);
        }
    }

    /** How many items there are. */
    public int size() {
        return read(searcher -> searcher.getIndexReader().numDocs());
    }

    /** Whether an item refers to an image. */
    public boolean hasImage(String reference) {
        return read(searcher -> searcher.count(new TermQuery(new Term(IMAGE, reference))) > 0);
    }

    /** The row of an item as it came. */
    public Optional<Map<String, String>> row(String id) {
        return read(searcher -> {
            var found = searcher.search(new TermQuery(new Term(ID, id)), 1).scoreDocs;
            return found.length == 0 ? Optional.empty() : Optional.of(row(searcher, found[0].doc));
        });
    }

    static Map<String, String> row(IndexSearcher searcher, int document) throws IOException {
        return JSON.readValue(
                Objects.requireNonNull(
                        searcher.storedFields().document(document).get(ROW)),
                FIELDS);
    }

    /** The ids of documents, in their order; read as a column, which costs a tenth of reading rows. */
    static List<String> ids(IndexSearcher searcher, int[] documents) throws IOException {
        var leaves = searcher.getIndexReader().leaves();
        var ids = new ArrayList<String>(documents.length);
        for (int document : documents) {
            var leaf = leaves.get(ReaderUtil.subIndex(document, leaves));
            var values = DocValues.getSorted(leaf.reader(), ID);
            if (!values.advanceExact(document - leaf.docBase)) {
                throw new InternalFault("a document without an id");
            }
            ids.add(values.lookupOrd(values.ordValue()).utf8ToString());
        }
        return ids;
    }

    /** What reads one state of the index. */
    interface Reading<T> {
        T read(IndexSearcher searcher) throws IOException;
    }

    /** Reads the index as it is now; what is written meanwhile is not seen. */
    <T> T read(Reading<T> reading) {
        try {
            IndexSearcher searcher = searchers.acquire();
            try {
                return reading.read(searcher);
            } finally {
                searchers.release(searcher);
            }
        } catch (IOException e) {
            throw new EnvironmentFault("the index cannot be read: " + e.getMessage(), true, e);
        }
    }

    private static String json(Map<String, String> fields) {
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a row that cannot be written", e);
        }
    }

    /** Which of an item's rows are shown, in the order of the contract. */
    Map<String, String> shown(Map<String, String> row) {
        return application.data().items().contract().columns().stream()
                .filter(column -> row.containsKey(column.name()))
                .collect(Collectors.toMap(
                        column -> column.name(),
                        column -> Objects.requireNonNull(row.get(column.name())),
                        (first, _) -> first,
                        LinkedHashMap::new));
    }

    @Override
    public void close() {
        try {
            searchers.close();
            if (writer.isPresent()) {
                writer.get().close();
            }
            directory.close();
        } catch (IOException e) {
            throw new EnvironmentFault("could not close the index: " + e.getMessage(), true, e);
        }
    }
}
