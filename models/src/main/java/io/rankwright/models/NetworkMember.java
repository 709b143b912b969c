package io.rankwright.models;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A network over dense inputs (ONNX Runtime), one output a head; explained by integrated gradients (Sundararajan, Taly
 * and Yan, "Axiomatic Attribution for Deep Networks", 2017) along the straight line from zeros, which stand for medians
 * and for embeddings that say nothing.
 *
 * <p>ONNX Runtime gives no gradients, so the change along each step of the line is shared out by how far each input
 * alone changes the score over that step: the contributions sum to the score exactly, and go to the integral as steps
 * grow.
 */
final class NetworkMember implements RankerMember {
    private static final int STEPS = 8;
    /** How many rows are scored at once at most: what they take in memory stays small. */
    private static final int CHUNK = 1024;

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
        this.network = new Network(artefact.part("network.onnx"));
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
            NetworkInputs inputs, List<NetworkOutput> outputs, Map<String, EmbeddingTable> tables, byte[] onnx) {
        var parts = new TreeMap<String, byte[]>();
        parts.put("network.json", Artefact.json(new Manifest(inputs, outputs)));
        parts.put("network.onnx", onnx);
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
        var batch = inputs.isHistoryShared(rows, from, to, layout.width())
                ? inputs.candidates(to - from, tables)
                : inputs.batch(to - from, tables);
        batch.setAll(rows, from * layout.width(), layout.width());
        float[][] found =
                network.apply(tensors(batch.x(), to - from, sequences(batch), masks(batch), batch.histories()));
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
        var path = new Path(batch, count);
        for (int step = 0; step < STEPS; step++) {
            path.add(-1, step);
            for (int name = 0; name < count; name++) {
                path.add(name, step);
            }
        }
        path.add(-1, STEPS);
        float[][] found = network.apply(tensors(path.x, path.size, path.sequences, path.masks, path.size));
        NetworkOutput output = manifest.outputs().get(head);
        double[] contributions = new double[count + 1];
        contributions[count] = output.apply(found[0][head], row, 0);
        double[] alone = new double[count];
        for (int step = 0; step < STEPS; step++) {
            int at = step * (count + 1);
            double before = output.apply(found[at][head], row, 0);
            double after = output.apply(found[at + count + 1][head], row, 0);
            double sum = 0;
            double size = 0;
            for (int name = 0; name < count; name++) {
                alone[name] = output.apply(found[at + 1 + name][head], row, 0) - before;
                sum += alone[name];
                size += Math.abs(alone[name]);
            }
            double rest = after - before - sum;
            for (int name = 0; name < count; name++) {
                contributions[name] += alone[name] + (size == 0 ? rest / count : rest * Math.abs(alone[name]) / size);
            }
        }
        return contributions;
    }

    /** The points of the line from zeros to a row, and beside each point those where one input alone is a step ahead. */
    private final class Path {
        private final NetworkInputs.Batch end;
        private final float[] x;
        private final float[][] sequences;
        private final float[][] masks;
        private int size;

        Path(NetworkInputs.Batch end, int names) {
            this.end = end;
            int points = STEPS * (names + 1) + 1;
            this.x = new float[points * end.x().length];
            this.sequences = new float[manifest.inputs().sequences().size()][];
            this.masks = new float[sequences.length][];
            for (int s = 0; s < sequences.length; s++) {
                sequences[s] = new float[points * end.sequence(s).length];
                masks[s] = new float[points * end.mask(s).length];
            }
        }

        /** @param ahead which of the names is one step ahead; -1 for none */
        void add(int ahead, int step) {
            float here = (float) step / STEPS;
            float next = (float) (step + 1) / STEPS;
            int width = end.x().length;
            for (int i = 0; i < width; i++) {
                x[size * width + i] = end.x()[i] * (names[i] == ahead ? next : here);
            }
            for (int s = 0; s < sequences.length; s++) {
                float share = names[width + s] == ahead ? next : here;
                float[] values = end.sequence(s);
                for (int i = 0; i < values.length; i++) {
                    sequences[s][size * values.length + i] = values[i] * share;
                }
                System.arraycopy(end.mask(s), 0, masks[s], size * end.mask(s).length, end.mask(s).length);
            }
            size++;
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
