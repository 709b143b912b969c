package io.rankwright.models;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.InternalFault;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A network as ONNX: named inputs, one output of shape (n, dim), scored by ONNX Runtime on the calling thread. Any number
 * of threads may score.
 */
final class Network implements AutoCloseable {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private final OrtSession session;
    /** Memory that ONNX Runtime reads where it lies: as many as have scored at once, each as large as was needed. */
    private final Queue<FloatBuffer> free = new ConcurrentLinkedQueue<>();

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
        private int size() {
            int size = 1;
            for (long extent : shape) {
                size = Math.toIntExact(size * extent);
            }
            return size;
        }
    }

    /** The outputs for the rows of the inputs. */
    float[][] apply(Map<String, Tensor> inputs) {
        int size = inputs.values().stream().mapToInt(Tensor::size).sum();
        FloatBuffer memory = borrow(size);
        var tensors = new HashMap<String, OnnxTensor>();
        try {
            int from = 0;
            for (var input : inputs.entrySet()) {
                Tensor tensor = input.getValue();
                int length = tensor.size();
                FloatBuffer values = memory.slice(from, length);
                values.put(0, tensor.values(), 0, length);
                tensors.put(input.getKey(), OnnxTensor.createTensor(ENVIRONMENT, values, tensor.shape()));
                from += length;
            }
            try (var result = session.run(tensors)) {
                return (float[][]) result.get(0).getValue();
            }
        } catch (OrtException e) {
            throw new InternalFault("a network that does not score: " + e.getMessage(), e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
            free.offer(memory);
        }
    }

    private FloatBuffer borrow(int size) {
        FloatBuffer memory = free.poll();
        if (memory != null && memory.capacity() >= size) {
            return memory;
        }
        return ByteBuffer.allocateDirect(Math.multiplyExact(size, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
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
