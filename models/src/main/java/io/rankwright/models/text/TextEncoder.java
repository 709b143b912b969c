package io.rankwright.models.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Map;

/**
 * A pre-trained encoder, run by ONNX Runtime on the calling thread. A text is always encoded alone: the networks are
 * quantised by the greatest value of what they are given, so that a text beside others would get another vector.
 *
 * <p>Thread-safety: any number of threads.
 */
public final class TextEncoder implements AutoCloseable {
    /** What lies behind so many tokens of a text is not looked at. */
    private static final int MOST_TOKENS = 256;

    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private final Encoder encoder;
    private final HuggingFaceTokenizer tokenizer;
    private final OrtSession session;

    private TextEncoder(Encoder encoder, HuggingFaceTokenizer tokenizer, OrtSession session) {
        this.encoder = encoder;
        this.tokenizer = tokenizer;
        this.session = session;
    }

    /** Loads an encoder from the class path; takes some tenths of a second. */
    public static TextEncoder load(Encoder encoder) {
        try (InputStream words = resource(encoder.resource() + "-tokenizer.json");
                InputStream network = resource(encoder.resource() + ".onnx");
                var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            var tokenizer = HuggingFaceTokenizer.newInstance(
                    words,
                    Map.of("truncation", "true", "padding", "false", "maxLength", Integer.toString(MOST_TOKENS)));
            return new TextEncoder(encoder, tokenizer, ENVIRONMENT.createSession(network.readAllBytes(), options));
        } catch (IOException | OrtException e) {
            throw new EnvironmentFault(
                    "the encoder " + encoder.word() + " cannot be loaded: " + e.getMessage(), false, e);
        }
    }

    private static InputStream resource(String name) {
        InputStream in = TextEncoder.class.getClassLoader().getResourceAsStream(name);
        if (in == null) {
            throw new InternalFault("no resource " + name);
        }
        return in;
    }

    public Encoder encoder() {
        return encoder;
    }

    /** The vector of a text, of length 1. */
    public float[] encode(String text) {
        Encoding encoding = tokenizer.encode(text);
        long[] ids = encoding.getIds();
        long[] shape = {1, ids.length};
        try (OnnxTensor tokens = tensor(ids, shape);
                OnnxTensor mask = tensor(encoding.getAttentionMask(), shape);
                OnnxTensor types = tensor(encoding.getTypeIds(), shape);
                OrtSession.Result result =
                        session.run(Map.of("input_ids", tokens, "attention_mask", mask, "token_type_ids", types))) {
            FloatBuffer states = ((OnnxTensor) result.get(0)).getFloatBuffer();
            return normalised(pooled(states, ids.length));
        } catch (OrtException e) {
            throw new InternalFault("the encoder " + encoder.word() + " does not answer: " + e.getMessage(), e);
        }
    }

    private static OnnxTensor tensor(long[] values, long[] shape) throws OrtException {
        return OnnxTensor.createTensor(ENVIRONMENT, LongBuffer.wrap(values), shape);
    }

    private float[] pooled(FloatBuffer states, int tokens) {
        float[] vector = new float[encoder.dim()];
        int used = encoder.pooling() == Encoder.Pooling.FIRST ? 1 : tokens;
        for (int t = 0; t < used; t++) {
            for (int d = 0; d < vector.length; d++) {
                vector[d] += states.get(t * vector.length + d);
            }
        }
        return vector;
    }

    private static float[] normalised(float[] vector) {
        double square = 0;
        for (float value : vector) {
            square += (double) value * value;
        }
        double length = Math.sqrt(square);
        for (int d = 0; d < vector.length && length > 0; d++) {
            vector[d] = (float) (vector[d] / length);
        }
        return vector;
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new InternalFault("an encoder that does not close", e);
        }
        tokenizer.close();
    }
}
