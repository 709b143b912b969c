package io.rankwright.monitoring;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.datasketches.kll.KllFloatsSketch;
import org.apache.datasketches.quantilescommon.QuantileSearchCriteria;

/**
 * The values of one variable in a stretch of time. Of numbers a sketch is kept (KLL: Karnin, Lang and Liberty, FOCS 2016; a rank
 * is off by 0.7% at most, with probability .99), of categories how often each came. One thread at a time.
 */
final class Distribution {
    /** Makes the error of a rank 0.7%. */
    private static final int SIZE = 400;

    static final double RANK_ERROR = 0.007;

    /** Categories beyond these are counted as one. */
    private static final int MOST_CATEGORIES = 10_000;

    private static final float OTHERS = Float.POSITIVE_INFINITY;

    private final boolean isCategory;
    private final Map<Float, Long> categories = new HashMap<>();
    private final KllFloatsSketch numbers;
    private long missing;
    private long count;

    Distribution(boolean isCategory) {
        this.isCategory = isCategory;
        this.numbers = KllFloatsSketch.newHeapInstance(SIZE);
    }

    /** What {@link #kept} gave. */
    Distribution(DriftWatch.Kept kept) {
        this.isCategory = kept.isCategory();
        this.missing = kept.missing();
        this.count = kept.count();
        kept.categories().forEach((value, times) -> categories.put(Float.parseFloat(value), times));
        this.numbers = KllFloatsSketch.heapify(MemorySegment.ofArray(kept.sketch()));
    }

    /** All of it, to be kept. */
    DriftWatch.Kept kept(String variable) {
        var texts = new TreeMap<String, Long>();
        categories.forEach((value, times) -> texts.put(value.toString(), times));
        return new DriftWatch.Kept(variable, isCategory, count, missing, texts, numbers.toByteArray());
    }

    /** Adds a value; NaN is a missing one. */
    void add(float value) {
        count++;
        if (Float.isNaN(value)) {
            missing++;
        } else if (isCategory) {
            float kept = categories.size() < MOST_CATEGORIES || categories.containsKey(value) ? value : OTHERS;
            categories.merge(kept, 1L, Long::sum);
        } else {
            numbers.update(value);
        }
    }

    boolean isCategory() {
        return isCategory;
    }

    /** How many values there are, missing ones among them. */
    long count() {
        return count;
    }

    long missing() {
        return missing;
    }

    /** How many values are not missing. */
    long present() {
        return count - missing;
    }

    /** Of categories, how often each came. */
    Map<Float, Long> categories() {
        return new TreeMap<>(categories);
    }

    /** Values that cut the numbers into so many groups of about the same size; fewer where one value comes often. */
    float[] cuts(int groups) {
        float[] cuts = new float[groups - 1];
        for (int i = 1; i < groups; i++) {
            cuts[i - 1] = numbers.getQuantile((double) i / groups, QuantileSearchCriteria.INCLUSIVE);
        }
        float[] distinct = new float[cuts.length];
        int size = 0;
        for (float cut : cuts) {
            if (size == 0 || cut > distinct[size - 1]) {
                distinct[size++] = cut;
            }
        }
        return Arrays.copyOf(distinct, size);
    }

    /** The shares of the numbers up to each cut, and 1. */
    double[] shareUpTo(float[] cuts) {
        if (numbers.isEmpty()) {
            double[] none = new double[cuts.length + 1];
            none[cuts.length] = 1;
            return none;
        }
        return numbers.getCDF(cuts, QuantileSearchCriteria.INCLUSIVE);
    }
}
