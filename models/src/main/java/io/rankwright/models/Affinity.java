package io.rankwright.models;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.spec.EnvironmentFault;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How much a subject is drawn to an item, by what it took and passed over before the log begins: a factor model in which
 * a subject is made of its items (asymmetric SVD; Koren, "Factorization Meets the Neighborhood", 2008), so that a subject
 * needs no vector of its own. Immutable, safe for any thread.
 *
 * <p>The log-odds of taking item i is {@code shift + rateWeight · logit(rate) + bias(i) + (Σ taken(j)/√(n⁺ + 2) + Σ
 * passed(j)/√(n⁻ + 2)) · target(i)}, the sums over what was taken and what was passed over.
 */
public final class Affinity {
    /** How many imaginary items a subject's rate and lengths start from. */
    private static final double PRIOR_TAKEN = 1.8;

    private static final double PRIOR_SEEN = 5;
    private static final double PRIOR_LENGTH = 2;

    /**
     * What is not a vector.
     *
     * @param taken the IDS column of the subject with what it took
     * @param seen the IDS column with all that it saw
     */
    public record Manifest(
            String subject, String item, String taken, String seen, int dim, double shift, double rateWeight) {}

    private final Manifest manifest;
    private final Vocabulary items;
    private final float[] taken;
    private final float[] passed;
    private final float[] target;
    private final float[] bias;

    /**
     * @param taken,passed,target for each item, from index 1, its three vectors one behind the other
     * @param bias for each item
     */
    public Affinity(Manifest manifest, Vocabulary items, float[] taken, float[] passed, float[] target, float[] bias) {
        int size = items.size() * manifest.dim();
        if (taken.length != size || passed.length != size || target.length != size || bias.length != items.size()) {
            throw new IllegalArgumentException("vectors that do not fit " + items.size() + " x " + manifest.dim());
        }
        this.manifest = manifest;
        this.items = items;
        this.taken = taken.clone();
        this.passed = passed.clone();
        this.target = target.clone();
        this.bias = bias.clone();
    }

    /** The model whose log-odds are the mean of those of several models of the same items. */
    public static Affinity mean(List<Affinity> models) {
        Affinity first = models.getFirst();
        int count = models.size();
        int items = first.items.size();
        int dim = first.manifest.dim();
        float[][] sides = new float[3][items * count * dim];
        float[] bias = new float[items];
        double shift = 0;
        double rateWeight = 0;
        for (int m = 0; m < count; m++) {
            Affinity model = models.get(m);
            float[][] parts = {model.taken, model.passed, model.target};
            for (int item = 0; item < items; item++) {
                for (int side = 0; side < parts.length; side++) {
                    System.arraycopy(parts[side], item * dim, sides[side], (item * count + m) * dim, dim);
                }
                bias[item] += model.bias[item] / count;
            }
            shift += model.manifest.shift() / count;
            rateWeight += model.manifest.rateWeight() / count;
        }
        for (int i = 0; i < sides[2].length; i++) {
            sides[2][i] /= count;
        }
        Manifest one = first.manifest;
        return new Affinity(
                new Manifest(one.subject(), one.item(), one.taken(), one.seen(), count * dim, shift, rateWeight),
                first.items,
                sides[0],
                sides[1],
                sides[2],
                bias);
    }

    /** Reads what {@link #parts} gave. */
    static Affinity of(Artefact artefact) {
        var manifest = artefact.json("affinity.json", Manifest.class);
        Vocabulary items = Vocabulary.of(artefact.part("affinity-items.txt"));
        ByteBuffer bytes = ByteBuffer.wrap(artefact.part("affinity.bin")).order(ByteOrder.LITTLE_ENDIAN);
        int size = items.size() * manifest.dim();
        if (bytes.remaining() != 4 * (3 * size + items.size())) {
            throw new EnvironmentFault("a model file whose part 'affinity.bin' has the wrong length", false);
        }
        return new Affinity(
                manifest, items, read(bytes, size), read(bytes, size), read(bytes, size), read(bytes, items.size()));
    }

    private static float[] read(ByteBuffer bytes, int size) {
        float[] values = new float[size];
        bytes.asFloatBuffer().get(values);
        bytes.position(bytes.position() + 4 * size);
        return values;
    }

    /** The parts of the model file that hold this. */
    Map<String, byte[]> parts() {
        ByteBuffer bytes =
                ByteBuffer.allocate(4 * (3 * taken.length + bias.length)).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] values : new float[][] {taken, passed, target, bias}) {
            bytes.asFloatBuffer().put(values);
            bytes.position(bytes.position() + 4 * values.length);
        }
        return Map.of(
                "affinity.json",
                Artefact.json(manifest),
                "affinity-items.txt",
                items.bytes(),
                "affinity.bin",
                bytes.array());
    }

    /**
     * What a subject saw, in order, each taken or passed over.
     *
     * @param items any numbers that stand for items
     */
    public record History(int[] items, boolean[] isTaken) {
        /** Joins what was taken and what was seen; an item that was taken twice is found twice among the seen. */
        public static History of(int[] taken, int[] seen) {
            var left = new HashMap<Integer, Integer>();
            for (int item : taken) {
                left.merge(item, 1, Integer::sum);
            }
            boolean[] isTaken = new boolean[seen.length];
            for (int i = 0; i < seen.length; i++) {
                isTaken[i] = left.merge(seen[i], -1, Integer::sum) >= 0;
            }
            return new History(seen, isTaken);
        }
    }

    /** What the sum over {@code count} vectors is multiplied by. */
    public static double scale(int count) {
        return 1 / Math.sqrt(count + PRIOR_LENGTH);
    }

    /** The log-odds of the share that was taken. */
    public static double logOdds(int taken, int seen) {
        double rate = (taken + PRIOR_TAKEN) / (seen + PRIOR_SEEN);
        return Math.log(rate / (1 - rate));
    }

    /** The model in the codes of a log. One thread at a time. */
    public Bound bind(EventLog log) {
        return new Bound(log);
    }

    /** The model in the codes of a log; remembers the last subject. */
    public final class Bound {
        private final EntityTable subjects;
        private final Dictionary.Domain ids;
        private final int takenPlace;
        private final int seenPlace;
        private final float[] vector = new float[manifest.dim()];
        /** The index (+1) of each code, 0 where it was not asked for yet. */
        private int[] indexes = new int[1024];

        private int subject = -1;
        private double base;

        private Bound(EventLog log) {
            this.subjects = log.table(manifest.subject());
            this.ids = log.dictionary().domain(Dictionary.idsOf(manifest.item()));
            this.takenPlace = subjects.place(manifest.taken());
            this.seenPlace = subjects.place(manifest.seen());
        }

        /** The log-odds that a subject takes an item; NaN if nothing is known of the subject. */
        public float logOdds(int subjectCode, int itemCode) {
            if (subjectCode != subject) {
                remember(subjectCode);
            }
            if (Double.isNaN(base)) {
                return Float.NaN;
            }
            int index = index(itemCode);
            return (float) (base + bias[index] + Vectors.dot(vector, 0, target, index * vector.length, vector.length));
        }

        private void remember(int subjectCode) {
            subject = subjectCode;
            var history = History.of(subjects.list(takenPlace, subjectCode), subjects.list(seenPlace, subjectCode));
            int takenCount = 0;
            for (boolean isTaken : history.isTaken()) {
                takenCount += isTaken ? 1 : 0;
            }
            int count = history.items().length;
            float ofTaken = (float) scale(takenCount);
            float ofPassed = (float) scale(count - takenCount);
            Arrays.fill(vector, 0);
            for (int i = 0; i < count; i++) {
                boolean isTaken = history.isTaken()[i];
                float[] vectors = isTaken ? taken : passed;
                int start = index(history.items()[i]) * vector.length;
                float share = isTaken ? ofTaken : ofPassed;
                for (int d = 0; d < vector.length; d++) {
                    vector[d] = Math.fma(share, vectors[start + d], vector[d]);
                }
            }
            base = count == 0
                    ? Double.NaN
                    : manifest.shift() + manifest.rateWeight() * Affinity.logOdds(takenCount, count);
        }

        private int index(int code) {
            if (code >= indexes.length) {
                indexes = Arrays.copyOf(indexes, Math.max(code + 1, 2 * indexes.length));
            }
            if (indexes[code] == 0) {
                indexes[code] = items.index(ids.text(code)) + 1;
            }
            return indexes[code] - 1;
        }
    }
}
