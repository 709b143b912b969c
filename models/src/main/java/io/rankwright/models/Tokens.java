package io.rankwright.models;

/**
 * The tokens of a text: their numbers in the vocabulary of an encoder, and what the encoder's last layer says of each, in
 * half precision, for many texts are held at once. Must not be changed.
 *
 * @param ids one a token
 * @param states the vectors of the tokens, one behind the other, as 16 bits of IEEE 754
 * @param dim the length of a vector
 */
public record Tokens(long[] ids, short[] states, int dim) {
    /** Of no text. */
    public static final Tokens NONE = new Tokens(new long[0], new short[0], 0);

    public int size() {
        return ids.length;
    }

    /** Writes the vector of a token. */
    void state(int token, float[] out, int start) {
        for (int d = 0; d < dim; d++) {
            out[start + d] = Float.float16ToFloat(states[token * dim + d]);
        }
    }
}
