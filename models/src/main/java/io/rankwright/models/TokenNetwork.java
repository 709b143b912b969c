package io.rankwright.models;

import io.rankwright.models.Network.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * A network over the tokens of a text, and the vectors that it has learnt of tokens. Any number of threads may ask.
 *
 * <p>A text of 30 tokens takes about a millisecond beside its encoder.
 */
public final class TokenNetwork implements AutoCloseable {
    /** What lies behind so many tokens of a text is not looked at. */
    public static final int LONGEST = 64;

    /** The names of the inputs: states and own vectors of the tokens, and where there are some. */
    public static final String STATES = "x";

    public static final String OWN = "e";
    public static final String MASK = "m";

    private final Network network;
    private final EmbeddingTable own;

    /**
     * As it lies in the file of a model.
     *
     * @param onnx the network
     * @param own the table of the tokens' own vectors
     */
    public record Parts(byte[] onnx, byte[] own) {
        public static Parts of(byte[] onnx, EmbeddingTable own) {
            return new Parts(onnx, own.freeze().bytes());
        }
    }

    public TokenNetwork(Parts parts) {
        this.network = new Network(parts.onnx());
        this.own = EmbeddingTable.of(MemorySegment.ofArray(parts.own()), "tokens");
    }

    /** What it says of each label, as log-odds. */
    public double[] logits(Tokens tokens) {
        var batch = new TokenBatch(1, LONGEST, tokens.dim(), own.dim());
        batch.set(0, tokens, own);
        float[] said = network.apply(Map.of(
                STATES, new Tensor(batch.states(), 1, LONGEST, tokens.dim()),
                OWN, new Tensor(batch.own(), 1, LONGEST, own.dim()),
                MASK, new Tensor(batch.mask(), 1, LONGEST, 1)))[0];
        double[] logits = new double[said.length];
        for (int l = 0; l < logits.length; l++) {
            logits[l] = said[l];
        }
        return logits;
    }

    @Override
    public void close() {
        network.close();
    }
}
