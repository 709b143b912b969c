package io.rankwright.models;

import java.util.List;

/**
 * The dense inputs of a tower for a batch of entities, and which embedding rows they were made of: for each input the
 * mean of its rows or its vector, and for each sequence its newest rows one by one. One thread at a time.
 */
public final class TowerBatch {
    private static final int[] NONE = new int[0];

    private final List<TowerInput> inputs;
    private final int embedding;
    private final int last;
    private final float[] means;
    private final float[][] sequences;
    private final float[][] masks;
    private final int width;
    /** Where the values of each input begin. */
    private final int[] starts;

    private final int[] sequenceOf;
    private final int[][] rows;

    /**
     * @param embedding the length of a row
     * @param last how many of the newest items of a sequence are kept
     */
    public TowerBatch(List<TowerInput> inputs, int embedding, int last, int size) {
        this.inputs = inputs;
        this.embedding = embedding;
        this.last = last;
        this.width = TowerInput.width(inputs, embedding);
        this.means = new float[size * width];
        this.starts = new int[inputs.size()];
        for (int i = 1; i < starts.length; i++) {
            starts[i] = starts[i - 1] + inputs.get(i - 1).width(embedding);
        }
        this.sequenceOf = new int[inputs.size()];
        int count = 0;
        for (int i = 0; i < inputs.size(); i++) {
            sequenceOf[i] = inputs.get(i).kind() == TowerInput.Kind.SEQUENCE ? count++ : -1;
        }
        this.sequences = new float[count][size * last * embedding];
        this.masks = new float[count][size * last];
        this.rows = new int[size * inputs.size()][];
    }

    /** How many values the means of an entity have. */
    public int width() {
        return width;
    }

    /** How many inputs are sequences. */
    public int sequences() {
        return sequences.length;
    }

    /** Sets the rows of one input of one entity. A sequence is kept at its newest end, against the right of its places. */
    public void set(int entity, int input, int[] chosen, EmbeddingTable table) {
        int sequence = sequenceOf[input];
        int from = sequence < 0 ? 0 : Math.max(0, chosen.length - last);
        int count = chosen.length - from;
        int[] kept = new int[count];
        System.arraycopy(chosen, from, kept, 0, count);
        rows[entity * inputs.size() + input] = kept;
        int mean = entity * width + starts[input];
        for (int i = 0; i < count; i++) {
            table.gather(kept[i], 1f / count, means, mean);
            if (sequence >= 0) {
                int place = entity * last + last - count + i;
                table.read(kept[i], sequences[sequence], place * embedding);
                masks[sequence][place] = 1;
            }
        }
    }

    /** Sets the vector of an input that is no rows. */
    public void set(int entity, int input, float[] vector) {
        rows[entity * inputs.size() + input] = NONE;
        System.arraycopy(vector, 0, means, entity * width + starts[input], vector.length);
    }

    /** The means, (entities, {@link #width}). */
    public float[] means() {
        return means;
    }

    /** The rows of a sequence one by one, (entities, last, embedding), zeros where there is none. */
    public float[] sequence(int sequence) {
        return sequences[sequence];
    }

    /** Where a sequence has a row, (entities, last): 1 or 0. */
    public float[] mask(int sequence) {
        return masks[sequence];
    }

    /** Told the share of a gradient that a row of an input gets. */
    public interface Receiver {
        /** @param start where the gradient of the row lies in {@code gradients} */
        void add(int input, int row, float share, float[] gradients, int start);
    }

    /**
     * Gives the gradients of the dense inputs back to the rows they were made of.
     *
     * @param meanGradients as long as {@link #means}
     * @param sequenceGradients for each sequence as long as {@link #sequence}
     */
    public void spread(float[] meanGradients, float[][] sequenceGradients, Receiver receiver) {
        int entities = rows.length / inputs.size();
        for (int entity = 0; entity < entities; entity++) {
            for (int input = 0; input < inputs.size(); input++) {
                int[] chosen = rows[entity * inputs.size() + input];
                int sequence = sequenceOf[input];
                for (int i = 0; i < chosen.length; i++) {
                    receiver.add(input, chosen[i], 1f / chosen.length, meanGradients, entity * width + starts[input]);
                    if (sequence >= 0) {
                        int place = entity * last + last - chosen.length + i;
                        receiver.add(input, chosen[i], 1, sequenceGradients[sequence], place * embedding);
                    }
                }
            }
        }
    }
}
