package io.rankwright.evaluation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.statistics.distribution.BetaDistribution;

/**
 * How well anybody can find the cases that most of three readers called something, where readers disagree. The chance that a
 * reader says so differs from case to case; who knew it of each case would still be wrong about what the three that were
 * asked have said. Immutable.
 *
 * @param alpha of the beta distribution of that chance which explains the votes best (beta-binomial, Skellam 1948)
 * @param beta its other parameter
 * @param known the greatest F1 of who knows the chance of each case, if it is so distributed
 * @param panel the F1 of three other readers, if it is so distributed
 * @param bound no F1 is greater, however the chance is distributed, in steps of 1/40; NaN if the votes come of no such distribution
 */
public record NoiseCeiling(double alpha, double beta, double known, double panel, double bound) {
    private static final int READERS = 3;
    private static final int STEPS = 40;
    private static final int POINTS = 2000;

    /**
     * The ceiling that votes show.
     *
     * @param votes how many cases got no vote of three, one, two, and all
     */
    public static NoiseCeiling of(long[] votes) {
        if (votes.length != READERS + 1 || votes[2] + votes[3] == 0) {
            throw new IllegalArgumentException("counts of cases with 0 to 3 votes, some of them with 2 or more");
        }
        double[] fit = fit(votes);
        var chance = BetaDistribution.of(fit[0], fit[1]);
        double hits = 0;
        double found = 0;
        double both = 0;
        double all = moment(fit, 2) * 3 - moment(fit, 3) * 2;
        double known = 0;
        // From the surest case on: who wants F1 calls so the first of them.
        for (int i = POINTS - 1; i >= 0; i--) {
            double p = (i + 0.5) / POINTS;
            double share = chance.probability(i / (double) POINTS, (i + 1.0) / POINTS);
            found += share;
            hits += share * majority(p);
            both += share * majority(p) * majority(p);
            known = Math.max(known, 2 * hits / (found + all));
        }
        return new NoiseCeiling(fit[0], fit[1], known, both / all, bound(votes));
    }

    /** The chance that two or three of three readers say so. */
    private static double majority(double p) {
        return 3 * p * p - 2 * p * p * p;
    }

    /** The mean of a power of the chance. */
    private static double moment(double[] fit, int power) {
        double moment = 1;
        for (int i = 0; i < power; i++) {
            moment *= (fit[0] + i) / (fit[0] + fit[1] + i);
        }
        return moment;
    }

    /** The parameters of the greatest likelihood, by steps that are halved. */
    private static double[] fit(long[] votes) {
        double[] best = {1, 1};
        for (double step = 2; step > 1e-7; ) {
            boolean isBetter = false;
            for (double[] factors : new double[][] {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}}) {
                double[] next = {best[0] * Math.exp(step * factors[0]), best[1] * Math.exp(step * factors[1])};
                if (likelihood(votes, next) > likelihood(votes, best)) {
                    best = next;
                    isBetter = true;
                }
            }
            step = isBetter ? step : step / 2;
        }
        return best;
    }

    private static double likelihood(long[] votes, double[] fit) {
        double likelihood = 0;
        for (int k = 0; k <= READERS; k++) {
            double chance = 1;
            for (int i = 0; i < READERS; i++) {
                chance *= (i < k ? fit[0] + i : fit[1] + i - k) / (fit[0] + fit[1] + i);
            }
            // What has not happened says nothing, not even where its chance is 0.
            likelihood += votes[k] == 0 ? 0 : votes[k] * Math.log(chance);
        }
        return likelihood;
    }

    /** One chance and the share of the cases that have it. */
    private record Atom(double chance, double share) {}

    /**
     * The greatest F1 over all distributions on a grid that explain the votes exactly. For a given threshold F1 is a ratio of two
     * sums over the distribution, which is greatest at a corner of them: at one of as many points as there are counts.
     */
    private static double bound(long[] votes) {
        double bound = Double.NaN;
        for (int a = 0; a <= STEPS; a++) {
            for (int b = a + 1; b <= STEPS; b++) {
                for (int c = b + 1; c <= STEPS; c++) {
                    for (int d = c + 1; d <= STEPS; d++) {
                        double best = best(votes, new int[] {a, b, c, d});
                        bound = best > 0 && !(best < bound) ? best : bound;
                    }
                }
            }
        }
        return bound;
    }

    /** The greatest F1 if only these chances occur; 0 if the votes cannot come of them. */
    private static double best(long[] votes, int[] steps) {
        double all = votes[0] + votes[1] + votes[2] + votes[3];
        double[][] rows = new double[READERS + 1][READERS + 2];
        for (int k = 0; k <= READERS; k++) {
            for (int i = 0; i <= READERS; i++) {
                double p = steps[i] / (double) STEPS;
                double ways = k == 0 || k == READERS ? 1 : READERS;
                rows[k][i] = ways * Math.pow(p, k) * Math.pow(1 - p, READERS - k);
            }
            rows[k][READERS + 1] = votes[k] / all;
        }
        double[] shares = solved(rows);
        var atoms = new ArrayList<Atom>();
        for (int i = 0; i < shares.length; i++) {
            if (!(shares[i] >= -1e-9)) {
                return 0;
            }
            atoms.add(new Atom(steps[i] / (double) STEPS, shares[i]));
        }
        return best(atoms, (votes[2] + votes[3]) / all);
    }

    private static double best(List<Atom> atoms, double positive) {
        atoms.sort(Comparator.comparing(Atom::chance).reversed());
        double found = 0;
        double hits = 0;
        double best = 0;
        for (Atom atom : atoms) {
            found += atom.share();
            hits += atom.share() * majority(atom.chance());
            best = Math.max(best, 2 * hits / (found + positive));
        }
        return best;
    }

    /** The solution of linear equations, one a row, by elimination; the rows are changed. */
    private static double[] solved(double[][] rows) {
        int size = rows.length;
        for (int c = 0; c < size; c++) {
            int pivot = c;
            for (int r = c + 1; r < size; r++) {
                pivot = Math.abs(rows[r][c]) > Math.abs(rows[pivot][c]) ? r : pivot;
            }
            double[] other = rows[c];
            rows[c] = rows[pivot];
            rows[pivot] = other;
            for (int r = 0; r < size; r++) {
                double factor = r == c ? 0 : rows[r][c] / rows[c][c];
                for (int k = c; k <= size && factor != 0; k++) {
                    rows[r][k] -= factor * rows[c][k];
                }
            }
        }
        double[] solution = new double[size];
        for (int r = 0; r < size; r++) {
            solution[r] = rows[r][size] / rows[r][r];
        }
        return solution;
    }
}
