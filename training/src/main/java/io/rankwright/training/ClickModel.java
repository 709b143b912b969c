package io.rankwright.training;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The position-based click model: somebody clicks what he looks at and what attracts him, so that the chance of a click is
 * that of looking at the place times the attraction of the item for the query (Richardson et al., 2007; Craswell et al.,
 * 2008). Both are learnt by expectation maximisation (Chuklin, Markov and de Rijke, "Click Models for Web Search", 2015),
 * with attractions held near the usual one where little was shown. Immutable.
 *
 * @param examination for each place, from 0, the chance that it is looked at, the greatest being 1
 * @param attraction for each pair the chance that it is clicked if it is looked at
 * @param usual the attraction of a pair of which nothing is known
 */
public record ClickModel(double[] examination, Map<Pair, Double> attraction, double usual) {
    private static final int STEPS = 100;
    /** So many showings of the usual attraction every pair begins with. */
    private static final double PRIOR = 2;

    public ClickModel {
        examination = examination.clone();
        attraction = Map.copyOf(attraction);
    }

    /** A query and an item. */
    public record Pair(String query, String item) {}

    /**
     * One item that was shown.
     *
     * @param place from 0
     */
    public record Shown(Pair pair, int place, boolean isClicked) {}

    /** Learns from what was shown; costs a hundred passes over it. */
    public static ClickModel learn(List<Shown> shown) {
        int places = shown.stream().mapToInt(Shown::place).max().orElse(-1) + 1;
        double clicks = shown.stream().filter(Shown::isClicked).count();
        double usual = Math.clamp(2 * (clicks + 1) / (shown.size() + 2), 0.01, 0.9);
        double[] examination = new double[places];
        Arrays.fill(examination, 0.5);
        var attraction = new HashMap<Pair, Double>();
        for (int step = 0; step < STEPS; step++) {
            double[] looked = new double[places];
            double[] times = new double[places];
            var attracted = new HashMap<Pair, double[]>();
            for (Shown one : shown) {
                double look = examination[one.place()];
                double attract = attraction.getOrDefault(one.pair(), usual);
                double neither = 1 - look * attract;
                // What was not clicked was not looked at, or did not attract.
                double looking = one.isClicked() ? 1 : look * (1 - attract) / neither;
                double attracting = one.isClicked() ? 1 : (1 - look) * attract / neither;
                looked[one.place()] += looking;
                times[one.place()]++;
                double[] sums = attracted.computeIfAbsent(one.pair(), _ -> new double[2]);
                sums[0] += attracting;
                sums[1]++;
            }
            for (int place = 0; place < places; place++) {
                examination[place] = Math.clamp((looked[place] + 0.5) / (times[place] + 1), 1e-4, 1);
            }
            double mean = usual;
            attracted.forEach((pair, sums) ->
                    attraction.put(pair, Math.clamp((sums[0] + PRIOR * mean) / (sums[1] + PRIOR), 1e-4, 1 - 1e-4)));
            usual = Math.clamp(
                    attraction.values().stream()
                            .mapToDouble(Double::doubleValue)
                            .average()
                            .orElse(usual),
                    1e-3,
                    0.9);
        }
        double greatest = Arrays.stream(examination).max().orElse(1);
        return new ClickModel(
                Arrays.stream(examination).map(look -> look / greatest).toArray(), attraction, usual);
    }
}
