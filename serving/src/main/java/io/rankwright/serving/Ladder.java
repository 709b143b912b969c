package io.rankwright.serving;

import io.rankwright.retrieval.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;

/**
 * What answers when the cascade has nothing: the rungs that the application names, one after the other, until one has
 * something. Any number of threads.
 */
final class Ladder {
    /** The whole cascade. */
    static final String CASCADE = "cascade";
    /** The cascade without the ranker: candidates in the order in which the sources' lists were fused. */
    static final String LIGHT = "light";

    private static final int LAST_GOOD = 10_000;

    private final List<String> rungs;
    private final int[] editorial;
    private final ToIntFunction<String> code;
    private final IntFunction<String> id;
    private final Map<String, List<String>> lastGood = new ConcurrentHashMap<>();

    /**
     * @param rungs their names, in order
     * @param editorial the items that an editor has chosen
     * @param code the code of an item
     * @param id the item of a code
     */
    Ladder(List<String> rungs, List<String> editorial, ToIntFunction<String> code, IntFunction<String> id) {
        this.rungs = rungs;
        this.editorial = editorial.stream().mapToInt(code).toArray();
        this.code = code;
        this.id = id;
    }

    /** The items of a rung. */
    record Found(String rung, List<String> items) {}

    /** The first rung that has items which the query allows. */
    Optional<Found> find(String subject, int slots, Source.Query query, List<Source> sources) {
        for (String rung : rungs) {
            List<String> items = items(rung, subject, query, sources);
            if (!items.isEmpty()) {
                return Optional.of(new Found(rung, items.subList(0, Math.min(slots, items.size()))));
            }
        }
        return Optional.empty();
    }

    private List<String> items(String rung, String subject, Source.Query query, List<Source> sources) {
        return switch (rung) {
            case "last_good" ->
                lastGood.getOrDefault(subject, List.of()).stream()
                        .filter(item -> query.allowed().test(code.applyAsInt(item)))
                        .toList();
            case "editorial" ->
                ids(Arrays.stream(editorial).filter(query.allowed()).toArray());
            default ->
                sources.stream()
                        .filter(source -> source.name().equals(rung))
                        .findFirst()
                        .map(source -> ids(found(source, query)))
                        .orElse(List.of());
        };
    }

    /** A rung that fails is one that has nothing. */
    private static int[] found(Source source, Source.Query query) {
        try {
            return source.find(query);
        } catch (RuntimeException _) {
            return new int[0];
        }
    }

    private List<String> ids(int[] codes) {
        var ids = new ArrayList<String>();
        for (int each : codes) {
            ids.add(id.apply(each));
        }
        return ids;
    }

    /** Keeps a slate that the whole cascade gave. */
    void remember(String subject, List<String> slate) {
        if (!slate.isEmpty() && (lastGood.size() < LAST_GOOD || lastGood.containsKey(subject))) {
            lastGood.put(subject, slate);
        }
    }
}
