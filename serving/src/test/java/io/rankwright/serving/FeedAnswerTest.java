package io.rankwright.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FeedAnswerTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static FeedAnswer answer(List<float[]> rows) {
        var slots = new ArrayList<FeedAnswer.Slot>();
        for (float[] row : rows) {
            slots.add(new FeedAnswer.Slot(
                    slots.size(), "v" + slots.size(), List.of(), Map.of(), 0, 1, false, row, "", List.of()));
        }
        return new FeedAnswer(
                "r", "u", 0, "v1", List.of(), Map.of(), 0, "real", true, slots, "cascade", List.of(), 1, Map.of(), 9,
                Map.of());
    }

    private static List<float[]> read(JsonNode answer) {
        var rows = new ArrayList<float[]>();
        answer.path("slots").forEach(slot -> rows.add(FeedAnswer.features(answer, slot)));
        return rows;
    }

    private static List<float[]> logged(List<float[]> rows) throws IOException {
        return read(JSON.readTree(answer(rows).logged()));
    }

    @Test
    void whatTheInputsOfAllSlotsEndWithIsLoggedOnce() throws IOException {
        List<float[]> rows = List.of(new float[] {1, 2.5f, Float.NaN, 7}, new float[] {3, 4, Float.NaN, 7});

        JsonNode logged = JSON.readTree(answer(rows).logged());

        assertThat(logged.path("common")).hasSize(2);
        assertThat(logged.path("slots").get(1).path("features")).hasSize(2);
        assertThat(logged.path("slots").get(1).path("item").asText()).isEqualTo("v1");
        assertThat(logged.path("rung").asText()).isEqualTo("cascade");
        assertThat(read(logged)).containsExactlyElementsOf(rows);
    }

    /** Rows of any shape: of one slot, of no inputs, of two models, equal throughout. */
    @Test
    void everyRowIsReadAsItWas() throws IOException {
        var random = new SplittableRandom(5);
        float[] values = {0, -0f, 1, 2.5f, Float.NaN, 1e9f};
        for (int round = 0; round < 2000; round++) {
            var rows = new ArrayList<float[]>();
            int slots = random.nextInt(4);
            int width = random.nextInt(5);
            for (int s = 0; s < slots; s++) {
                float[] row = new float[random.nextInt(10) == 0 ? random.nextInt(5) : width];
                for (int i = 0; i < row.length; i++) {
                    row[i] = values[random.nextInt(random.nextBoolean() ? 2 : values.length)];
                }
                rows.add(row);
            }
            assertThat(logged(rows)).containsExactlyElementsOf(rows);
        }
    }

    /** Before, each slot held all of its inputs. */
    @Test
    void anAnswerThatWasLoggedEarlierIsReadAsWell() throws IOException {
        JsonNode logged = JSON.readTree("{\"slots\": [{\"features\": [1, \"NaN\", 2.5]}]}");

        assertThat(read(logged)).containsExactly(new float[] {1, Float.NaN, 2.5f});
    }
}
