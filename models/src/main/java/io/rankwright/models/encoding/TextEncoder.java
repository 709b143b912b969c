package io.rankwright.models.encoding;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.rankwright.models.Artefact;
import io.rankwright.models.Tokens;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An encoder of texts: the tokens of a text, their numbers, the network. Any number of threads. */
public final class TextEncoder implements ContentEncoder {
    private static final String TOKENS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String TYPES = "token_type_ids";

    private final Encoder encoder;
    private final HuggingFaceTokenizer tokenizer;
    private final Network network;

    private TextEncoder(Encoder encoder, HuggingFaceTokenizer tokenizer, Network network) {
        this.encoder = encoder;
        this.tokenizer = tokenizer;
        this.network = network;
    }

    static TextEncoder load(Encoder encoder, Encoder.Texts texts) {
        Network network = Network.of(encoder);
        if (!List.of(TOKENS, MASK, TYPES).containsAll(network.inputs())) {
            network.close();
            throw new UserFault(encoder.network() + " of the encoder " + encoder.word() + " wants " + network.inputs()
                    + "; expected some of " + TOKENS + ", " + MASK + " and " + TYPES);
        }
        try (InputStream words = ContentEncoder.open(encoder, texts.tokenizer())) {
            var tokenizer = HuggingFaceTokenizer.newInstance(
                    words,
                    Map.of("truncation", "true", "padding", "false", "maxLength", Integer.toString(texts.longest())));
            return new TextEncoder(encoder, tokenizer, network);
        } catch (IOException | RuntimeException e) {
            network.close();
            throw ContentEncoder.unusable(encoder, texts.tokenizer(), e);
        }
    }

    @Override
    public Encoder encoder() {
        return encoder;
    }

    @Override
    public String hash(String content) {
        return Artefact.hash(content.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What is read of a text in one pass.
     *
     * @param vector of the whole, of length 1
     * @param tokens one by one
     */
    public record Reading(float[] vector, Tokens tokens) {}

    @Override
    public float[] encode(String content) {
        return read(content, (_, output) -> network.vector(output));
    }

    /** Reads a text whole and token by token; the encoder must have a vector for each token. */
    public Reading read(String content) {
        return read(
                content,
                (ids, output) -> new Reading(network.vector(output), tokens(ids, output.states(), encoder.dim())));
    }

    private static Tokens tokens(long[] ids, FloatBuffer states, int dim) {
        short[] halves = new short[ids.length * dim];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = Float.floatToFloat16(states.get(i));
        }
        return new Tokens(ids, halves, dim);
    }

    private interface Said<T> {
        T of(long[] ids, Network.Output output);
    }

    private <T> T read(String content, Said<T> said) {
        Encoding encoding = tokenizer.encode(content);
        long[] shape = {1, encoding.getIds().length};
        try (OnnxTensor tokens = tensor(encoding.getIds(), shape);
                OnnxTensor mask = tensor(encoding.getAttentionMask(), shape);
                OnnxTensor types = tensor(encoding.getTypeIds(), shape)) {
            var inputs = new HashMap<String, OnnxTensor>(Map.of(TOKENS, tokens, MASK, mask, TYPES, types));
            inputs.keySet().retainAll(network.inputs());
            return said.of(encoding.getIds(), network.output(inputs));
        } catch (OrtException e) {
            throw new InternalFault("tokens that are no tensor", e);
        }
    }

    private static OnnxTensor tensor(long[] values, long[] shape) throws OrtException {
        return OnnxTensor.createTensor(Network.ENVIRONMENT, LongBuffer.wrap(values), shape);
    }

    @Override
    public void close() {
        network.close();
        tokenizer.close();
    }
}
