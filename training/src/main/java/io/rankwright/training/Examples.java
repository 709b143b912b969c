package io.rankwright.training;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;

/**
 * Rows of a data set as a ranker sees them.
 *
 * @param rows one behind the other
 */
record Examples(DataSet data, DataSet.Range range, float[] rows) {
    /** The values of a label, NaN where it is not there. */
    double[] labels(String label) {
        return range.of(requireNonNull(data.labels().get(label)));
    }

    /** The examples where a label is there. */
    int[] with(String label) {
        double[] values = labels(label);
        int[] chosen = new int[values.length];
        int size = 0;
        for (int i = 0; i < values.length; i++) {
            if (!Double.isNaN(values[i])) {
                chosen[size++] = i;
            }
        }
        return Arrays.copyOf(chosen, size);
    }

    /** The same by subject and moment: what was shown together stands together. */
    int[] grouped(int[] chosen) {
        return Arrays.stream(chosen)
                .boxed()
                .sorted(this::order)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private boolean areTogether(int left, int right) {
        int one = range.from() + left;
        int other = range.from() + right;
        return data.subjects()[one] == data.subjects()[other] && data.timesMillis()[one] == data.timesMillis()[other];
    }

    private int order(int left, int right) {
        int one = range.from() + left;
        int other = range.from() + right;
        int bySubject = Integer.compare(data.subjects()[one], data.subjects()[other]);
        return bySubject != 0 ? bySubject : Long.compare(data.timesMillis()[one], data.timesMillis()[other]);
    }

    /** How many follow each other that were shown together. */
    int[] groups(int[] chosen) {
        int[] sizes = new int[chosen.length];
        int count = 0;
        for (int i = 0; i < chosen.length; i++) {
            if (i > 0 && areTogether(chosen[i], chosen[i - 1])) {
                sizes[count - 1]++;
            } else {
                sizes[count++] = 1;
            }
        }
        return Arrays.copyOf(sizes, count);
    }
}
