package io.rankwright.models.encoding;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.rankwright.log.Images;
import io.rankwright.spec.Encoder;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.RankwrightException;
import io.rankwright.spec.UserFault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * A pre-trained encoder, run by ONNX Runtime on the calling thread. A content is always encoded alone: some networks are
 * quantised by the greatest value of what they are given, so that a text beside others would get another vector.
 *
 * <p>Thread-safety: any number of threads.
 */
public sealed interface ContentEncoder extends AutoCloseable permits TextEncoder, ImageEncoder {
    Encoder encoder();

    /** The vector of a content, of length 1; zeros of an image that is not there. */
    float[] encode(String content);

    /** What tells a content from any other: SHA-256 in hex. */
    String hash(String content);

    @Override
    void close();

    /**
     * Loads an encoder; takes some tenths of a second.
     *
     * @param images where the images lie that are referred to
     * @throws UserFault if the files of an application's own encoder are not what they should be
     */
    static ContentEncoder load(Encoder encoder, Images images) {
        ContentEncoder loaded = switch (encoder.reading()) {
            case Encoder.Texts texts -> TextEncoder.load(encoder, texts);
            case Encoder.Images pixels -> ImageEncoder.load(encoder, pixels, images);
        };
        if (encoder.folder().isPresent()) {
            try {
                loaded.encode(loaded instanceof ImageEncoder ? ImageEncoder.SOME_IMAGE : "a");
            } catch (RankwrightException e) {
                loaded.close();
                throw e;
            }
        }
        return loaded;
    }

    /** A file of an encoder. */
    static InputStream open(Encoder encoder, String file) throws IOException {
        if (encoder.folder().isPresent()) {
            return Files.newInputStream(encoder.folder().get().resolve(file));
        }
        InputStream in = ContentEncoder.class.getClassLoader().getResourceAsStream(file);
        if (in == null) {
            throw new InternalFault("no resource " + file);
        }
        return in;
    }

    /** What cannot be loaded is the user's, or is missing from the class path. */
    static RankwrightException unusable(Encoder encoder, String file, Exception cause) {
        String what = file + " of the encoder " + encoder.word() + " cannot be loaded: " + cause.getMessage();
        return encoder.folder().isPresent() ? new UserFault(what) : new EnvironmentFault(what, false, cause);
    }

    /** The network of an encoder, and how its output becomes a vector. Any number of threads. */
    final class Network implements AutoCloseable {
        static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

        private final Encoder encoder;
        private final OrtSession session;
        private final Set<String> inputs;

        private Network(Encoder encoder, OrtSession session) {
            this.encoder = encoder;
            this.session = session;
            this.inputs = Set.copyOf(session.getInputNames());
        }

        static Network of(Encoder encoder) {
            try (InputStream in = open(encoder, encoder.network());
                    var options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(1);
                options.setInterOpNumThreads(1);
                return new Network(encoder, ENVIRONMENT.createSession(in.readAllBytes(), options));
            } catch (IOException | OrtException e) {
                throw unusable(encoder, encoder.network(), e);
            }
        }

        /** The names of what it looks at. */
        Set<String> inputs() {
            return inputs;
        }

        /** What the network says: one vector, or one a token. */
        record Output(FloatBuffer states, long[] shape) {}

        /** The vector of length 1. */
        float[] vector(Map<String, OnnxTensor> inputs) {
            return vector(output(inputs));
        }

        /** The same of what was said. */
        float[] vector(Output output) {
            return normalised(pooled(output.states(), output.shape()));
        }

        Output output(Map<String, OnnxTensor> inputs) {
            try (OrtSession.Result result = session.run(inputs)) {
                OnnxTensor output = (OnnxTensor)
                        (encoder.output().isEmpty()
                                ? result.get(0)
                                : result.get(encoder.output())
                                        .orElseThrow(() -> refused("no output " + encoder.output())));
                FloatBuffer states = output.getFloatBuffer();
                return new Output(
                        states == null ? FloatBuffer.allocate(0) : states,
                        output.getInfo().getShape());
            } catch (OrtException | ClassCastException e) {
                throw refused("it does not answer (" + e.getMessage() + ")");
            }
        }

        private float[] pooled(FloatBuffer states, long[] shape) {
            int values = states.remaining();
            int tokens = encoder.pooling() == Encoder.Pooling.NONE ? 1 : (int) (shape.length == 3 ? shape[1] : 0);
            if (values == 0 || values != tokens * encoder.dim()) {
                throw refused("an output of " + Arrays.toString(shape) + " for one content; expected "
                        + (encoder.pooling() == Encoder.Pooling.NONE
                                ? encoder.dim() + " values"
                                : "1, tokens, " + encoder.dim()));
            }
            float[] vector = new float[encoder.dim()];
            int used = encoder.pooling() == Encoder.Pooling.MEAN ? tokens : 1;
            for (int t = 0; t < used; t++) {
                for (int d = 0; d < vector.length; d++) {
                    vector[d] += states.get(t * vector.length + d);
                }
            }
            return vector;
        }

        private RankwrightException refused(String what) {
            String whole = encoder.network() + " of the encoder " + encoder.word() + ": " + what;
            return encoder.folder().isPresent() ? new UserFault(whole) : new InternalFault(whole);
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
        }
    }
}
