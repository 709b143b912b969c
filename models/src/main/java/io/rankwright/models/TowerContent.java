package io.rankwright.models;

import io.rankwright.log.EntityTable;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The vector of an entity's text or image, zeros where it has none. Any number of threads, as long as the encoder takes them.
 *
 * @param encoder from a content to its vector, which has the length that the input says
 */
public record TowerContent(TowerInput input, EntityTable entities, Function<String, float[]> encoder)
        implements TowerSource {
    @Override
    public void fill(TowerBatch batch, int row, int place, int code, Map<String, int[]> sequences) {
        String text = text(code);
        batch.set(row, place, text.isEmpty() ? new float[input.dim()] : encoder.apply(text));
    }

    /** The texts of an entity's columns, one behind the other. */
    public String text(int code) {
        return input.columns().stream()
                .map(entities::place)
                .map(column -> entities.text(column, entities.code(column, code)))
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining(" "));
    }
}
