package io.rankwright.models;

/**
 * The tokens of several texts as a {@link TokenNetwork} sees them, each text filled up to the same length. The same while it
 * learns and while it scores. One thread at a time.
 */
public final class TokenBatch {
    private final int longest;
    private final int dim;
    private final int ownDim;
    private final float[] states;
    private final float[] own;
    private final float[] mask;

    /**
     * @param longest how many tokens of a text there is room for
     * @param dim,ownDim the lengths of a token's state and of its own vector
     */
    public TokenBatch(int texts, int longest, int dim, int ownDim) {
        this.longest = longest;
        this.dim = dim;
        this.ownDim = ownDim;
        this.states = new float[texts * longest * dim];
        this.own = new float[texts * longest * ownDim];
        this.mask = new float[texts * longest];
    }

    /** Sets a text. */
    public void set(int text, Tokens tokens, EmbeddingTable table) {
        for (int t = 0; t < Math.min(longest, tokens.size()); t++) {
            int place = text * longest + t;
            tokens.state(t, states, place * dim);
            table.read(table.row(tokens.ids()[t]), own, place * ownDim);
            mask[place] = 1;
        }
    }

    /** texts x longest x dim. */
    public float[] states() {
        return states;
    }

    /** texts x longest x ownDim. */
    public float[] own() {
        return own;
    }

    /** texts x longest: 1 where there is a token. */
    public float[] mask() {
        return mask;
    }
}
