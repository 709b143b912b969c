package io.rankwright.retrieval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reciprocal rank fusion of the lists of several sources (Cormack, Clarke and Büttcher, 2009). Stateless. */
public final class Fusion {
    private static final double FLATNESS = 60;

    private Fusion() {}

    /**
     * The list of one source.
     *
     * @param weight not negative
     * @param codes the best first, none twice
     */
    public record Ranked(String source, double weight, int[] codes) {
        private double share(int rank) {
            return weight / (FLATNESS + rank + 1);
        }
    }

    /**
     * One candidate.
     *
     * @param sources the sources that named it, the one that ranked it highest first
     */
    public record Candidate(int code, double score, List<String> sources) {}

    /** The union of the lists, best first, at most {@code limit}; equal scores in the order of the code. */
    public static List<Candidate> fuse(List<Ranked> lists, int limit) {
        return new Union(lists).best(limit);
    }

    /**
     * What is among the best {@code limit} of the union whatever other lists say that have no more than {@code others} codes
     * between them, best first: each of those puts at most one in front.
     */
    public static List<Candidate> certain(List<Ranked> lists, int limit, int others) {
        return fuse(lists, Math.max(0, limit - others));
    }

    /**
     * The codes of some lists, each at the first place that names it; a place is a list and a rank in it. Those that one list
     * alone names stand in its order already, so that lists are merged, and only what several name is sorted.
     */
    private static final class Union {
        private static final int NONE = -1;

        private final List<Ranked> lists;
        /** The source of each list alone: most codes have no other. */
        private final List<List<String>> alone;
        /** The first place of each list, and the end of the last. */
        private final int[] starts;

        /** By place. */
        private final int[] codes;
        /** Of the first place of a code, what all of them give it. */
        private final double[] sums;
        /** The next place with the same code. */
        private final int[] next;
        /** Whether a place has no part in the order of its list. */
        private final boolean[] isApart;

        /** The first places by the hash of their code. */
        private final int[] slots;

        Union(List<Ranked> lists) {
            this.lists = lists;
            this.alone = lists.stream().map(list -> List.of(list.source())).toList();
            this.starts = new int[lists.size() + 1];
            for (int l = 0; l < lists.size(); l++) {
                starts[l + 1] = starts[l] + lists.get(l).codes().length;
            }
            int size = starts[lists.size()];
            this.codes = new int[size];
            this.sums = new double[size];
            this.next = new int[size];
            this.isApart = new boolean[size];
            this.slots = new int[Math.max(2, Integer.highestOneBit(size) << 2)];
            Arrays.fill(next, NONE);
            Arrays.fill(slots, NONE);
            for (int l = 0; l < lists.size(); l++) {
                for (int place = starts[l]; place < starts[l + 1]; place++) {
                    add(place, lists.get(l), place - starts[l]);
                }
            }
        }

        private void add(int place, Ranked list, int rank) {
            int code = list.codes()[rank];
            double share = list.share(rank);
            codes[place] = code;
            int slot = (code * 0x9E3779B9) >>> Integer.numberOfLeadingZeros(slots.length - 1);
            while (slots[slot] != NONE && codes[slots[slot]] != code) {
                slot = (slot + 1) & (slots.length - 1);
            }
            int first = slots[slot];
            if (first == NONE) {
                slots[slot] = place;
                sums[place] = share;
                // Without weight all ranks are worth the same, and their codes say which is first.
                isApart[place] = share == 0;
            } else {
                int last = first;
                while (next[last] != NONE) {
                    last = next[last];
                }
                next[last] = place;
                sums[first] += share;
                isApart[place] = true;
                isApart[first] = true;
            }
        }

        List<Candidate> best(int limit) {
            int[] apart = apart();
            int[] heads = Arrays.copyOf(starts, lists.size());
            var best = new ArrayList<Candidate>(Math.min(limit, codes.length));
            int taken = 0;
            while (best.size() < limit) {
                int first = taken < apart.length ? apart[taken] : NONE;
                int from = NONE;
                for (int l = 0; l < heads.length; l++) {
                    while (heads[l] < starts[l + 1] && isApart[heads[l]]) {
                        heads[l]++;
                    }
                    if (heads[l] < starts[l + 1] && (first == NONE || isBefore(heads[l], first))) {
                        first = heads[l];
                        from = l;
                    }
                }
                if (first == NONE) {
                    break;
                }
                if (from == NONE) {
                    taken++;
                } else {
                    heads[from]++;
                }
                best.add(new Candidate(codes[first], sums[first], sources(first)));
            }
            return List.copyOf(best);
        }

        private boolean isBefore(int place, int other) {
            return sums[place] > sums[other] || (sums[place] == sums[other] && codes[place] < codes[other]);
        }

        /** The first places of the codes that are in no list's order, best first. */
        private int[] apart() {
            int[] found = new int[codes.length];
            int count = 0;
            for (int slot : slots) {
                if (slot != NONE && isApart[slot]) {
                    found[count++] = slot;
                }
            }
            double[] ofSums = new double[count];
            int[] ofCodes = new int[count];
            for (int i = 0; i < count; i++) {
                ofSums[i] = sums[found[i]];
                ofCodes[i] = codes[found[i]];
            }
            int[] order = Order.descending(ofSums, ofCodes);
            for (int i = 0; i < count; i++) {
                order[i] = found[order[i]];
            }
            return order;
        }

        /** The sources that named the code of a first place, the one that ranked it highest first, then in the order of the lists. */
        private List<String> sources(int first) {
            if (next[first] == NONE) {
                return alone.get(list(first));
            }
            long[] byRank = new long[lists.size()];
            int count = 0;
            for (int place = first; place != NONE; place = next[place]) {
                int list = list(place);
                byRank[count++] = (long) (place - starts[list]) << 32 | list;
            }
            Arrays.sort(byRank, 0, count);
            var sources = new String[count];
            for (int i = 0; i < count; i++) {
                sources[i] = lists.get((int) byRank[i]).source();
            }
            return List.of(sources);
        }

        private int list(int place) {
            int list = 0;
            while (starts[list + 1] <= place) {
                list++;
            }
            return list;
        }
    }
}
