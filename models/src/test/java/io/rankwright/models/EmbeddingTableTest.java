package io.rankwright.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rankwright.spec.EnvironmentFault;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddingTableTest {
    private static final int DIM = 20;
    private static final long SEED = 11;

    @TempDir
    Path folder;

    private static float[] row(EmbeddingTable table, int row) {
        float[] values = new float[table.dim()];
        table.read(row, values, 0);
        return values;
    }

    private static EmbeddingTable tableOf(int ids) {
        EmbeddingTable table = EmbeddingTable.create(DIM, 4, SEED);
        for (long id = 0; id < ids; id++) {
            table.add(id * 1_000_003);
        }
        return table;
    }

    @Test
    void everyIdHasARowOfItsOwn_howeverManyThereAre() {
        EmbeddingTable table = tableOf(50_000);

        var rows = new HashSet<Integer>();
        for (long id = 0; id < 50_000; id++) {
            assertThat(table.isKnown(id * 1_000_003)).isTrue();
            rows.add(table.row(id * 1_000_003));
        }
        assertThat(rows).hasSize(50_000).doesNotContain(0, 1, 2, 3);
        assertThat(table.size()).isEqualTo(50_004);
    }

    @Test
    void unknownIdsShareTheColdRows() {
        EmbeddingTable table = tableOf(10);

        var rows = new HashSet<Integer>();
        for (long id = 1; id < 200; id++) {
            assertThat(table.isKnown(id)).isFalse();
            rows.add(table.row(id));
        }
        assertThat(rows).containsExactlyInAnyOrder(0, 1, 2, 3);
    }

    @Test
    void aRowBeginsWithTheSameValuesWhateverCameBefore() {
        EmbeddingTable one = EmbeddingTable.create(DIM, 4, SEED);
        EmbeddingTable other = tableOf(100);

        assertThat(row(one, one.add(77))).isEqualTo(row(other, other.add(77)));
    }

    @Test
    void manyUpdatesEqualAdagradOnPlainArrays() {
        EmbeddingTable table = EmbeddingTable.create(DIM, 2, SEED);
        var expected = new HashMap<Long, double[]>();
        var states = new HashMap<Long, Double>();
        var random = new SplittableRandom(5);
        for (int step = 0; step < 5_000; step++) {
            long id = random.nextInt(300);
            int row = table.add(id);
            double[] values = expected.computeIfAbsent(id, _ -> doubles(row(table, row)));
            float[] gradients = new float[DIM + 3];
            double square = 0;
            for (int d = 0; d < DIM; d++) {
                gradients[d + 3] = (float) random.nextDouble(-1, 1);
                square += (double) gradients[d + 3] * gradients[d + 3];
            }
            double state = states.merge(id, square / DIM, Double::sum);
            for (int d = 0; d < DIM; d++) {
                values[d] -= 0.1 / (Math.sqrt(state) + 1e-8) * gradients[d + 3];
            }
            table.update(row, gradients, 3, 0.1f, step);
        }
        for (Map.Entry<Long, double[]> entry : expected.entrySet()) {
            float[] values = row(table, table.row(entry.getKey()));
            for (int d = 0; d < DIM; d++) {
                assertThat((double) values[d]).isCloseTo(entry.getValue()[d], within(1e-4));
            }
        }
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    @Test
    void gatheringAddsASharePerRow() {
        EmbeddingTable table = tableOf(3);
        float[] sum = new float[DIM + 1];
        table.gather(4, 0.5f, sum, 1);
        table.gather(5, 0.25f, sum, 1);

        for (int d = 0; d < DIM; d++) {
            assertThat(sum[d + 1]).isCloseTo(0.5f * row(table, 4)[d] + 0.25f * row(table, 5)[d], within(1e-6f));
        }
    }

    @Test
    void whatWasFrozenIsWritten_whateverIsLearntMeanwhile() {
        EmbeddingTable table = tableOf(9_000);
        float[] before = row(table, 8_500);
        EmbeddingTable.Frozen frozen = table.freeze();
        table.update(8_500, new float[DIM + 1], 1, 0.1f, 1);
        float[] ones = new float[DIM];
        Arrays.fill(ones, 1);
        table.update(8_500, ones, 0, 0.1f, 2);
        table.add(123);

        Path file = folder.resolve("table");
        frozen.write(file);
        EmbeddingTable read = EmbeddingTable.open(file);

        assertThat(row(read, 8_500)).isEqualTo(before);
        assertThat(row(table, 8_500)).isNotEqualTo(before);
        assertThat(read.size()).isEqualTo(9_004);
        assertThat(read.isKnown(123)).isFalse();
    }

    @Test
    void aMappedTableLearnsOnLikeTheOneThatWasWritten() {
        EmbeddingTable table = tableOf(5_000);
        Path file = folder.resolve("table");
        table.freeze().write(file);
        EmbeddingTable mapped = EmbeddingTable.open(file);
        float[] ones = new float[DIM];
        Arrays.fill(ones, 1);
        for (EmbeddingTable each : new EmbeddingTable[] {table, mapped}) {
            each.update(each.row(1_000_003L * 77), ones, 0, 0.1f, 2);
            each.update(each.row(1_000_003L * 4_999), ones, 0, 0.1f, 2);
            each.add(5);
        }

        for (int row = 0; row < table.size(); row++) {
            assertThat(row(mapped, row)).isEqualTo(row(table, row));
        }
        assertThat(mapped.row(5)).isEqualTo(table.row(5));
    }

    @Test
    void rowsUnseenAreDropped_coldOnesAndOthersStay() {
        EmbeddingTable table = tableOf(1_000);
        float[] ones = new float[DIM];
        for (int row = 4; row < table.size(); row += 2) {
            table.update(row, ones, 0, 0.1f, 9);
        }

        EmbeddingTable kept = table.drop(5);

        assertThat(kept.size()).isEqualTo(504);
        assertThat(kept.isKnown(0)).isTrue();
        assertThat(kept.isKnown(1_000_003)).isFalse();
        assertThat(row(kept, kept.row(2 * 1_000_003))).isEqualTo(row(table, table.row(2 * 1_000_003)));
    }

    @Test
    void aBrokenFileIsRefused() throws IOException {
        Path file = folder.resolve("table");
        tableOf(100).freeze().write(file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Path broken = Files.write(folder.resolve("broken"), bytes);
        Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, bytes.length - 9));
        Path other = Files.writeString(folder.resolve("other"), "x".repeat(500));

        assertThatThrownBy(() -> EmbeddingTable.open(broken))
                .isInstanceOf(EnvironmentFault.class)
                .hasMessageContaining("broken");
        assertThatThrownBy(() -> EmbeddingTable.open(cut)).isInstanceOf(EnvironmentFault.class);
        assertThatThrownBy(() -> EmbeddingTable.open(other)).hasMessageContaining("no embedding table");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 16, 17, 33, 64})
    void aRowIsReadAsItIs_whateverItsLength(int dim) {
        EmbeddingTable table = EmbeddingTable.create(dim, 1, SEED);
        for (int id = 0; id < 100; id++) {
            float[] read = new float[dim + 2];
            float[] gathered = new float[dim + 2];
            table.read(table.add(id), read, 1);
            table.gather(table.row(id), 1, gathered, 1);
            assertThat(read).isEqualTo(gathered);
            assertThat(read[dim]).isNotZero();
        }
    }

    @Test
    void plainAndFastSumsAgree() {
        var random = new SplittableRandom(3);
        try (Arena arena = Arena.ofConfined()) {
            for (int length = 0; length < 200; length++) {
                float[] left = new float[length + 2];
                float[] right = new float[length + 2];
                for (int i = 0; i < left.length; i++) {
                    left[i] = (float) random.nextDouble(-1, 1);
                    right[i] = (float) random.nextDouble(-1, 1);
                }
                assertThat(Vectors.dot(left, 2, right, 1, length))
                        .isCloseTo(Vectors.plainDot(left, 2, right, 1, length), within(1e-5f));
                var memory = arena.allocate(4L * (length + 1));
                var plain = arena.allocate(4L * (length + 1));
                Vectors.add(0.5f, left, 1, memory, 4, length);
                Vectors.plainAdd(0.5f, left, 1, plain, 4, length);
                assertThat(memory.mismatch(plain)).isEqualTo(-1);
                float[] sums = right.clone();
                float[] plainSums = right.clone();
                Vectors.add(2f, memory, 4, sums, 1, length);
                Vectors.plainAdd(2f, plain, 4, plainSums, 1, length);
                assertThat(sums).isEqualTo(plainSums);
            }
        }
    }
}
