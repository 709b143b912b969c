package io.rankwright.models;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Sums over float vectors: by the Vector API where the module {@code jdk.incubator.vector} is there (start Java with
 * {@code --add-modules jdk.incubator.vector}), by plain loops where it is not. The two add in another order, so their
 * results differ in the last bits; one process always uses the same. Stateless, safe for any thread.
 */
public final class Vectors {
    private static final boolean IS_FAST =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Vectors() {}

    /** The inner product of two vectors of the same length. */
    public static float dot(float[] left, float[] right) {
        return dot(left, 0, right, 0, left.length);
    }

    /** The inner product of {@code length} values from two places. */
    public static float dot(float[] left, int leftStart, float[] right, int rightStart, int length) {
        return IS_FAST
                ? FastVectors.dot(left, leftStart, right, rightStart, length)
                : plainDot(left, leftStart, right, rightStart, length);
    }

    /**
     * The inner products of a vector with others; where another one has another length, its product stays as it is.
     *
     * @param products one for each of the others
     */
    public static void dots(float[] vector, float[][] others, float[] products) {
        int length = vector.length;
        float[] lanes = IS_FAST ? FastVectors.lanes() : new float[0];
        for (int i = 0; i < others.length; i++) {
            if (others[i].length == length) {
                products[i] = IS_FAST
                        ? FastVectors.dot(vector, 0, others[i], 0, length, lanes)
                        : plainDot(vector, 0, others[i], 0, length);
            }
        }
    }

    /** Adds a multiple of {@code length} values to what lies in memory (little-endian floats). */
    static void add(float factor, float[] from, int start, MemorySegment to, long at, int length) {
        if (IS_FAST) {
            FastVectors.add(factor, from, start, to, at, length);
        } else {
            plainAdd(factor, from, start, to, at, length);
        }
    }

    /** Adds a multiple of {@code length} values that lie in memory (little-endian floats) to an array. */
    static void add(float factor, MemorySegment from, long at, float[] to, int start, int length) {
        if (IS_FAST) {
            FastVectors.add(factor, from, at, to, start, length);
        } else {
            plainAdd(factor, from, at, to, start, length);
        }
    }

    /** Reads {@code length} values that lie in memory (little-endian floats). */
    static void read(MemorySegment from, long at, float[] to, int start, int length) {
        if (IS_FAST) {
            FastVectors.read(from, at, to, start, length);
        } else {
            MemorySegment.copy(from, FLOAT, at, to, start, length);
        }
    }

    static void plainAdd(float factor, float[] from, int start, MemorySegment to, long at, int length) {
        for (int i = 0; i < length; i++) {
            to.set(FLOAT, at + 4L * i, Math.fma(factor, from[start + i], to.get(FLOAT, at + 4L * i)));
        }
    }

    static void plainAdd(float factor, MemorySegment from, long at, float[] to, int start, int length) {
        for (int i = 0; i < length; i++) {
            to[start + i] = Math.fma(factor, from.get(FLOAT, at + 4L * i), to[start + i]);
        }
    }

    static float plainDot(float[] left, int leftStart, float[] right, int rightStart, int length) {
        // Four sums beside each other: the additions need not wait for one another.
        float sum0 = 0;
        float sum1 = 0;
        float sum2 = 0;
        float sum3 = 0;
        int i = 0;
        for (; i + 4 <= length; i += 4) {
            sum0 = Math.fma(left[leftStart + i], right[rightStart + i], sum0);
            sum1 = Math.fma(left[leftStart + i + 1], right[rightStart + i + 1], sum1);
            sum2 = Math.fma(left[leftStart + i + 2], right[rightStart + i + 2], sum2);
            sum3 = Math.fma(left[leftStart + i + 3], right[rightStart + i + 3], sum3);
        }
        for (; i < length; i++) {
            sum0 = Math.fma(left[leftStart + i], right[rightStart + i], sum0);
        }
        return (sum0 + sum1) + (sum2 + sum3);
    }
}
