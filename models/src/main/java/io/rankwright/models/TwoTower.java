package io.rankwright.models;

import static java.util.Objects.requireNonNull;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Two towers that turn a subject and an item into vectors of length 1 in the same space; their inner product says how
 * well they fit (Yi et al., 2019). What is unknown (a new user, a new author) reads the table's row 0.
 *
 * <p>Thread-safety: {@link #bind bound} towers may be asked by any number of threads.
 */
public final class TwoTower implements AutoCloseable {
    /**
     * What the model file says of itself.
     *
     * @param dim the length of the vectors
     * @param embedding the length of a row of an embedding table
     */
    public record Manifest(
            String kind, int dim, int embedding, List<TowerInput> subjectInputs, List<TowerInput> itemInputs) {}

    private final Manifest manifest;
    private final Map<String, Vocabulary> vocabularies;
    private final Map<String, float[]> tables;
    private final Network subjectNetwork;
    private final Network itemNetwork;

    private TwoTower(
            Manifest manifest,
            Map<String, Vocabulary> vocabularies,
            Map<String, float[]> tables,
            Network subjectNetwork,
            Network itemNetwork) {
        this.manifest = manifest;
        this.vocabularies = vocabularies;
        this.tables = tables;
        this.subjectNetwork = subjectNetwork;
        this.itemNetwork = itemNetwork;
    }

    /** Reads a model. */
    public static TwoTower of(Artefact artefact) {
        Manifest manifest = artefact.json("manifest.json", Manifest.class);
        var vocabularies = new LinkedHashMap<String, Vocabulary>();
        var tables = new LinkedHashMap<String, float[]>();
        for (List<TowerInput> inputs : List.of(manifest.subjectInputs(), manifest.itemInputs())) {
            for (TowerInput input : inputs) {
                vocabularies.computeIfAbsent(
                        input.table(), table -> Vocabulary.of(artefact.part("vocabulary-" + table + ".txt")));
                tables.computeIfAbsent(input.table(), table -> floats(artefact.part("table-" + table + ".f32")));
            }
        }
        return new TwoTower(
                manifest,
                vocabularies,
                tables,
                new Network(artefact.part("subject.onnx")),
                new Network(artefact.part("item.onnx")));
    }

    /** Writes a model. */
    public static Artefact artefact(
            Manifest manifest,
            Map<String, Vocabulary> vocabularies,
            Map<String, float[]> tables,
            byte[] subjectNetwork,
            byte[] itemNetwork) {
        var parts = new TreeMap<String, byte[]>();
        parts.put("manifest.json", Artefact.json(manifest));
        vocabularies.forEach((table, vocabulary) -> parts.put("vocabulary-" + table + ".txt", vocabulary.bytes()));
        tables.forEach((table, rows) -> parts.put("table-" + table + ".f32", bytes(rows)));
        parts.put("subject.onnx", subjectNetwork);
        parts.put("item.onnx", itemNetwork);
        return new Artefact(parts);
    }

    private static byte[] bytes(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    private static float[] floats(byte[] bytes) {
        float[] values = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }

    public Manifest manifest() {
        return manifest;
    }

    /** Ties the model to the codes of a log. */
    public Bound bind(EventLog log, String subject, String item) {
        return new Bound(log, subject, item);
    }

    /** The model, asked in the codes of a log. Any number of threads. */
    public final class Bound {
        private final EntityTable subjects;
        private final EntityTable items;
        private final List<Lookup> subjectLookups;
        private final List<Lookup> itemLookups;

        private Bound(EventLog log, String subject, String item) {
            this.subjects = log.table(subject);
            this.items = log.table(item);
            this.subjectLookups = manifest.subjectInputs().stream()
                    .map(input -> new Lookup(input, log, subjects, item))
                    .toList();
            this.itemLookups = manifest.itemInputs().stream()
                    .map(input -> new Lookup(input, log, items, item))
                    .toList();
        }

        public int dim() {
            return manifest.dim();
        }

        /**
         * The vector of a subject now.
         *
         * @param sequences for each input of kind SEQUENCE, by name, the codes of its items
         */
        public float[] subject(int subject, Map<String, int[]> sequences) {
            float[] row = new float[subjectLookups.size() * manifest.embedding()];
            for (int i = 0; i < subjectLookups.size(); i++) {
                subjectLookups.get(i).write(subject, sequences, row, i * manifest.embedding());
            }
            return subjectNetwork.apply(row, 1, row.length)[0];
        }

        /** The vectors of items. */
        public float[][] items(int[] codes) {
            int width = itemLookups.size() * manifest.embedding();
            float[][] vectors = new float[codes.length][];
            int chunk = 4096;
            for (int from = 0; from < codes.length; from += chunk) {
                int size = Math.min(chunk, codes.length - from);
                float[] rows = new float[size * width];
                for (int r = 0; r < size; r++) {
                    for (int i = 0; i < itemLookups.size(); i++) {
                        itemLookups.get(i).write(codes[from + r], Map.of(), rows, r * width + i * manifest.embedding());
                    }
                }
                System.arraycopy(itemNetwork.apply(rows, size, width), 0, vectors, from, size);
            }
            return vectors;
        }
    }

    /** Finds the rows of one input for a code of the log and writes their mean. */
    private final class Lookup {
        private final TowerInput input;
        private final EntityTable entities;
        private final Dictionary.Domain domain;
        private final Vocabulary vocabulary;
        private final float[] table;
        private final int place;
        private final boolean isDerived;

        Lookup(TowerInput input, EventLog log, EntityTable entities, String item) {
            this.input = input;
            this.entities = entities;
            this.vocabulary = requireNonNull(vocabularies.get(input.table()));
            this.table = requireNonNull(tables.get(input.table()));
            this.place = input.column().isEmpty() ? -1 : entities.place(input.column());
            this.isDerived = !input.column().isEmpty()
                    && entities.contract()
                            .column(input.column())
                            .orElseThrow()
                            .derived()
                            .isPresent();
            this.domain = switch (input.kind()) {
                case ID -> log.dictionary().domain(Dictionary.idsOf(entities.name()));
                case SEQUENCE -> log.dictionary().domain(Dictionary.idsOf(item));
                case CATEGORY, CATEGORIES -> entities.domain(input.column());
            };
        }

        void write(int code, Map<String, int[]> sequences, float[] row, int start) {
            switch (input.kind()) {
                case ID -> add(index(code), 1f, row, start);
                case CATEGORY -> add(index(entities.code(place, code)), 1f, row, start);
                case CATEGORIES -> mean(entities.list(place, code), row, start);
                case SEQUENCE -> mean(sequences.getOrDefault(input.name(), new int[0]), row, start);
            }
        }

        private void mean(int[] codes, float[] row, int start) {
            for (int code : codes) {
                add(index(code), 1f / codes.length, row, start);
            }
        }

        private int index(int code) {
            return vocabulary.index(isDerived ? Integer.toString(code - 1) : domain.text(code));
        }

        private void add(int index, float share, float[] row, int start) {
            int from = index * manifest.embedding();
            for (int d = 0; d < manifest.embedding(); d++) {
                row[start + d] += share * table[from + d];
            }
        }
    }

    /** The inner product of two vectors of the same length. */
    public static float similarity(float[] left, float[] right) {
        float sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += left[i] * right[i];
        }
        return sum;
    }

    @Override
    public void close() {
        subjectNetwork.close();
        itemNetwork.close();
    }

    @Override
    public String toString() {
        return "TwoTower[" + manifest.dim() + ", "
                + Arrays.toString(tables.keySet().toArray()) + "]";
    }
}
