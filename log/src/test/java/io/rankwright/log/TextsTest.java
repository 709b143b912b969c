package io.rankwright.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class TextsTest {
    private static String text(SplittableRandom random) {
        // Lengths about the borders of a length of one byte, of two and of three, of a chunk, and of one that grows.
        int length = switch (random.nextInt(2000)) {
            case 0 -> (1 << 20) - 4 + random.nextInt(8);
            case 1, 2, 3, 4, 5 -> 16_380 + random.nextInt(8);
            case 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 -> 124 + random.nextInt(8);
            default -> 1 + random.nextInt(12);
        };
        var text = new StringBuilder();
        while (text.length() < length) {
            text.appendCodePoint(random.nextInt(10) == 0 ? random.nextInt(0x1F300, 0x1F600) : random.nextInt('a', 'f'));
        }
        return text.toString();
    }

    /** Against a map; codes come out of order, as those of a batch do. */
    @RepeatedTest(20)
    void textsHaveTheirCodesAndCodesTheirTexts(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        var texts = new Texts();
        var expected = new HashMap<String, Integer>();
        int code = 1;
        while (expected.size() < 3000) {
            Set<String> fresh = new HashSet<>();
            for (int i = 0; i < 20; i++) {
                String text = text(random);
                if (!expected.containsKey(text)) {
                    fresh.add(text);
                }
            }
            List<String> batch = new ArrayList<>(fresh);
            for (int i = batch.size() - 1; i >= 0; i--) {
                texts.put(code + i, batch.get(i));
                expected.put(batch.get(i), code + i);
            }
            code += batch.size();
        }

        assertThat(texts.size()).isEqualTo(code);
        expected.forEach((text, known) -> {
            assertThat(texts.code(text)).isEqualTo(known);
            assertThat(texts.text(known)).isEqualTo(text);
        });
        for (int i = 0; i < 500; i++) {
            String text = text(random) + "?";
            assertThat(texts.code(text)).isEqualTo(expected.getOrDefault(text, 0));
        }
        assertThat(texts.text(0)).isEmpty();
        assertThat(texts.text(code)).isEmpty();
        assertThat(texts.text(-1)).isEmpty();
    }

    @Test
    void readersBesideTheWriterFindWhatIsThere() throws Exception {
        var texts = new Texts();
        int all = 300_000;
        try (ExecutorService readers = Executors.newFixedThreadPool(2)) {
            var reading = new ArrayList<Future<Integer>>();
            for (int r = 0; r < 2; r++) {
                reading.add(readers.submit(() -> {
                    int rounds = 0;
                    while (texts.size() <= all) {
                        int code = texts.size() - 1;
                        if (code > 0) {
                            assertThat(texts.text(code)).isEqualTo("text " + code);
                            assertThat(texts.code("text " + code)).isEqualTo(code);
                        }
                        // Perhaps there by now, perhaps not; nothing else.
                        for (int ahead = 1; ahead < 50; ahead++) {
                            int found = texts.code("text " + (code + ahead));
                            if (found != 0 && found != code + ahead) {
                                throw new AssertionError("text " + (code + ahead) + " has the code " + found);
                            }
                        }
                        rounds++;
                    }
                    return rounds;
                }));
            }
            for (int code = 1; code <= all; code++) {
                texts.put(code, "text " + code);
            }
            for (Future<Integer> one : reading) {
                assertThat(one.get()).isPositive();
            }
        }
    }
}
