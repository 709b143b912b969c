package io.rankwright.monitoring;

import io.rankwright.evaluation.Drift;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * How far a variable has moved from a reference to now. Immutable.
 *
 * @param psi,kolmogorovSmirnov,jensenShannon as in {@link Drift}, over groups of the reference
 * @param missingBefore,missingNow the shares of missing values
 * @param unseen the share of categories now that the reference does not have
 * @param groups the distributions side by side
 * @param alarm what is sure to have changed, in words; empty if nothing is
 */
public record Shift(
        String variable,
        double psi,
        double kolmogorovSmirnov,
        double jensenShannon,
        double missingBefore,
        double missingNow,
        double unseen,
        List<Group> groups,
        Optional<String> alarm) {
    /** Into how many groups numbers are cut. */
    private static final int GROUPS = 10;

    /** Places at which two distribution functions are compared. */
    private static final int PLACES = 100;

    /** An alarm comes by chance in one comparison of 100,000: −ln(α / 2) / 2 and the quantile of the normal. */
    private static final double CHANCE = 1e-5;

    private static final double BY_CHANCE = Math.sqrt(-Math.log(CHANCE / 2) / 2);
    private static final double DEVIATIONS = 4.42;

    /** What nobody would call a change, however sure it is. */
    private static final double LEAST_DISTANCE = 0.05;

    private static final double LEAST_MISSING = 0.005;
    private static final double LEAST_UNSEEN = 0.01;

    public Shift {
        groups = List.copyOf(groups);
    }

    /**
     * Part of the values.
     *
     * @param name numbers up to it, or the category
     * @param before,now shares of the values that are not missing
     */
    public record Group(String name, double before, double now) {}

    /** @param psiLimit that raises an alarm by itself */
    static Shift of(String variable, Distribution before, Distribution now, double psiLimit) {
        double missingBefore = share(before.missing(), before.count());
        double missingNow = share(now.missing(), now.count());
        List<Group> groups = List.of();
        double distance = 0;
        double unseen = 0;
        Optional<String> alarm = missing(before, now, missingBefore, missingNow);
        if (before.present() > 0 && now.present() > 0) {
            groups = before.isCategory() ? categories(before, now) : numbers(before, now);
            distance = before.isCategory() ? totalVariation(groups) : distance(before, now);
            unseen = before.isCategory() ? unseen(before, now) : 0;
            double sure = sure(before.present(), now.present());
            if (alarm.isEmpty() && unseen > LEAST_UNSEEN + 3 * seenOnce(before)) {
                alarm = Optional.of(percent(unseen) + " are categories that were not there before");
            }
            boolean isFar = distance > Math.max(LEAST_DISTANCE, sure);
            double psi = psi(groups);
            // By chance the index is about as great as the number of groups by the number of values.
            double psiByChance = 3.0 * groups.size() * (1.0 / before.present() + 1.0 / now.present());
            if (alarm.isEmpty() && !before.isCategory() && isFar) {
                alarm = Optional.of(String.format(
                        Locale.ROOT,
                        "the distribution has moved: its functions are %.3f apart at most (%.3f by chance)",
                        distance,
                        sure));
            }
            if (alarm.isEmpty() && psi > psiLimit + psiByChance) {
                alarm = Optional.of(String.format(
                        Locale.ROOT, "the population stability index is %.3f (limit %.3g)", psi, psiLimit));
            }
        }
        return new Shift(
                variable,
                psi(groups),
                distance,
                groups.isEmpty() ? 0 : Drift.jensenShannon(before(groups), now(groups)),
                missingBefore,
                missingNow,
                unseen,
                groups,
                alarm);
    }

    private static double share(long part, long of) {
        return of == 0 ? 0 : (double) part / of;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f%%", 100 * share);
    }

    private static Optional<String> missing(
            Distribution before, Distribution now, double missingBefore, double missingNow) {
        double together = share(before.missing() + now.missing(), before.count() + now.count());
        double error = Math.sqrt(together * (1 - together) * (1.0 / before.count() + 1.0 / now.count()));
        boolean isSure = Math.abs(missingNow - missingBefore) > Math.max(LEAST_MISSING, DEVIATIONS * error);
        return isSure
                ? Optional.of(percent(missingNow) + " have no value, before " + percent(missingBefore))
                : Optional.empty();
    }

    /** How far two samples of one distribution of numbers may be apart, but for chance and the sketches' own error. */
    private static double sure(long before, long now) {
        return BY_CHANCE * Math.sqrt(1.0 / before + 1.0 / now) + 2 * Distribution.RANK_ERROR;
    }

    private static double distance(Distribution before, Distribution now) {
        // Places of both, so that a value that has become frequent only now is seen.
        var places = new TreeSet<Float>();
        for (Distribution of : List.of(before, now)) {
            for (float cut : of.cuts(PLACES)) {
                places.add(cut);
            }
        }
        float[] cuts = new float[places.size()];
        int size = 0;
        for (float place : places) {
            cuts[size++] = place;
        }
        return Drift.kolmogorovSmirnov(before.shareUpTo(cuts), now.shareUpTo(cuts));
    }

    private static List<Group> numbers(Distribution before, Distribution now) {
        float[] cuts = before.cuts(GROUPS);
        double[] upToBefore = before.shareUpTo(cuts);
        double[] upToNow = now.shareUpTo(cuts);
        var groups = new ArrayList<Group>();
        for (int i = 0; i < upToBefore.length; i++) {
            String name = i < cuts.length
                    ? String.format(Locale.ROOT, "up to %.4g", cuts[i])
                    : cuts.length == 0 ? "all" : String.format(Locale.ROOT, "above %.4g", cuts[i - 1]);
            groups.add(new Group(
                    name,
                    upToBefore[i] - (i == 0 ? 0 : upToBefore[i - 1]),
                    upToNow[i] - (i == 0 ? 0 : upToNow[i - 1])));
        }
        return groups;
    }

    /** The most frequent categories of the reference, and all others together. */
    private static List<Group> categories(Distribution before, Distribution now) {
        Map<Float, Long> seen = before.categories();
        Map<Float, Long> seenNow = now.categories();
        var groups = new ArrayList<Group>();
        double restBefore = 1;
        double restNow = 1;
        List<Float> frequent = seen.entrySet().stream()
                .sorted(Map.Entry.<Float, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                .limit(GROUPS)
                .map(Map.Entry::getKey)
                .toList();
        for (float category : frequent) {
            double shareBefore = share(seen.getOrDefault(category, 0L), before.present());
            double shareNow = share(seenNow.getOrDefault(category, 0L), now.present());
            groups.add(new Group(String.format(Locale.ROOT, "%.0f", category), shareBefore, shareNow));
            restBefore -= shareBefore;
            restNow -= shareNow;
        }
        groups.add(new Group("others", Math.max(0, restBefore), Math.max(0, restNow)));
        return groups;
    }

    private static double totalVariation(List<Group> groups) {
        return groups.stream()
                        .mapToDouble(group -> Math.abs(group.before() - group.now()))
                        .sum()
                / 2;
    }

    private static double unseen(Distribution before, Distribution now) {
        Map<Float, Long> seen = before.categories();
        long unseen = now.categories().entrySet().stream()
                .filter(entry -> !seen.containsKey(entry.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
        return share(unseen, now.present());
    }

    /** The share of categories that the reference has once: as much is to be expected of those it has not (Good, 1953). */
    private static double seenOnce(Distribution before) {
        long once = before.categories().values().stream()
                .filter(count -> count == 1)
                .count();
        return share(once, before.present());
    }

    private static double psi(List<Group> groups) {
        return groups.isEmpty() ? 0 : Drift.psi(before(groups), now(groups));
    }

    private static double[] before(List<Group> groups) {
        return groups.stream().mapToDouble(Group::before).toArray();
    }

    private static double[] now(List<Group> groups) {
        return groups.stream().mapToDouble(Group::now).toArray();
    }
}
