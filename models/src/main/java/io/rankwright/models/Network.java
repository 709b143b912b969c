package io.rankwright.models;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * A network as ONNX: named inputs, one output of shape (n, dim), scored by ONNX Runtime on the calling thread. Any number
 * of threads may score.
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

    /** An input: values one row behind the other; there may be more of them than the shape takes. */
    record Tensor(float[] values, long... shape) {
        private OnnxTensor onnx() throws OrtException {
            int size = 1;
            for (long extent : shape) {
                size = Math.toIntExact(size * extent);
            }
            return OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(values, 0, size), shape);
        }
    }

    /** The outputs for the rows of the inputs. */
    float[][] apply(Map<String, Tensor> inputs) {
        var tensors = new HashMap<String, OnnxTensor>();
        try {
            for (var input : inputs.entrySet()) {
                tensors.put(input.getKey(), input.getValue().onnx());
            }
            try (var result = session.run(tensors)) {
                return (float[][]) result.get(0).getValue();
            }
        } catch (OrtException e) {
            throw new InternalFault("a network that does not score: " + e.getMessage(), e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
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
