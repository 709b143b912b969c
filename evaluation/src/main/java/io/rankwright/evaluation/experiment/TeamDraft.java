package io.rankwright.evaluation.experiment;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.commons.statistics.distribution.BinomialDistribution;

/**
 * Two rankings in one list: captains pick in turns, and the team whose picks are taken more often has the better ranking
 * (Radlinski, Kurup and Joachims, "How Does Clickthrough Data Reflect Retrieval Quality?", CIKM 2008). It tells rankings
 * apart with a small part of the units that two arms need. Stateless; any thread.
 */
public final class TeamDraft {
    private TeamDraft() {}

    /** Who picked an item. */
    public enum Team {
        FIRST,
        SECOND
    }

    /** An item of the list. */
    public record Pick<T>(T item, Team team) {}

    /** The list of two rankings, at most so long. The team with fewer picks goes next, a coin decides between even ones. */
    public static <T> List<Pick<T>> draft(List<T> first, List<T> second, int length, long seed) {
        var random = new SplittableRandom(seed);
        var picks = new ArrayList<Pick<T>>();
        Set<T> picked = new HashSet<>();
        int[] at = new int[2];
        int[] counts = new int[2];
        List<List<T>> rankings = List.of(first, second);
        while (picks.size() < length) {
            boolean isFirst = counts[0] < counts[1] || (counts[0] == counts[1] && random.nextBoolean());
            int turn = isFirst ? 0 : 1;
            if (!hasNext(rankings.get(turn), at, turn, picked)) {
                turn = 1 - turn;
                if (!hasNext(rankings.get(turn), at, turn, picked)) {
                    break;
                }
            }
            T item = rankings.get(turn).get(at[turn]);
            picked.add(item);
            counts[turn]++;
            picks.add(new Pick<>(item, Team.values()[turn]));
        }
        return List.copyOf(picks);
    }

    private static <T> boolean hasNext(List<T> ranking, int[] at, int turn, Set<T> picked) {
        while (at[turn] < ranking.size() && picked.contains(ranking.get(at[turn]))) {
            at[turn]++;
        }
        return at[turn] < ranking.size();
    }

    /**
     * The p-value of two equally good rankings: the sign test over units that preferred one of them.
     *
     * @param firstPreferred,secondPreferred how many units took more of one team's picks than of the other's
     */
    public static double pValue(int firstPreferred, int secondPreferred) {
        int all = firstPreferred + secondPreferred;
        if (all == 0) {
            return 1;
        }
        int less = Math.min(firstPreferred, secondPreferred);
        return Math.min(1, 2 * BinomialDistribution.of(all, 0.5).cumulativeProbability(less));
    }
}
