package io.rankwright.spec;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word that was probably meant, for "did you mean" in an error. */
final class Suggestion {
    private Suggestion() {}

    /** The list of allowed words, and the nearest one if it is near enough to be a slip of the pen. */
    static String oneOf(Collection<String> allowed, String found) {
        String list = allowed.isEmpty() ? "nothing here" : "one of " + String.join(", ", allowed);
        return list
                + nearest(allowed, found)
                        .map(word -> " (did you mean '" + word + "'?)")
                        .orElse("");
    }

    private static Optional<String> nearest(Collection<String> allowed, String found) {
        int limit = Math.max(1, found.length() / 3);
        return allowed.stream()
                .filter(word -> distance(word, found) <= limit)
                .min(Comparator.comparingInt((String word) -> distance(word, found))
                        .thenComparing(word -> word));
    }

    /** Optimal string alignment distance: insert, delete, replace, swap of neighbours each cost 1. */
    private static int distance(String left, String right) {
        int[][] cost = new int[left.length() + 1][right.length() + 1];
        for (int i = 0; i <= left.length(); i++) {
            for (int j = 0; j <= right.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int replace = cost[i - 1][j - 1] + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
                cost[i][j] = Math.min(replace, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                if (i > 1
                        && j > 1
                        && left.charAt(i - 1) == right.charAt(j - 2)
                        && left.charAt(i - 2) == right.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[left.length()][right.length()];
    }
}
