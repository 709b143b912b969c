package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.rankwright.models.NetworkInputs;
import io.rankwright.spec.Model;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeepCrossTest {
    private static final int SIZE = 30;
    private static final int LAST = 6;
    private static final int DIM = 4;
    private static final NetworkInputs INPUTS = new NetworkInputs(
            List.of(new NetworkInputs.Numeric(0, new float[] {0, 1}, true, 0)),
            List.of(new NetworkInputs.Embedded(1, "tag", 3), new NetworkInputs.Embedded(2, "video", DIM)),
            List.of(new NetworkInputs.Attended(3, LAST, "video", DIM)));

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void onnxRuntimeAndPyTorchAgree(int experts) throws OrtException {
        var random = new SplittableRandom(23);
        var settings = new Model.Dcn(
                List.of(),
                List.of(),
                LAST,
                3,
                List.of(16, 8),
                experts,
                3,
                DIM,
                Model.Amounts.LOG,
                Optional.empty(),
                1,
                16,
                0.01,
                0.01,
                0,
                0,
                Optional.empty());
        int width = INPUTS.width();
        var network = new DeepCross(INPUTS, settings, 2, width - DIM, width, random);
        float[] x = values(random, SIZE * width);
        float[] sequence = values(random, SIZE * LAST * DIM);
        float[] mask = new float[SIZE * LAST];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = random.nextInt(2);
        }

        float[] trained;
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
            // Crosses begin with zeros; a step in a random direction leaves none of them there.
            var gradients = new ArrayList<float[]>();
            network.weights().arrays(manager).forEach(array -> gradients.add(values(random, (int) array.size())));
            network.weights().update(gradients, 0.1);
            trained = network.forward(
                            manager,
                            network.weights().arrays(manager),
                            Torch.array(manager, x, new Shape(SIZE, width)),
                            List.of(Torch.array(manager, sequence, new Shape(SIZE, LAST, DIM))),
                            List.of(Torch.array(manager, mask, new Shape(SIZE, LAST))),
                            random)
                    .toFloatArray();
        }
        float[][] served;
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (var session = environment.createSession(network.onnx());
                var one = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), new long[] {SIZE, width});
                var two =
                        OnnxTensor.createTensor(environment, FloatBuffer.wrap(sequence), new long[] {SIZE, LAST, DIM});
                var three = OnnxTensor.createTensor(environment, FloatBuffer.wrap(mask), new long[] {SIZE, LAST});
                var result = session.run(Map.of("x", one, "s0", two, "m0", three))) {
            served = (float[][]) result.get(0).getValue();
        }

        for (int i = 0; i < SIZE; i++) {
            for (int head = 0; head < 2; head++) {
                assertThat(served[i][head])
                        .isCloseTo(trained[2 * i + head], within(1e-5f * Math.max(1, Math.abs(served[i][head]))));
            }
        }
        float[] history = Arrays.copyOf(sequence, LAST * DIM);
        float[] itsMask = Arrays.copyOf(mask, LAST);
        assertAlike(
                scored(network.onnxOfCandidates().orElseThrow(), x, history, itsMask),
                scored(network.onnx(), x, history, itsMask));
        assertAlike(
                scored(network.onnxOfCandidates().orElseThrow(), x, history, new float[LAST]),
                scored(network.onnx(), x, history, new float[LAST]));
    }

    /** The outputs for rows that share one history. */
    private static float[][] scored(byte[] onnx, float[] x, float[] history, float[] mask) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (var session = environment.createSession(onnx);
                var one = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), new long[] {SIZE, INPUTS.width()});
                var two = OnnxTensor.createTensor(environment, FloatBuffer.wrap(history), new long[] {1, LAST, DIM});
                var three = OnnxTensor.createTensor(environment, FloatBuffer.wrap(mask), new long[] {1, LAST});
                var result = session.run(Map.of("x", one, "s0", two, "m0", three))) {
            return (float[][]) result.get(0).getValue();
        }
    }

    private static void assertAlike(float[][] found, float[][] expected) {
        for (int i = 0; i < SIZE; i++) {
            for (int head = 0; head < 2; head++) {
                assertThat(found[i][head])
                        .isCloseTo(expected[i][head], within(1e-5f * Math.max(1, Math.abs(expected[i][head]))));
            }
        }
    }

    private static float[] values(SplittableRandom random, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }
}
