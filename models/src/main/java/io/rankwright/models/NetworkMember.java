package io.rankwright.models;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A network over dense inputs (ONNX Runtime), one output a head; explained along the straight line from zeros
 * ({@link PathContributions}), which stand for medians and for embeddings that say nothing.
 */
final class NetworkMember implements RankerMember {
    /** How many rows are scored at once at most: what they take in memory stays small. */
    private static final int CHUNK = 1024;

    private static final String NETWORK = "network.onnx";
    private static final String OF_CANDIDATES = "candidates.onnx";

    /**
     * What the network takes and gives.
     *
     * @param outputs for each head
     */
    record Manifest(NetworkInputs inputs, List<NetworkOutput> outputs) {}

    private final RankerInputs.Layout layout;
    private final Manifest manifest;
    private final List<EmbeddingTable> tables;
    private final Network network;
    /** For rows that share one history. */
    private final Network ofCandidates;
    /** For each value of {@code x} which of the layout's names it belongs to, and after them for each sequence. */
    private final int[] names;

    NetworkMember(Artefact artefact, RankerInputs.Layout layout) {
        this.layout = layout;
        this.manifest = artefact.json("network.json", Manifest.class);
        var read = new HashMap<String, EmbeddingTable>();
        this.tables = tableNames(manifest.inputs()).stream()
                .map(name -> read.computeIfAbsent(
                        name, _ -> EmbeddingTable.of(artefact.segment(tablePart(name)), tablePart(name))))
                .toList();
        this.names = names();
        this.network = new Network(artefact.part(NETWORK));
        this.ofCandidates = artefact.has(OF_CANDIDATES) ? new Network(artefact.part(OF_CANDIDATES)) : network;
    }

    /** The table of each embedding, then of each sequence. */
    private static List<String> tableNames(NetworkInputs inputs) {
        var names = new ArrayList<String>();
        inputs.embeddings().forEach(embedded -> names.add(embedded.table()));
        inputs.sequences().forEach(sequence -> names.add(sequence.table()));
        return names;
    }

    private static String tablePart(String name) {
        return "table-" + name;
    }

    /** The parts of a model file that hold a network. */
    static Map<String, byte[]> parts(
            NetworkInputs inputs,
            List<NetworkOutput> outputs,
            Map<String, EmbeddingTable> tables,
            byte[] onnx,
            Optional<byte[]> ofCandidates) {
        var parts = new TreeMap<String, byte[]>();
        parts.put("network.json", Artefact.json(new Manifest(inputs, outputs)));
        parts.put(NETWORK, onnx);
        ofCandidates.ifPresent(other -> parts.put(OF_CANDIDATES, other));
        tables.forEach(
                (name, table) -> parts.put(tablePart(name), table.freeze().bytes()));
        return parts;
    }

    private int[] names() {
        int[] places = manifest.inputs().places();
        var sequences = manifest.inputs().sequences();
        int[] found = Arrays.copyOf(places, places.length + sequences.size());
        for (int s = 0; s < sequences.size(); s++) {
            found[places.length + s] = sequences.get(s).place();
        }
        int count = layout.names().size();
        for (int i = 0; i < found.length; i++) {
            int place = found[i];
            int name = 0;
            while (name + 1 < count && layout.placeOf(name + 1) <= place) {
                name++;
            }
            found[i] = name;
        }
        return found;
    }

    @Override
    public double[][] score(float[] rows, int count) {
        double[][] scores = new double[manifest.outputs().size()][count];
        for (int from = 0; from < count; from += CHUNK) {
            score(rows, from, Math.min(count, from + CHUNK), scores);
        }
        return scores;
    }

    private void score(float[] rows, int from, int to, double[][] scores) {
        NetworkInputs inputs = manifest.inputs();
        boolean isShared = inputs.isHistoryShared(rows, from, to, layout.width());
        var batch = isShared ? inputs.candidates(to - from, tables) : inputs.batch(to - from, tables);
        batch.setAll(rows, from * layout.width(), layout.width());
        float[][] found = (isShared ? ofCandidates : network)
                .apply(tensors(batch.x(), to - from, sequences(batch), masks(batch), batch.histories()));
        for (int h = 0; h < scores.length; h++) {
            for (int i = from; i < to; i++) {
                scores[h][i] = manifest.outputs().get(h).apply(found[i - from][h], rows, i * layout.width());
            }
        }
    }

    private float[][] sequences(NetworkInputs.Batch batch) {
        float[][] values = new float[manifest.inputs().sequences().size()][];
        Arrays.setAll(values, batch::sequence);
        return values;
    }

    private float[][] masks(NetworkInputs.Batch batch) {
        float[][] values = new float[manifest.inputs().sequences().size()][];
        Arrays.setAll(values, batch::mask);
        return values;
    }

    private Map<String, Network.Tensor> tensors(
            float[] x, int count, float[][] sequences, float[][] masks, int histories) {
        var tensors = new HashMap<String, Network.Tensor>();
        tensors.put("x", new Network.Tensor(x, count, manifest.inputs().width()));
        for (int s = 0; s < sequences.length; s++) {
            var sequence = manifest.inputs().sequences().get(s);
            tensors.put("s" + s, new Network.Tensor(sequences[s], histories, sequence.last(), sequence.dim()));
            tensors.put("m" + s, new Network.Tensor(masks[s], histories, sequence.last()));
        }
        return tensors;
    }

    @Override
    public double[][] contributions(float[] rows, int count, int head) {
        double[][] contributions = new double[count][];
        // Each row asks the network some hundred times: worth all cores.
        IntStream.range(0, count)
                .parallel()
                .forEach(i -> contributions[i] =
                        contributions(Arrays.copyOfRange(rows, i * layout.width(), (i + 1) * layout.width()), head));
        return contributions;
    }

    private double[] contributions(float[] row, int head) {
        var batch = manifest.inputs().batch(1, tables);
        batch.set(0, row, 0);
        int count = layout.names().size();
        int points = PathContributions.points(count);
        int width = batch.x().length;
        float[][] sequences = new float[manifest.inputs().sequences().size()][];
        float[][] masks = new float[sequences.length][];
        for (int s = 0; s < sequences.length; s++) {
            int[] nameOf = new int[batch.sequence(s).length];
            Arrays.fill(nameOf, names[width + s]);
            sequences[s] = PathContributions.line(batch.sequence(s), nameOf, count);
            masks[s] = repeated(batch.mask(s), points);
        }
        float[] x = PathContributions.line(batch.x(), names, count);
        float[][] found = network.apply(tensors(x, points, sequences, masks, points));
        NetworkOutput output = manifest.outputs().get(head);
        double[] scores = new double[points];
        Arrays.setAll(scores, point -> output.apply(found[point][head], row, 0));
        return PathContributions.of(scores, count);
    }

    private static float[] repeated(float[] values, int times) {
        float[] all = new float[times * values.length];
        for (int t = 0; t < times; t++) {
            System.arraycopy(values, 0, all, t * values.length, values.length);
        }
        return all;
    }

    @Override
    public void close() {
        network.close();
        if (ofCandidates != network) {
            ofCandidates.close();
        }
    }
}
