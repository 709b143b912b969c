package io.rankwright.models;

import io.rankwright.log.Dictionary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/**
 * For each item the items that the same people take, with their similarity: item-based collaborative filtering (Sarwar
 * et al., 2001). Immutable, safe for any thread.
 */
public final class ItemNeighbours implements CollaborativeModel {
    private final Vocabulary items;
    private final int[][] neighbours;
    private final float[][] similarities;

    /**
     * @param items the items that have neighbours
     * @param neighbours for each item (from index 1) the indexes of its neighbours, the nearest first
     * @param similarities their similarities
     */
    public ItemNeighbours(Vocabulary items, int[][] neighbours, float[][] similarities) {
        this.items = items;
        this.neighbours = neighbours.clone();
        this.similarities = similarities.clone();
    }

    static ItemNeighbours of(Artefact artefact) {
        Vocabulary items = Vocabulary.of(artefact.part("vocabulary.txt"));
        ByteBuffer bytes = ByteBuffer.wrap(artefact.part("neighbours.bin")).order(ByteOrder.LITTLE_ENDIAN);
        int[][] neighbours = new int[items.size()][];
        float[][] similarities = new float[items.size()][];
        for (int i = 0; i < items.size(); i++) {
            int size = bytes.getInt();
            neighbours[i] = new int[size];
            similarities[i] = new float[size];
            for (int n = 0; n < size; n++) {
                neighbours[i][n] = bytes.getInt();
                similarities[i][n] = bytes.getFloat();
            }
        }
        return new ItemNeighbours(items, neighbours, similarities);
    }

    @Override
    public Artefact artefact() {
        int total =
                Arrays.stream(neighbours).mapToInt(list -> 4 + 8 * list.length).sum();
        ByteBuffer bytes = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < neighbours.length; i++) {
            bytes.putInt(neighbours[i].length);
            for (int n = 0; n < neighbours[i].length; n++) {
                bytes.putInt(neighbours[i][n]).putFloat(similarities[i][n]);
            }
        }
        return new Artefact(Map.of("vocabulary.txt", items.bytes(), "neighbours.bin", bytes.array()));
    }

    @Override
    public Bound bind(Dictionary.Domain ids) {
        int[] indexes = items.indexes(ids);
        int[] codes = new int[items.size()];
        for (int i = 1; i < codes.length; i++) {
            codes[i] = ids.code(items.texts().get(i - 1));
        }
        return new Bound() {
            @Override
            public void score(int[] sequence, int last, Scores scores) {
                int first = Math.max(0, sequence.length - last);
                int most = 0;
                for (int s = first; s < sequence.length; s++) {
                    most += neighbours[index(sequence[s])].length;
                }
                var sums = new Sums(most);
                for (int s = first; s < sequence.length; s++) {
                    int index = index(sequence[s]);
                    for (int n = 0; n < neighbours[index].length; n++) {
                        int code = codes[neighbours[index][n]];
                        if (code > 0) {
                            sums.add(code, similarities[index][n]);
                        }
                    }
                }
                sums.forEach(scores);
            }

            private int index(int code) {
                return code < indexes.length ? indexes[code] : 0;
            }
        };
    }
}
