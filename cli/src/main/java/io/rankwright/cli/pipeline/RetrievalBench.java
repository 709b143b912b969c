package io.rankwright.cli.pipeline;

import static java.util.Objects.requireNonNull;

import io.rankwright.evaluation.Bootstrap;
import io.rankwright.evaluation.RankedList;
import io.rankwright.log.PairFile;
import io.rankwright.log.Progress;
import io.rankwright.training.collaborative.Blend;
import io.rankwright.training.collaborative.BlendSearch;
import io.rankwright.training.collaborative.Ease;
import io.rankwright.training.collaborative.GraphFilter;
import io.rankwright.training.collaborative.ImplicitAls;
import io.rankwright.training.collaborative.Interactions;
import io.rankwright.training.collaborative.ItemKnn;
import io.rankwright.training.collaborative.Popular;
import io.rankwright.training.collaborative.ScoredBlocks;
import io.rankwright.training.collaborative.Scorer;
import io.rankwright.training.collaborative.Top;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Measures the classical methods of retrieval on any published split: full ranking over all items, those of the training
 * part left out, as the BARS leaderboard does it. What is chosen (the blend's weights, and which method is {@code best})
 * is chosen on a part held out of the training pairs; the test pairs are only counted.
 */
public final class RetrievalBench {
    private static final int K = 20;
    private static final double HELD_OUT = 0.2;
    /** Enough to tell weights apart, few enough to keep their candidates in memory. */
    private static final int JUDGES = 10_000;

    private static final int RESAMPLES = 200;

    private static final int NEIGHBOURS = 200;
    private static final double SHRINKAGE = 10;
    private static final Ease.Settings EASE = new Ease.Settings(200, 0, 0, 0);
    private static final ImplicitAls.Settings ALS = new ImplicitAls.Settings(1024, 4, 0.0092, 1.6, 0.44);
    private static final GraphFilter.Settings GRAPH = new GraphFilter.Settings(0.3, 0.45, 1024, 1.2);

    private final Interactions train;
    private final Interactions test;
    private final long seed;
    private final Reporter reporter;

    private RetrievalBench(Interactions train, Interactions test, long seed, Reporter reporter) {
        this.train = train;
        this.test = test;
        this.seed = seed;
        this.reporter = reporter;
    }

    /**
     * What a method reached.
     *
     * @param recall Recall@20 over the subjects with test pairs
     * @param ndcg NDCG@20 over the same
     * @param coverage the share of all items that are in somebody's first 20
     * @param validation NDCG@20 on what was held out of training
     * @param seconds how long it took to learn
     */
    public record Result(
            String name,
            Bootstrap.Interval recall,
            Bootstrap.Interval ndcg,
            double coverage,
            double validation,
            double seconds) {}

    /**
     * All results.
     *
     * @param best the method with the highest NDCG@20 on what was held out of training
     * @param weights of the blend, by method
     */
    public record Report(
            int subjects, int items, long pairs, List<Result> results, String best, Map<String, Double> weights) {}

    /** Reads {@code train} and {@code test} in a folder: files with the columns user and item. */
    public static RetrievalBench of(Path folder, long seed, Reporter reporter) {
        PairFile train = PairFile.read(folder, "train", "user", "item");
        PairFile test = PairFile.read(folder, "test", "user", "item");
        Map<String, Integer> subjects = new LinkedHashMap<>();
        Map<String, Integer> items = new LinkedHashMap<>();
        for (PairFile file : List.of(train, test)) {
            for (PairFile.Pair pair : file.pairs()) {
                subjects.putIfAbsent(pair.left(), subjects.size());
                items.putIfAbsent(pair.right(), items.size());
            }
        }
        return new RetrievalBench(
                interactions(train, subjects, items), interactions(test, subjects, items), seed, reporter);
    }

    private static Interactions interactions(PairFile file, Map<String, Integer> subjects, Map<String, Integer> items) {
        List<List<Integer>> taken = new ArrayList<>();
        subjects.keySet().forEach(_ -> taken.add(new ArrayList<>()));
        for (PairFile.Pair pair : file.pairs()) {
            taken.get(requireNonNull(subjects.get(pair.left()))).add(requireNonNull(items.get(pair.right())));
        }
        return Interactions.of(
                items.size(),
                taken.stream()
                        .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                        .toArray(int[][]::new));
    }

    private record Learnt(Map<String, Scorer> scorers, Map<String, Double> seconds) {}

    /** Learns twice, without and with what is held out, and measures. */
    public Report run() {
        Interactions.Split split = train.split(HELD_OUT, seed);
        Learnt without = learn(split.kept(), "validation ");
        int[] judges = judges(split.heldOut());
        double[] weights;
        try (Reporter.Step step = reporter.step("blend")) {
            weights = BlendSearch.search(List.copyOf(without.scorers().values()), split, judges, step);
            step.outcome(
                    "weights %s of %s",
                    Arrays.toString(weights), without.scorers().keySet());
        }
        Map<String, Double> validation;
        try (Reporter.Step step = reporter.step("validate")) {
            validation = validation(measure(without.scorers(), weights, split.kept(), split.heldOut(), judges, step));
            step.outcome("ndcg@20 on %,d users with what was held out of training: %s", judges.length, validation);
        }
        String best = validation.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
        Learnt learnt = learn(train, "");
        var results = new ArrayList<Result>();
        try (Reporter.Step step = reporter.step("test")) {
            int[] subjects = subjects(test);
            measure(learnt.scorers(), weights, train, test, subjects, step)
                    .forEach((name, measured) -> results.add(new Result(
                            name,
                            Bootstrap.mean(measured.recall(), RESAMPLES, seed),
                            Bootstrap.mean(measured.ndcg(), RESAMPLES, seed),
                            measured.coverage(),
                            validation.getOrDefault(name, 0.0),
                            learnt.seconds().getOrDefault(name, 0.0))));
            step.outcome("%,d users, %,d items ranked for each", subjects.length, train.items());
        }
        var byName = new LinkedHashMap<String, Double>();
        for (String name : learnt.scorers().keySet()) {
            byName.put(name, weights[byName.size()]);
        }
        return new Report(train.subjects(), train.items(), train.pairs(), results, best, byName);
    }

    private static int[] subjects(Interactions wanted) {
        return IntStream.range(0, wanted.subjects())
                .filter(subject -> wanted.bySubject()[subject].length > 0)
                .toArray();
    }

    /** Some of the subjects with something held out, spread evenly. */
    private static int[] judges(Interactions heldOut) {
        int[] all = subjects(heldOut);
        int stride = Math.max(1, all.length / JUDGES);
        return IntStream.range(0, all.length / stride).map(i -> all[i * stride]).toArray();
    }

    private static Map<String, Double> validation(Map<String, Measured> measured) {
        var validation = new LinkedHashMap<String, Double>();
        measured.forEach((name, values) ->
                validation.put(name, Arrays.stream(values.ndcg()).average().orElse(0)));
        return validation;
    }

    private Learnt learn(Interactions interactions, String prefix) {
        var scorers = new LinkedHashMap<String, Scorer>();
        var seconds = new TreeMap<String, Double>();
        learn("popular", prefix, scorers, seconds, _ -> Popular.learn(interactions));
        learn("item_knn", prefix, scorers, seconds, step -> ItemKnn.learn(interactions, NEIGHBOURS, SHRINKAGE, step));
        learn("ials", prefix, scorers, seconds, step -> ImplicitAls.learn(interactions, ALS, seed, step));
        learn("graph", prefix, scorers, seconds, step -> GraphFilter.learn(interactions, GRAPH, seed, step));
        learn("ease", prefix, scorers, seconds, step -> Ease.learn(interactions, EASE, step));
        return new Learnt(scorers, seconds);
    }

    private interface Learning {
        Scorer learn(Progress progress);
    }

    private void learn(
            String name, String prefix, Map<String, Scorer> scorers, Map<String, Double> seconds, Learning learning) {
        long start = System.nanoTime();
        try (Reporter.Step step = reporter.step(prefix + name)) {
            scorers.put(name, learning.learn(step));
            step.outcome("learnt");
        }
        seconds.put(name, (System.nanoTime() - start) / 1e9);
    }

    private record Measured(double[] recall, double[] ndcg, double coverage) {}

    /** Ranks all items for each subject by each method and by the blend; the scores are made once for both. */
    private static Map<String, Measured> measure(
            Map<String, Scorer> scorers,
            double[] weights,
            Interactions known,
            Interactions wanted,
            int[] subjects,
            Progress progress) {
        List<String> names = new ArrayList<>(scorers.keySet());
        names.add("blend");
        double[][] recall = new double[names.size()][subjects.length];
        double[][] ndcg = new double[names.size()][subjects.length];
        int[][][] lists = new int[names.size()][subjects.length][];
        ScoredBlocks.forEach(List.copyOf(scorers.values()), subjects, known.items(), progress, (place, scores) -> {
            int[] taken = known.bySubject()[subjects[place]];
            float[] blended = new float[known.items()];
            Blend.sum(scores, weights, blended);
            Set<Integer> relevant =
                    Arrays.stream(wanted.bySubject()[subjects[place]]).boxed().collect(Collectors.toSet());
            for (int m = 0; m < names.size(); m++) {
                int[] list = Top.of(m < scores.length ? scores[m] : blended, taken, K);
                lists[m][place] = list;
                recall[m][place] = RankedList.recall(list, relevant, K);
                ndcg[m][place] = RankedList.ndcg(list, relevant, K);
            }
        });
        var measured = new LinkedHashMap<String, Measured>();
        for (int m = 0; m < names.size(); m++) {
            var coverage = new RankedList.Coverage();
            Arrays.stream(lists[m]).forEach(list -> coverage.add(list, K));
            measured.put(names.get(m), new Measured(recall[m], ndcg[m], coverage.of(known.items())));
        }
        return measured;
    }
}
