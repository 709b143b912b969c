package io.rankwright.serving;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.models.Vectors;
import io.rankwright.retrieval.Order;
import io.rankwright.spec.Contract;
import io.rankwright.spec.Expression;
import io.rankwright.spec.Model.RerankRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Makes a slate of ranked candidates: rules that move items first, then slot by slot the best one that the caps allow,
 * with a share of the slots drawn at random. Stateless but for what it reads; any number of threads.
 */
final class Reranker {
    /** How many of the best candidates diversity chooses from: enough for the slots, few enough to compare in pairs. */
    private static final int DIVERSIFIED = 100;

    private final EntityTable items;
    private final Dictionary.Domain ids;
    private final Function<int[], Optional<float[][]>> vectors;

    Reranker(EntityTable items, Dictionary.Domain ids, Function<int[], Optional<float[][]>> vectors) {
        this.items = items;
        this.ids = ids;
        this.vectors = vectors;
    }

    /** A candidate with what it is worth. */
    record Ranked(int index, int code, double utility) {}

    /** A candidate on its slot. */
    record Placed(Ranked candidate, double propensity, boolean isExplored) {}

    /** A condition over the columns of an item; a list compares by its first member. */
    static IntPredicate condition(Expression where, EntityTable items) {
        var compiled = where.compile(name -> {
            String column = name.startsWith(items.name() + ".")
                    ? name.substring(items.name().length() + 1)
                    : name;
            var definition = items.contract()
                    .column(column)
                    .orElseThrow(() -> new BadRequest(
                            "the column '" + name + "' in '" + where + "'",
                            "one of "
                                    + String.join(
                                            ", ",
                                            items.contract().columns().stream()
                                                    .map(Contract.Column::name)
                                                    .toList())));
            int place = items.place(column);
            if (definition.isNumber()) {
                return new Expression.Operand.Numeric<Integer>(code -> items.number(place, code));
            }
            if (definition.derived().isPresent()) {
                return new Expression.Operand.Numeric<Integer>(code -> items.code(place, code) - 1.0);
            }
            Dictionary.Domain domain = items.domain(column);
            return new Expression.Operand.Textual<Integer>(code -> {
                if (definition.isList()) {
                    int[] members = items.list(place, code);
                    return members.length == 0 ? "" : domain.text(members[0]);
                }
                return domain.text(items.code(place, code));
            });
        });
        return code -> compiled.applyAsDouble(code) == 1;
    }

    List<Placed> slate(List<Ranked> candidates, List<RerankRule> rules, int slots, long seed) {
        var pool = new ArrayList<>(candidates);
        var pins = new HashMap<Integer, Ranked>();
        var caps = new ArrayList<RerankRule.AtMost>();
        double lambda = 1;
        double explored = 0;
        for (RerankRule rule : rules) {
            switch (rule) {
                case RerankRule.Deduplicate _ -> {
                    Set<Integer> seen = HashSet.newHashSet(pool.size());
                    pool.removeIf(candidate -> !seen.add(candidate.code()));
                }
                case RerankRule.Filter filter -> {
                    IntPredicate condition = condition(filter.where(), items);
                    pool.removeIf(candidate -> !condition.test(candidate.code()));
                }
                case RerankRule.Boost boost -> {
                    IntPredicate condition = condition(boost.where(), items);
                    pool.replaceAll(candidate -> condition.test(candidate.code())
                            ? new Ranked(candidate.index(), candidate.code(), candidate.utility() * boost.factor())
                            : candidate);
                }
                case RerankRule.Bury bury -> {
                    IntPredicate condition = condition(bury.where(), items);
                    double least =
                            pool.stream().mapToDouble(Ranked::utility).min().orElse(0);
                    double most =
                            pool.stream().mapToDouble(Ranked::utility).max().orElse(0);
                    pool.replaceAll(candidate -> condition.test(candidate.code())
                            ? new Ranked(candidate.index(), candidate.code(), candidate.utility() - (most - least) - 1)
                            : candidate);
                }
                case RerankRule.Pin pin -> {
                    int code = ids.code(pin.item());
                    pool.stream()
                            .filter(candidate -> candidate.code() == code)
                            .findFirst()
                            .ifPresent(candidate -> pins.put(pin.slot(), candidate));
                }
                case RerankRule.AtMost cap -> caps.add(cap);
                case RerankRule.Diversify diversify -> lambda = diversify.lambda();
                case RerankRule.Explore explore -> explored = explore.share();
            }
        }
        List<Ranked> sorted = sorted(pool);
        if (!pins.isEmpty()) {
            sorted.removeAll(pins.values());
        }
        return place(sorted, pins, caps, lambda, explored, slots, seed);
    }

    private static List<Ranked> sorted(List<Ranked> pool) {
        double[] utilities = new double[pool.size()];
        int[] codes = new int[pool.size()];
        for (int i = 0; i < codes.length; i++) {
            utilities[i] = pool.get(i).utility();
            codes[i] = pool.get(i).code();
        }
        var sorted = new ArrayList<Ranked>(codes.length);
        for (int place : Order.descending(utilities, codes)) {
            sorted.add(pool.get(place));
        }
        return sorted;
    }

    private List<Placed> place(
            List<Ranked> pool,
            Map<Integer, Ranked> pins,
            List<RerankRule.AtMost> caps,
            double lambda,
            double explored,
            int slots,
            long seed) {
        var random = new SplittableRandom(seed);
        var placed = new ArrayList<Placed>(slots);
        double[] relevance = relevance(pool);
        float[][] near = lambda < 1 ? vectors.apply(codes(pool)).orElse(new float[0][]) : new float[0][];
        double[] alike = new double[near.length];
        float[] products = new float[near.length];
        boolean[] isTaken = new boolean[pool.size()];
        var capped = new Caps(caps, pool, slots);
        for (int slot = 0; slot < slots; slot++) {
            Ranked pinned = pins.get(slot);
            if (pinned != null) {
                placed.add(new Placed(pinned, 1, false));
                capped.place(pinned);
                continue;
            }
            int open = capped.open(isTaken, slot);
            if (open == 0) {
                break;
            }
            int greedy = capped.candidates[0];
            double best = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < open; i++) {
                int candidate = capped.candidates[i];
                if (near.length > 0 && candidate >= near.length) {
                    break;
                }
                double value = lambda * relevance[candidate] - (near.length == 0 ? 0 : (1 - lambda) * alike[candidate]);
                if (value > best) {
                    best = value;
                    greedy = candidate;
                }
            }
            boolean isExplored = random.nextDouble() < explored;
            int chosen = isExplored ? capped.candidates[random.nextInt(open)] : greedy;
            double propensity = (chosen == greedy ? 1 - explored : 0) + explored / open;
            isTaken[chosen] = true;
            placed.add(new Placed(pool.get(chosen), propensity, isExplored));
            capped.place(pool.get(chosen));
            if (chosen < near.length) {
                // One that was deleted a moment ago has no vector, and is like nothing.
                Vectors.dots(near[chosen], near, products);
                for (int i = 0; i < near.length; i++) {
                    alike[i] = Math.max(alike[i], products[i]);
                }
            }
        }
        return placed;
    }

    /** Utilities on a scale from 0 to 1 over the candidates that diversity chooses from. */
    private static double[] relevance(List<Ranked> pool) {
        double[] relevance = new double[pool.size()];
        if (relevance.length == 0) {
            return relevance;
        }
        double most = pool.getFirst().utility();
        double least = pool.get(Math.min(DIVERSIFIED, relevance.length) - 1).utility();
        double range = most > least ? most - least : 1;
        for (int i = 0; i < relevance.length; i++) {
            relevance[i] = (pool.get(i).utility() - least) / range;
        }
        return relevance;
    }

    private static int[] codes(List<Ranked> pool) {
        return pool.stream().limit(DIVERSIFIED).mapToInt(Ranked::code).toArray();
    }

    /** Which groups stand on the slots above: few enough to look through all of them. */
    private final class Caps {
        private final RerankRule.AtMost[] rules;
        /** Of each cap the column and the group of each candidate; those that are placed, and those of which no more may come. */
        private final int[] columns;

        private final int[][] groups;
        private final int[][] placed;
        private final int[][] full;
        /** What {@link #open} found last, in the order of the pool. */
        private final int[] candidates;

        private int size;

        Caps(List<RerankRule.AtMost> rules, List<Ranked> pool, int slots) {
            this.rules = rules.toArray(RerankRule.AtMost[]::new);
            this.columns = rules.stream().mapToInt(cap -> column(cap)).toArray();
            this.groups = new int[columns.length][pool.size()];
            this.placed = new int[columns.length][slots];
            this.full = new int[columns.length][0];
            this.candidates = new int[pool.size()];
            for (int c = 0; c < columns.length; c++) {
                for (int i = 0; i < groups[c].length; i++) {
                    groups[c][i] = items.code(columns[c], pool.get(i).code());
                }
            }
        }

        void place(Ranked candidate) {
            for (int c = 0; c < columns.length; c++) {
                placed[c][size] = items.code(columns[c], candidate.code());
            }
            size++;
        }

        /** Finds the groups of which no more may come on a slot. */
        private void fill(int slot) {
            for (int c = 0; c < columns.length; c++) {
                int[] above = placed[c];
                int most = rules[c].count();
                full[c] = slot >= rules[c].inTop()
                        ? new int[0]
                        : IntStream.range(0, size)
                                .map(place -> above[place])
                                .filter(group -> group != 0 && times(group, above) >= most)
                                .toArray();
            }
        }

        private int times(int group, int[] above) {
            int times = 0;
            for (int place = 0; place < size; place++) {
                times += above[place] == group ? 1 : 0;
            }
            return times;
        }

        private boolean isAllowed(int candidate) {
            for (int c = 0; c < columns.length; c++) {
                for (int group : full[c]) {
                    if (group == groups[c][candidate]) {
                        return false;
                    }
                }
            }
            return true;
        }

        /** Finds the candidates that no cap refuses on this slot; where caps refuse all, those that are left. Says how many. */
        int open(boolean[] isTaken, int slot) {
            fill(slot);
            int open = gather(isTaken, true);
            return open > 0 ? open : gather(isTaken, false);
        }

        private int gather(boolean[] isTaken, boolean isCapped) {
            int found = 0;
            for (int i = 0; i < isTaken.length; i++) {
                if (!isTaken[i] && (!isCapped || isAllowed(i))) {
                    candidates[found++] = i;
                }
            }
            return found;
        }
    }

    private int column(RerankRule.AtMost cap) {
        return items.place(
                cap.per().column().isEmpty() ? cap.per().source() : cap.per().column());
    }
}
