package io.rankwright.models;

import io.rankwright.log.Dictionary;
import io.rankwright.spec.EnvironmentFault;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/**
 * Factors of items, and what it takes to solve the factor of a subject from the items it took (see {@link FactorSolver}):
 * so a subject is served by what it took last, without being learnt again. Immutable, safe for any thread.
 */
public final class ItemFactors implements CollaborativeModel {
    static final String PART = "factors.json";

    /**
     * What is not a vector.
     *
     * @param unobserved the weight of a pair that was not seen
     * @param regularisation how strongly factors are held small
     */
    record Manifest(int dim, double unobserved, double regularisation) {}

    private final Manifest manifest;
    private final Vocabulary items;
    private final float[][] factors;
    private final float[] weights;
    private final FactorSolver solver;

    /**
     * @param dim the length of the factors
     * @param unobserved the weight of a pair that was not seen
     * @param regularisation how strongly factors are held small
     * @param items the items that have factors
     * @param factors for each item, from index 1; what stands at index 0 counts for nothing
     * @param weights of a pair with each item that was seen
     */
    public ItemFactors(
            int dim, double unobserved, double regularisation, Vocabulary items, float[][] factors, float[] weights) {
        if (factors.length != items.size() || weights.length != items.size()) {
            throw new IllegalArgumentException("factors that do not fit " + items.size() + " items");
        }
        this.manifest = new Manifest(dim, unobserved, regularisation);
        this.items = items;
        this.factors = factors.clone();
        this.weights = weights.clone();
        this.factors[0] = new float[dim];
        this.solver = new FactorSolver(this.factors, dim, unobserved, regularisation);
    }

    static ItemFactors of(Artefact artefact) {
        var manifest = artefact.json(PART, Manifest.class);
        Vocabulary items = Vocabulary.of(artefact.part("vocabulary.txt"));
        ByteBuffer bytes = ByteBuffer.wrap(artefact.part("factors.bin")).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.remaining() != 4L * items.size() * (manifest.dim() + 1)) {
            throw new EnvironmentFault("a model file whose part 'factors.bin' has the wrong length", false);
        }
        float[][] factors = new float[items.size()][manifest.dim()];
        float[] weights = new float[items.size()];
        for (int i = 0; i < factors.length; i++) {
            weights[i] = bytes.getFloat();
            for (int d = 0; d < manifest.dim(); d++) {
                factors[i][d] = bytes.getFloat();
            }
        }
        return new ItemFactors(
                manifest.dim(), manifest.unobserved(), manifest.regularisation(), items, factors, weights);
    }

    @Override
    public Artefact artefact() {
        ByteBuffer bytes =
                ByteBuffer.allocate(4 * items.size() * (manifest.dim() + 1)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < factors.length; i++) {
            bytes.putFloat(weights[i]);
            for (float value : factors[i]) {
                bytes.putFloat(value);
            }
        }
        return new Artefact(
                Map.of(PART, Artefact.json(manifest), "vocabulary.txt", items.bytes(), "factors.bin", bytes.array()));
    }

    @Override
    public Bound bind(Dictionary.Domain ids) {
        int[] indexes = items.indexes(ids);
        return new Bound() {
            @Override
            public void score(int[] sequence, int last, Scores scores) {
                int[] taken = Arrays.stream(sequence, Math.max(0, sequence.length - last), sequence.length)
                        .filter(code -> code < indexes.length)
                        .map(code -> indexes[code])
                        .filter(index -> index > 0)
                        .sorted()
                        .distinct()
                        .toArray();
                if (taken.length == 0) {
                    return;
                }
                float[] subject = subject(taken);
                for (int code = 1; code < indexes.length; code++) {
                    if (indexes[code] > 0) {
                        scores.score(code, Vectors.dot(subject, factors[indexes[code]]));
                    }
                }
            }
        };
    }

    /** The factor of a subject that took these items, each once. */
    float[] subject(int[] taken) {
        float[] seen = new float[taken.length];
        for (int i = 0; i < taken.length; i++) {
            seen[i] = weights[taken[i]];
        }
        float[] solved = new float[manifest.dim()];
        solver.solve(taken, seen, solved);
        return solved;
    }
}
