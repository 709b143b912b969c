package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.rankwright.models.EmbeddingTable;
import io.rankwright.models.TowerBatch;
import io.rankwright.models.TowerInput;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TowerTest {
    private static final int EMBEDDING = 12;
    private static final int LAST = 7;
    private static final int DIM = 9;
    private static final int SIZE = 40;

    private static final List<TowerInput> INPUTS = List.of(
            new TowerInput("id", TowerInput.Kind.ID, "id-user", List.of()),
            new TowerInput("about", TowerInput.Kind.CONTENT, "all-minilm-l6-v2", List.of("title"), 384),
            new TowerInput("recent", TowerInput.Kind.SEQUENCE, "id-video", List.of()),
            new TowerInput("tag", TowerInput.Kind.CATEGORIES, "tag", List.of("tag")));

    /** Rows of 0 to 11 items: longer than what is attended to, and none at all. */
    private static TowerBatch batch(SplittableRandom random) {
        EmbeddingTable table = EmbeddingTable.create(EMBEDDING, 3, 5);
        for (int id = 0; id < 200; id++) {
            table.add(id);
        }
        var batch = new TowerBatch(INPUTS, EMBEDDING, LAST, SIZE);
        for (int entity = 0; entity < SIZE; entity++) {
            for (int input = 0; input < INPUTS.size(); input++) {
                if (!INPUTS.get(input).isLearnt()) {
                    batch.set(entity, input, vector(random));
                    continue;
                }
                int[] rows = random.ints(input == 0 ? 1 : entity % 12, 0, 203).toArray();
                batch.set(entity, input, rows, table);
            }
        }
        return batch;
    }

    private static float[] vector(SplittableRandom random) {
        float[] vector = new float[384];
        for (int d = 0; d < vector.length; d++) {
            vector[d] = (float) random.nextGaussian() / 20;
        }
        return vector;
    }

    private static Tower tower(SplittableRandom random) {
        var tower = new Tower(INPUTS, EMBEDDING, LAST, DIM, random);
        // Some weights begin with zeros; a step in a random direction leaves none of them there.
        var gradients = new ArrayList<float[]>();
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
            tower.weights().arrays(manager).forEach(array -> {
                float[] gradient = new float[(int) array.size()];
                for (int i = 0; i < gradient.length; i++) {
                    gradient[i] = (float) random.nextDouble(-1, 1);
                }
                gradients.add(gradient);
            });
        }
        tower.weights().update(gradients, 0.1);
        return tower;
    }

    @Test
    void onnxRuntimeAndPyTorchAgree() throws OrtException {
        var random = new SplittableRandom(17);
        Tower tower = tower(random);
        TowerBatch batch = batch(random);

        float[] trained;
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
            trained = tower.forward(
                            manager,
                            tower.inputs(manager, batch, SIZE),
                            tower.weights().arrays(manager))
                    .toFloatArray();
        }
        float[][] served = served(tower.onnx(), batch);

        for (int r = 0; r < SIZE; r++) {
            for (int d = 0; d < DIM; d++) {
                assertThat(served[r][d]).isCloseTo(trained[r * DIM + d], within(1e-5f));
            }
        }
    }

    private static float[][] served(byte[] onnx, TowerBatch batch) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (var session = environment.createSession(onnx);
                var means = OnnxTensor.createTensor(
                        environment, FloatBuffer.wrap(batch.means()), new long[] {SIZE, batch.width()});
                var sequence = OnnxTensor.createTensor(
                        environment, FloatBuffer.wrap(batch.sequence(0)), new long[] {SIZE, LAST, EMBEDDING});
                var mask =
                        OnnxTensor.createTensor(environment, FloatBuffer.wrap(batch.mask(0)), new long[] {SIZE, LAST});
                var result = session.run(Map.of("x", means, "s0", sequence, "m0", mask))) {
            return (float[][]) result.get(0).getValue();
        }
    }

    @Test
    void whatWasWatchedLastMovesTheVector() throws OrtException {
        var random = new SplittableRandom(4);
        Tower tower = tower(random);
        EmbeddingTable table = EmbeddingTable.create(EMBEDDING, 3, 5);
        for (int id = 0; id < 50; id++) {
            table.add(id);
        }
        var batch = new TowerBatch(INPUTS, EMBEDDING, LAST, SIZE);
        for (int entity = 0; entity < SIZE; entity++) {
            batch.set(entity, 0, new int[] {9}, table);
            batch.set(entity, 1, new float[384]);
            batch.set(entity, 2, entity == 0 ? new int[] {5, 6, 7} : new int[] {5, 7, 6}, table);
            batch.set(entity, 3, new int[] {3}, table);
        }

        float[][] vectors = served(tower.onnx(), batch);

        // The same items in another order have the same mean: only attention can tell them apart.
        assertThat(distance(vectors[1], vectors[2])).isLessThan(1e-5);
        assertThat(distance(vectors[0], vectors[1])).isGreaterThan(1e-3);
    }

    private static double distance(float[] left, float[] right) {
        double sum = 0;
        for (int d = 0; d < left.length; d++) {
            sum += Math.pow(left[d] - right[d], 2);
        }
        return Math.sqrt(sum);
    }
}
