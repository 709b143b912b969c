package io.rankwright.models;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.nio.FloatBuffer;
import java.util.Map;

/**
 * A dense network as ONNX, one input {@code x} of shape (n, width), one output {@code y} of shape (n, dim), scored by
 * ONNX Runtime on the calling thread. Any number of threads may score.
 */
final class Network implements AutoCloseable {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private final OrtSession session;

    /** Loads a network from memory, so that it cannot reach for files outside. */
    Network(byte[] onnx) {
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = ENVIRONMENT.createSession(onnx, options);
        } catch (OrtException e) {
            throw new EnvironmentFault("a network that cannot be read: " + e.getMessage(), false, e);
        }
    }

    /** The outputs for rows that lie one behind the other. */
    float[][] apply(float[] rows, int count, int width) {
        try (var input = OnnxTensor.createTensor(
                        ENVIRONMENT, FloatBuffer.wrap(rows, 0, count * width), new long[] {count, width});
                var result = session.run(Map.of("x", input))) {
            return (float[][]) result.get(0).getValue();
        } catch (OrtException e) {
            throw new InternalFault("a network that does not score: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new InternalFault("a network that does not close", e);
        }
    }
}
