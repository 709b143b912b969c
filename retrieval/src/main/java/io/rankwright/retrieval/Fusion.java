package io.rankwright.retrieval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

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
        // Places sorted by code bring together what several lists name, without a map of boxes.
        long[] places =
                new long[lists.stream().mapToInt(list -> list.codes().length).sum()];
        int size = 0;
        for (int l = 0; l < lists.size(); l++) {
            int[] codes = lists.get(l).codes();
            for (int rank = 0; rank < codes.length; rank++) {
                places[size++] = (long) codes[rank] << 32 | (long) l << 24 | rank;
            }
        }
        Arrays.sort(places);
        List<List<String>> alone =
                lists.stream().map(list -> List.of(list.source())).toList();
        var candidates = new ArrayList<Candidate>(size);
        int from = 0;
        for (int to = 1; to <= size; to++) {
            if (to == size || places[to] >>> 32 != places[from] >>> 32) {
                candidates.add(fused(places, from, to, lists, alone));
                from = to;
            }
        }
        candidates.sort((a, b) ->
                a.score() == b.score() ? Integer.compare(a.code(), b.code()) : Double.compare(b.score(), a.score()));
        return List.copyOf(candidates.subList(0, Math.min(limit, candidates.size())));
    }

    /** A candidate of the places from one to another. */
    private static Candidate fused(long[] places, int from, int to, List<Ranked> lists, List<List<String>> alone) {
        int code = (int) (places[from] >>> 32);
        double score = 0;
        for (int i = from; i < to; i++) {
            score += lists.get(list(places[i])).weight() / (FLATNESS + rank(places[i]) + 1);
        }
        if (to - from == 1) {
            return new Candidate(code, score, alone.get(list(places[from])));
        }
        List<String> sources = Arrays.stream(places, from, to)
                .boxed()
                .sorted(Comparator.comparingInt(Fusion::rank))
                .map(place -> lists.get(list(place)).source())
                .toList();
        return new Candidate(code, score, sources);
    }

    private static int list(long place) {
        return (int) (place >>> 24) & 0xFF;
    }

    private static int rank(long place) {
        return (int) place & 0xFFFFFF;
    }
}
