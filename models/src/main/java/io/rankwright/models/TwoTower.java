package io.rankwright.models;

import io.rankwright.log.EventLog;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Two towers that turn a subject and an item into vectors of length 1 in the same space; their inner product says how
 * well they fit (Yi et al., 2019). The subject's tower attends over its recent items, the newest asking (Kang and
 * McAuley, "Self-Attentive Sequential Recommendation", 2018), so that its vector moves with every event.
 *
 * <p>Thread-safety: {@link #bind bound} towers may be asked by any number of threads.
 */
public final class TwoTower implements AutoCloseable {
    /**
     * What the model file says of itself.
     *
     * @param dim the length of the vectors
     * @param embedding the length of a row of an embedding table
     * @param last how many of the newest items of a sequence are attended to
     */
    public record Manifest(
            String kind,
            int dim,
            int embedding,
            int last,
            List<TowerInput> subjectInputs,
            List<TowerInput> itemInputs) {}

    private final Manifest manifest;
    private final Map<String, Vocabulary> vocabularies;
    private final Map<String, EmbeddingTable> tables;
    private final Network subjectNetwork;
    private final Network itemNetwork;

    private TwoTower(
            Manifest manifest,
            Map<String, Vocabulary> vocabularies,
            Map<String, EmbeddingTable> tables,
            Network subjectNetwork,
            Network itemNetwork) {
        this.manifest = manifest;
        this.vocabularies = vocabularies;
        this.tables = tables;
        this.subjectNetwork = subjectNetwork;
        this.itemNetwork = itemNetwork;
    }

    /** What a model file says of itself. */
    public static Manifest manifest(Artefact artefact) {
        return artefact.json("manifest.json", Manifest.class);
    }

    /** Reads a model. */
    public static TwoTower of(Artefact artefact) {
        Manifest manifest = manifest(artefact);
        var vocabularies = new LinkedHashMap<String, Vocabulary>();
        var tables = new LinkedHashMap<String, EmbeddingTable>();
        for (List<TowerInput> inputs : List.of(manifest.subjectInputs(), manifest.itemInputs())) {
            for (TowerInput input : inputs) {
                if (!input.isLearnt()) {
                    continue;
                }
                vocabularies.computeIfAbsent(
                        input.table(), table -> Vocabulary.of(artefact.part("vocabulary-" + table + ".txt")));
                tables.computeIfAbsent(
                        input.table(),
                        table -> EmbeddingTable.of(artefact.segment("table-" + table + ".bin"), "table-" + table));
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
            Map<String, EmbeddingTable> tables,
            byte[] subjectNetwork,
            byte[] itemNetwork) {
        var parts = new TreeMap<String, byte[]>();
        parts.put("manifest.json", Artefact.json(manifest));
        vocabularies.forEach((table, vocabulary) -> parts.put("vocabulary-" + table + ".txt", vocabulary.bytes()));
        tables.forEach((table, rows) ->
                parts.put("table-" + table + ".bin", rows.freeze().bytes()));
        parts.put("subject.onnx", subjectNetwork);
        parts.put("item.onnx", itemNetwork);
        return new Artefact(parts);
    }

    public Manifest manifest() {
        return manifest;
    }

    /**
     * Ties the model to the codes of a log.
     *
     * @param encoders what makes vectors of texts and images by the id of the encoder, where inputs are some; they are kept for contents that come again
     */
    public Bound bind(EventLog log, String subject, String item, Function<String, Function<String, float[]>> encoders) {
        return new Bound(log, subject, item, encoders);
    }

    /** The model, asked in the codes of a log. Any number of threads. */
    public final class Bound {
        private final List<TowerSource> subjectSources;
        private final List<TowerSource> itemSources;

        private Bound(EventLog log, String subject, String item, Function<String, Function<String, float[]>> encoders) {
            this.subjectSources =
                    TowerSource.of(manifest.subjectInputs(), log, subject, item, vocabularies, tables, encoders);
            this.itemSources = TowerSource.of(manifest.itemInputs(), log, item, item, vocabularies, tables, encoders);
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
            return vectors(subjectNetwork, subjectSources, new int[] {subject}, sequences)[0];
        }

        /** The vectors of items. */
        public float[][] items(int[] codes) {
            float[][] vectors = new float[codes.length][];
            int chunk = 4096;
            for (int from = 0; from < codes.length; from += chunk) {
                int size = Math.min(chunk, codes.length - from);
                int[] part = new int[size];
                System.arraycopy(codes, from, part, 0, size);
                System.arraycopy(vectors(itemNetwork, itemSources, part, Map.of()), 0, vectors, from, size);
            }
            return vectors;
        }

        private float[][] vectors(
                Network network, List<TowerSource> sources, int[] codes, Map<String, int[]> sequences) {
            var batch = new TowerBatch(
                    sources.stream().map(TowerSource::input).toList(),
                    manifest.embedding(),
                    manifest.last(),
                    codes.length);
            for (int r = 0; r < codes.length; r++) {
                for (int i = 0; i < sources.size(); i++) {
                    sources.get(i).fill(batch, r, i, codes[r], sequences);
                }
            }
            var tensors = new HashMap<String, Network.Tensor>();
            tensors.put("x", new Network.Tensor(batch.means(), codes.length, batch.width()));
            for (int s = 0; s < batch.sequences(); s++) {
                tensors.put(
                        "s" + s,
                        new Network.Tensor(batch.sequence(s), codes.length, manifest.last(), manifest.embedding()));
                tensors.put("m" + s, new Network.Tensor(batch.mask(s), codes.length, manifest.last()));
            }
            return network.apply(tensors);
        }
    }

    @Override
    public void close() {
        subjectNetwork.close();
        itemNetwork.close();
    }

    @Override
    public String toString() {
        return "TwoTower[" + manifest.dim() + ", " + tables.keySet() + "]";
    }
}
