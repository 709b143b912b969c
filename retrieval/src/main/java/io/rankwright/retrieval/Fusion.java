package io.rankwright.retrieval;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reciprocal rank fusion of the lists of several sources (Cormack, Clarke and Büttcher, 2009). Stateless. */
public final class Fusion {
    private static final double FLATNESS = 60;

    private Fusion() {}

    /** The list of one source. */
    public record Ranked(String source, double weight, int[] codes) {}

    /**
     * One candidate.
     *
     * @param sources the sources that named it, the one that ranked it highest first
     */
    public record Candidate(int code, double score, List<String> sources) {}

    /** The union of the lists, best first, at most {@code limit}; equal scores in the order of the code. */
    public static List<Candidate> fuse(List<Ranked> lists, int limit) {
        record Found(String source, int rank) {}
        Map<Integer, List<Found>> found = new LinkedHashMap<>();
        Map<Integer, Double> scores = new LinkedHashMap<>();
        for (Ranked list : lists) {
            for (int rank = 0; rank < list.codes().length; rank++) {
                int code = list.codes()[rank];
                found.computeIfAbsent(code, _ -> new ArrayList<>()).add(new Found(list.source(), rank));
                scores.merge(code, list.weight() / (FLATNESS + rank + 1), Double::sum);
            }
        }
        var candidates = new ArrayList<Candidate>(found.size());
        found.forEach((code, places) -> {
            places.sort((a, b) -> Integer.compare(a.rank(), b.rank()));
            candidates.add(new Candidate(
                    code,
                    scores.getOrDefault(code, 0.0),
                    places.stream().map(Found::source).toList()));
        });
        candidates.sort((a, b) ->
                a.score() == b.score() ? Integer.compare(a.code(), b.code()) : Double.compare(b.score(), a.score()));
        return List.copyOf(candidates.subList(0, Math.min(limit, candidates.size())));
    }
}
