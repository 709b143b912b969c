package io.rankwright.retrieval;

import java.util.stream.IntStream;
import org.apache.lucene.util.VectorUtil;

/**
 * An order in which near vectors follow one another, so that a graph over them is built and walked within the memory that
 * is at hand: all are parted in two equal halves along the line between two means of a sample, and so is each half (as
 * Dhulipala et al., 2016, order documents by recursive bisection; the two means are Lloyd's, 1982). It hangs on the vectors
 * and their order alone.
 */
final class Bisection {
    /** So few that they lie beside one another anyway. */
    private static final int LEAST = 32;

    private static final int SAMPLE = 256;
    private static final int ROUNDS = 4;

    private final float[][] vectors;
    private final int[] order;
    private final float[] along;

    private Bisection(float[][] vectors) {
        this.vectors = vectors;
        this.order = IntStream.range(0, vectors.length).toArray();
        this.along = new float[vectors.length];
    }

    /** The places of the vectors, near ones behind one another. */
    static int[] order(float[][] vectors) {
        var bisection = new Bisection(vectors);
        bisection.part(0, vectors.length);
        return bisection.order;
    }

    private void part(int from, int to) {
        if (to - from <= LEAST) {
            return;
        }
        float[] line = line(from, to);
        for (int i = from; i < to; i++) {
            along[i] = VectorUtil.dotProduct(vectors[order[i]], line);
        }
        int middle = (from + to) >>> 1;
        select(from, to - 1, middle);
        part(from, middle);
        part(middle, to);
    }

    /** From the one mean of a sample to the other. */
    private float[] line(int from, int to) {
        int size = Math.min(SAMPLE, to - from);
        float[][] sample = new float[size][];
        for (int i = 0; i < size; i++) {
            sample[i] = vectors[order[from + (int) ((long) i * (to - from) / size)]];
        }
        float[] left = farthest(sample, sample[0]);
        float[] right = farthest(sample, left);
        for (int round = 0; round < ROUNDS; round++) {
            float[][] sums = new float[2][left.length];
            int[] counts = new int[2];
            for (float[] vector : sample) {
                int side = VectorUtil.dotProduct(vector, left) >= VectorUtil.dotProduct(vector, right) ? 0 : 1;
                counts[side]++;
                for (int d = 0; d < vector.length; d++) {
                    sums[side][d] += vector[d];
                }
            }
            if (counts[0] == 0 || counts[1] == 0) {
                break;
            }
            left = scaled(sums[0], 1f / counts[0]);
            right = scaled(sums[1], 1f / counts[1]);
        }
        float[] line = right.clone();
        for (int d = 0; d < line.length; d++) {
            line[d] -= left[d];
        }
        return line;
    }

    private static float[] farthest(float[][] sample, float[] from) {
        float[] farthest = sample[0];
        float least = Float.POSITIVE_INFINITY;
        for (float[] vector : sample) {
            float product = VectorUtil.dotProduct(vector, from);
            if (product < least) {
                least = product;
                farthest = vector;
            }
        }
        return farthest;
    }

    private static float[] scaled(float[] vector, float factor) {
        for (int d = 0; d < vector.length; d++) {
            vector[d] *= factor;
        }
        return vector;
    }

    /**
     * Puts the places in such an order that none before {@code k} lies further along the line than one behind it (Hoare,
     * 1961). Lucene's own selection draws without a seed where it is slow, and the order would hang on that.
     */
    private void select(int first, int last, int k) {
        int low = first;
        int high = last;
        while (low < high) {
            float pivot = along[(low + high) >>> 1];
            int i = low;
            int j = high;
            while (i <= j) {
                while (along[i] < pivot) {
                    i++;
                }
                while (along[j] > pivot) {
                    j--;
                }
                if (i <= j) {
                    swap(i++, j--);
                }
            }
            if (k <= j) {
                high = j;
            } else if (k >= i) {
                low = i;
            } else {
                return;
            }
        }
    }

    private void swap(int i, int j) {
        float distance = along[i];
        along[i] = along[j];
        along[j] = distance;
        int place = order[i];
        order[i] = order[j];
        order[j] = place;
    }
}
