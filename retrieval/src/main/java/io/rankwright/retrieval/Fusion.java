package io.rankwright.retrieval;

import java.util.Arrays;
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
        int[] starts = new int[size + 1];
        int[] found = new int[size];
        double[] sums = new double[size];
        int count = 0;
        for (int i = 0; i < size; i++) {
            int code = (int) (places[i] >>> 32);
            if (count == 0 || found[count - 1] != code) {
                starts[count] = i;
                found[count++] = code;
            }
            sums[count - 1] += lists.get(list(places[i])).weight() / (FLATNESS + rank(places[i]) + 1);
        }
        starts[count] = size;
        List<List<String>> alone =
                lists.stream().map(list -> List.of(list.source())).toList();
        int[] order = Order.descending(Arrays.copyOf(sums, count), found);
        var candidates = new Candidate[Math.min(limit, count)];
        for (int i = 0; i < candidates.length; i++) {
            int best = order[i];
            int from = starts[best];
            int to = starts[best + 1];
            List<String> sources = to - from == 1 ? alone.get(list(places[from])) : sources(places, from, to, lists);
            candidates[i] = new Candidate(found[best], sums[best], sources);
        }
        return List.of(candidates);
    }

    /** The sources of the places from one to another, the one that ranked it highest first. */
    private static List<String> sources(long[] places, int from, int to, List<Ranked> lists) {
        // By rank, then in the order of the lists.
        long[] byRank = new long[to - from];
        for (int i = 0; i < byRank.length; i++) {
            byRank[i] = (long) rank(places[from + i]) << 32 | list(places[from + i]);
        }
        Arrays.sort(byRank);
        var sources = new String[byRank.length];
        for (int i = 0; i < sources.length; i++) {
            sources[i] = lists.get((int) byRank[i]).source();
        }
        return List.of(sources);
    }

    private static int list(long place) {
        return (int) (place >>> 24) & 0xFF;
    }

    private static int rank(long place) {
        return (int) place & 0xFFFFFF;
    }
}
