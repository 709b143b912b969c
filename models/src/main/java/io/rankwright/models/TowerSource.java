package io.rankwright.models;

import io.rankwright.log.EventLog;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** Where an input of a tower comes from: the same while the tower learns and while it serves. */
public sealed interface TowerSource permits TowerLookup, TowerContent {
    TowerInput input();

    /**
     * Sets the input of one entity.
     *
     * @param row,place the entity in the batch, and the input
     * @param code of the entity
     * @param sequences for each input of kind SEQUENCE, by name, the codes of its items
     */
    void fill(TowerBatch batch, int row, int place, int code, Map<String, int[]> sequences);

    /**
     * The sources of the inputs of a tower.
     *
     * @param entity whose tower it is
     * @param item the entity that sequences are made of
     * @param encoders what makes vectors of texts and images, by the id of the encoder
     */
    static List<TowerSource> of(
            List<TowerInput> inputs,
            EventLog log,
            String entity,
            String item,
            Map<String, Vocabulary> vocabularies,
            Map<String, EmbeddingTable> tables,
            Function<String, Function<String, float[]>> encoders) {
        return inputs.stream()
                .map(input -> input.isLearnt()
                        ? new TowerLookup(
                                input,
                                log,
                                entity,
                                item,
                                Objects.requireNonNull(vocabularies.get(input.table())),
                                Objects.requireNonNull(tables.get(input.table())))
                        : new TowerContent(input, log.table(entity), encoders.apply(input.table())))
                .toList();
    }
}
