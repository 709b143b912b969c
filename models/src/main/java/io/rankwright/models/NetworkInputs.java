package io.rankwright.models;

import java.util.Arrays;
import java.util.List;

/**
 * How a row of a ranker's inputs becomes the dense inputs of a network: numbers by their quantiles, categories and ids by
 * their embedding rows, all in one vector {@code x}; each sequence as its embedding rows, one by one, with a mask of
 * where there is one. Immutable.
 *
 * @param numbers the first values of {@code x}
 * @param embeddings the next values of {@code x}
 * @param sequences each a tensor of its own
 */
public record NetworkInputs(List<Numeric> numbers, List<Embedded> embeddings, List<Attended> sequences) {
    public NetworkInputs {
        numbers = List.copyOf(numbers);
        embeddings = List.copyOf(embeddings);
        sequences = List.copyOf(sequences);
    }

    /**
     * A number.
     *
     * @param place where it stands in the row
     * @param quantiles ascending; the value becomes its quantile between -1 and 1. Empty if it is taken as it is
     * @param hasIndicator whether a second value says that it is missing
     * @param missing what the first value is then
     */
    public record Numeric(int place, float[] quantiles, boolean hasIndicator, float missing) {
        int width() {
            return hasIndicator ? 2 : 1;
        }

        private void write(float value, float[] x, int at) {
            boolean isMissing = Float.isNaN(value);
            x[at] = isMissing ? missing : quantiles.length == 0 ? value : quantile(value);
            if (hasIndicator) {
                x[at + 1] = isMissing ? 1 : 0;
            }
        }

        private float quantile(float value) {
            int first = firstFrom(value);
            if (first == quantiles.length) {
                return 1;
            }
            float place;
            if (quantiles[first] == value) {
                int last = first;
                while (last < quantiles.length - 1 && quantiles[last + 1] == value) {
                    last++;
                }
                place = (first + last) / 2f;
            } else if (first == 0) {
                return -1;
            } else {
                place = first - 1 + (value - quantiles[first - 1]) / (quantiles[first] - quantiles[first - 1]);
            }
            return 2 * place / (quantiles.length - 1) - 1;
        }

        /** Where the quantiles begin that are not below a value. In steps without branches: which way they go is a toss-up. */
        private int firstFrom(float value) {
            int from = 0;
            for (int size = quantiles.length; size > 1; ) {
                int half = size >>> 1;
                from += quantiles[from + half - 1] < value ? half : 0;
                size -= half;
            }
            return from + (quantiles[from] < value ? 1 : 0);
        }
    }

    /** A category or id: the row of its index, row 0 where it is missing or unknown. */
    public record Embedded(int place, String table, int dim) {}

    /** A sequence of {@code last} indexes from a place on. */
    public record Attended(int place, int last, String table, int dim) {}

    /** How many values {@code x} has. */
    public int width() {
        return numbers.stream().mapToInt(Numeric::width).sum()
                + embeddings.stream().mapToInt(Embedded::dim).sum();
    }

    /** For each value of {@code x} the place of the row that it comes from. */
    int[] places() {
        int[] places = new int[width()];
        int at = 0;
        for (Numeric number : numbers) {
            Arrays.fill(places, at, at + number.width(), number.place());
            at += number.width();
        }
        for (Embedded embedded : embeddings) {
            Arrays.fill(places, at, at + embedded.dim(), embedded.place());
            at += embedded.dim();
        }
        return places;
    }

    /** The dense inputs of some rows. One thread at a time. */
    public final class Batch {
        private final int size;
        private final int width = width();
        private final int histories;
        private final EmbeddingTable[] tables;
        private final EmbeddingTable[] sequenceTables;
        private final float[] x;
        private final float[][] values = new float[sequences.size()][];
        private final float[][] masks = new float[sequences.size()][];
        private final int[] rows;
        private final int[][] sequenceRows = new int[sequences.size()][];

        private Batch(int size, int histories, List<EmbeddingTable> tables) {
            this.size = size;
            this.histories = histories;
            this.tables = tables.subList(0, embeddings.size()).toArray(EmbeddingTable[]::new);
            this.sequenceTables =
                    tables.subList(embeddings.size(), tables.size()).toArray(EmbeddingTable[]::new);
            this.x = new float[size * width];
            this.rows = new int[size * embeddings.size()];
            for (int s = 0; s < values.length; s++) {
                Attended sequence = sequences.get(s);
                values[s] = new float[histories * sequence.last() * sequence.dim()];
                masks[s] = new float[histories * sequence.last()];
                sequenceRows[s] = new int[histories * sequence.last()];
            }
        }

        public int size() {
            return size;
        }

        /** Takes one row of a ranker's inputs, which begins at {@code start}; each place of the batch once. */
        public void set(int index, float[] inputs, int start) {
            set(index, index + 1, inputs, start, 0);
        }

        /**
         * Takes rows of a ranker's inputs that lie one behind the other, from {@code start} on. Candidates of one subject
         * have much in common: what is as in the row before is copied.
         */
        void setAll(float[] inputs, int start, int rowWidth) {
            set(0, size, inputs, start, rowWidth);
        }

        /** Column by column: the rows of a table lie far apart, and many are read at once where none waits for another. */
        private void set(int from, int to, float[] inputs, int start, int rowWidth) {
            int column = 0;
            for (Numeric number : numbers) {
                write(number, column, from, to, inputs, start, rowWidth);
                column += number.width();
            }
            for (int e = 0; e < tables.length; e++) {
                read(e, column, from, to, inputs, start, rowWidth);
                column += embeddings.get(e).dim();
            }
            for (int s = 0; s < values.length; s++) {
                for (int index = from; index < Math.min(to, histories); index++) {
                    attend(s, index, inputs, start + (index - from) * rowWidth);
                }
            }
        }

        private void write(Numeric number, int column, int from, int to, float[] inputs, int start, int rowWidth) {
            for (int index = from; index < to; index++) {
                int place = start + (index - from) * rowWidth + number.place();
                int at = index * width + column;
                float value = inputs[place];
                if (index > from
                        && Float.floatToRawIntBits(value) == Float.floatToRawIntBits(inputs[place - rowWidth])) {
                    System.arraycopy(x, at - width, x, at, number.width());
                } else {
                    number.write(value, x, at);
                }
            }
        }

        private void read(int e, int column, int from, int to, float[] inputs, int start, int rowWidth) {
            Embedded embedded = embeddings.get(e);
            int before = -1;
            for (int index = from; index < to; index++) {
                int row = row(inputs[start + (index - from) * rowWidth + embedded.place()]);
                int at = index * width + column;
                rows[index * tables.length + e] = row;
                if (row == before) {
                    System.arraycopy(x, at - width, x, at, embedded.dim());
                } else {
                    tables[e].read(row, x, at);
                }
                before = row;
            }
        }

        private void attend(int s, int index, float[] inputs, int start) {
            Attended sequence = sequences.get(s);
            for (int i = 0; i < sequence.last(); i++) {
                float item = inputs[start + sequence.place() + i];
                int place = index * sequence.last() + i;
                if (!Float.isNaN(item)) {
                    sequenceRows[s][place] = row(item);
                    masks[s][place] = 1;
                    sequenceTables[s].read(row(item), values[s], place * sequence.dim());
                }
            }
        }

        private static int row(float index) {
            return Float.isNaN(index) ? 0 : (int) index;
        }

        /** The vectors, (size, {@link NetworkInputs#width}). */
        public float[] x() {
            return x;
        }

        /** How many histories there are: as many as rows, or one that all rows share. */
        public int histories() {
            return histories;
        }

        /** The rows of a sequence, (histories, last, dim). */
        public float[] sequence(int sequence) {
            return values[sequence];
        }

        /** Where a sequence has an item, (histories, last). */
        public float[] mask(int sequence) {
            return masks[sequence];
        }

        /** Told the gradient of one embedding row. */
        public interface Receiver {
            void add(String table, int row, float[] gradients, int start);
        }

        /** Gives gradients of the dense inputs, as long as they are, back to the embedding rows. */
        public void spread(float[] ofX, float[][] ofSequences, Receiver receiver) {
            int first = numbers.stream().mapToInt(Numeric::width).sum();
            for (int index = 0; index < size; index++) {
                int at = index * width + first;
                for (int e = 0; e < tables.length; e++) {
                    receiver.add(embeddings.get(e).table(), rows[index * tables.length + e], ofX, at);
                    at += embeddings.get(e).dim();
                }
                for (int s = 0; s < values.length && index < histories; s++) {
                    Attended sequence = sequences.get(s);
                    for (int i = 0; i < sequence.last(); i++) {
                        int place = index * sequence.last() + i;
                        if (masks[s][place] == 1) {
                            receiver.add(
                                    sequence.table(), sequenceRows[s][place], ofSequences[s], place * sequence.dim());
                        }
                    }
                }
            }
        }
    }

    /**
     * Room for the dense inputs of some rows, each with its own history.
     *
     * @param tables of each embedding, then of each sequence
     */
    public Batch batch(int size, List<EmbeddingTable> tables) {
        return new Batch(size, size, tables);
    }

    /** Room for rows that share the history of the first: candidates of one subject. */
    Batch candidates(int size, List<EmbeddingTable> tables) {
        return new Batch(size, 1, tables);
    }

    /** Whether rows of a ranker's inputs, one behind the other, have the same history. */
    boolean isHistoryShared(float[] rows, int from, int to, int width) {
        for (Attended sequence : sequences) {
            int first = from * width + sequence.place();
            for (int i = from + 1; i < to; i++) {
                int start = i * width + sequence.place();
                if (Arrays.mismatch(rows, first, first + sequence.last(), rows, start, start + sequence.last()) >= 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
