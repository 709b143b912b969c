package io.rankwright.models;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The sums of {@link Vectors} by the Vector API. A class of its own, so that it is loaded only where the module is. */
final class FastVectors {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

    private FastVectors() {}

    static float dot(float[] left, int leftStart, float[] right, int rightStart, int length) {
        return dot(left, leftStart, right, rightStart, length, lanes());
    }

    /** Room for what {@link #dot} adds up last. */
    static float[] lanes() {
        return new float[LANES];
    }

    static float dot(float[] left, int leftStart, float[] right, int rightStart, int length, float[] lanes) {
        FloatVector sum0 = FloatVector.zero(SPECIES);
        FloatVector sum1 = FloatVector.zero(SPECIES);
        FloatVector sum2 = FloatVector.zero(SPECIES);
        FloatVector sum3 = FloatVector.zero(SPECIES);
        int i = 0;
        // No method of ours takes or gives a vector: where the compiler does not inline it, each lies in the heap.
        for (; i + 4 * LANES <= length; i += 4 * LANES) {
            sum0 = FloatVector.fromArray(SPECIES, left, leftStart + i)
                    .fma(FloatVector.fromArray(SPECIES, right, rightStart + i), sum0);
            sum1 = FloatVector.fromArray(SPECIES, left, leftStart + i + LANES)
                    .fma(FloatVector.fromArray(SPECIES, right, rightStart + i + LANES), sum1);
            sum2 = FloatVector.fromArray(SPECIES, left, leftStart + i + 2 * LANES)
                    .fma(FloatVector.fromArray(SPECIES, right, rightStart + i + 2 * LANES), sum2);
            sum3 = FloatVector.fromArray(SPECIES, left, leftStart + i + 3 * LANES)
                    .fma(FloatVector.fromArray(SPECIES, right, rightStart + i + 3 * LANES), sum3);
        }
        for (; i + LANES <= length; i += LANES) {
            sum0 = FloatVector.fromArray(SPECIES, left, leftStart + i)
                    .fma(FloatVector.fromArray(SPECIES, right, rightStart + i), sum0);
        }
        float rest = 0;
        for (; i < length; i++) {
            rest = Math.fma(left[leftStart + i], right[rightStart + i], rest);
        }
        // The lanes in their order: reduceLanes may choose another one once it is compiled.
        sum0.add(sum1).add(sum2.add(sum3)).intoArray(lanes, 0);
        float sum = 0;
        for (float lane : lanes) {
            sum += lane;
        }
        return rest + sum;
    }

    static void add(float factor, float[] from, int start, MemorySegment to, long at, int length) {
        FloatVector factors = FloatVector.broadcast(SPECIES, factor);
        int i = 0;
        for (; i + LANES <= length; i += LANES) {
            FloatVector.fromArray(SPECIES, from, start + i)
                    .fma(factors, FloatVector.fromMemorySegment(SPECIES, to, at + 4L * i, ByteOrder.LITTLE_ENDIAN))
                    .intoMemorySegment(to, at + 4L * i, ByteOrder.LITTLE_ENDIAN);
        }
        Vectors.plainAdd(factor, from, start + i, to, at + 4L * i, length - i);
    }

    static void add(float factor, MemorySegment from, long at, float[] to, int start, int length) {
        FloatVector factors = FloatVector.broadcast(SPECIES, factor);
        int i = 0;
        for (; i + LANES <= length; i += LANES) {
            FloatVector.fromMemorySegment(SPECIES, from, at + 4L * i, ByteOrder.LITTLE_ENDIAN)
                    .fma(factors, FloatVector.fromArray(SPECIES, to, start + i))
                    .intoArray(to, start + i);
        }
        Vectors.plainAdd(factor, from, at + 4L * i, to, start + i, length - i);
    }

    static void read(MemorySegment from, long at, float[] to, int start, int length) {
        int i = 0;
        // Rows are short: a call that copies any stretch costs more than the row.
        for (; i + LANES <= length; i += LANES) {
            FloatVector.fromMemorySegment(SPECIES, from, at + 4L * i, ByteOrder.LITTLE_ENDIAN)
                    .intoArray(to, start + i);
        }
        if (i < length) {
            MemorySegment.copy(from, Vectors.FLOAT, at + 4L * i, to, start + i, length - i);
        }
    }
}
