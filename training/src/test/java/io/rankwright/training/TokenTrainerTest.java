package io.rankwright.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rankwright.log.Progress;
import io.rankwright.models.TokenNetwork;
import io.rankwright.models.Tokens;
import io.rankwright.spec.ScoreApplication.TokenReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts of which the first label is told by a word alone and the second by what the encoder says of one of the words. */
class TokenTrainerTest {
    private static final int TEXTS = 600;
    private static final int TAUGHT = 400;
    private static final int DIM = 6;
    private static final long TELLING = 7;

    @TempDir
    private Path folder;

    private final List<Tokens> tokens = new ArrayList<>();
    private final double[][] targets = new double[2][TEXTS];

    private void makeTexts() {
        var random = new SplittableRandom(11);
        for (int text = 0; text < TEXTS; text++) {
            int size = 3 + random.nextInt(20);
            boolean hasWord = random.nextBoolean();
            boolean isSaid = random.nextBoolean();
            int word = random.nextInt(size);
            int said = random.nextInt(size);
            long[] ids = new long[size];
            short[] states = new short[size * DIM];
            for (int t = 0; t < size; t++) {
                ids[t] = t == word && hasWord ? TELLING : 100 + random.nextInt(50);
                for (int d = 0; d < DIM; d++) {
                    float value = (float) random.nextDouble(-1, 1);
                    states[t * DIM + d] = Float.floatToFloat16(t == said && isSaid && d == 2 ? 3 : value);
                }
            }
            tokens.add(new Tokens(ids, states, DIM));
            targets[0][text] = hasWord ? 1 : 0;
            targets[1][text] = isSaid ? 0.9 : 0.1;
        }
    }

    private TokenNetwork.Parts train(String name) {
        return train(name, 20, Progress.SILENT);
    }

    private TokenNetwork.Parts train(String name, int epochs, Progress progress) {
        return new TokenTrainer(new TokenReader("meaning", 16, epochs, 0.005, 0.1), tokens, targets, 5)
                .train(IntStream.range(0, TAUGHT).toArray(), folder.resolve(name), progress);
    }

    @Test
    void aTrainingThatWasKilledEndsWithTheSameNetwork() {
        makeTexts();
        TokenNetwork.Parts whole = train("whole", 50, Progress.SILENT);
        Progress kill = (done, all, _) -> {
            if (done > all * 9 / 10) {
                throw new IllegalStateException("killed");
            }
        };

        assertThatThrownBy(() -> train("killed", 50, kill)).hasMessageContaining("killed");
        assertThat(folder.resolve("killed/step-500")).isDirectory();
        TokenNetwork.Parts resumed = train("killed", 50, Progress.SILENT);

        assertThat(resumed.onnx()).isEqualTo(whole.onnx());
        assertThat(resumed.own()).isEqualTo(whole.own());
    }

    @Test
    void bothWordsAndWhatIsSaidOfThemAreLearnt_andTheSameSeedGivesTheSameBytes() {
        makeTexts();
        TokenNetwork.Parts learnt = train("once");

        try (var network = new TokenNetwork(learnt)) {
            int[] right = new int[2];
            for (int text = TAUGHT; text < TEXTS; text++) {
                double[] logits = network.logits(tokens.get(text));
                assertThat(logits).hasSize(2);
                for (int l = 0; l < 2; l++) {
                    right[l] += logits[l] > 0 == targets[l][text] > 0.5 ? 1 : 0;
                }
            }
            assertThat(right[0]).isGreaterThan((TEXTS - TAUGHT) * 95 / 100);
            assertThat(right[1]).isGreaterThan((TEXTS - TAUGHT) * 95 / 100);
            // What teaches nine in ten is not said to be sure.
            assertThat(network.logits(tokens.get(TAUGHT))[1]).isBetween(-4.5, 4.5);
        }
        TokenNetwork.Parts again = train("again");
        assertThat(again.onnx()).isEqualTo(learnt.onnx());
        assertThat(again.own()).isEqualTo(learnt.own());
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void noTokensAndTooManyHaveScoresToo_andWhatLiesBehindTheLongestIsNotLookedAt() {
        makeTexts();
        try (var network = new TokenNetwork(train("once"))) {
            assertThat(network.logits(new Tokens(new long[0], new short[0], DIM)))
                    .hasSize(2);
            Tokens some = tokens.getFirst();
            int size = TokenNetwork.LONGEST + 10;
            long[] ids = new long[size];
            short[] states = new short[size * DIM];
            for (int t = 0; t < size; t++) {
                ids[t] = some.ids()[t % some.size()];
                System.arraycopy(some.states(), t % some.size() * DIM, states, t * DIM, DIM);
            }
            double[] whole = network.logits(new Tokens(ids, states, DIM));
            ids[size - 1] = TELLING;
            assertThat(network.logits(new Tokens(ids, states, DIM))).isEqualTo(whole);
        }
    }
}
