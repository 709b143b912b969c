package io.rankwright.evaluation.offpolicy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The Open Bandit Dataset (Saito et al., 2021), small version: two policies ran side by side on a shop, one at random, one by
 * Thompson sampling. What the log of one says of the other is compared with what the other earned.
 */
class OpenBanditTest {
    private record Shown(String item, String position, double click, double propensity) {
        String place() {
            return item + "@" + position;
        }
    }

    private static List<Shown> log(String policy, String campaign) throws IOException {
        Path root =
                Path.of(Optional.ofNullable(System.getenv("RANKWRIGHT_DATA")).orElse("../../shared/data"));
        Path file = root.resolve("open-bandit").resolve(policy + "_" + campaign + ".csv.gz");
        Assumptions.assumeTrue(Files.exists(file), "the Open Bandit Dataset is not here");
        var rows = new ArrayList<Shown>();
        try (var in = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            List<String> header = List.of(in.readLine().split(",", -1));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] cells = line.split(",", -1);
                rows.add(new Shown(
                        cells[header.indexOf("item_id")],
                        cells[header.indexOf("position")],
                        Double.parseDouble(cells[header.indexOf("click")]),
                        Double.parseDouble(cells[header.indexOf("propensity_score")])));
            }
        }
        return rows;
    }

    /** How often a policy shows an item at a position, as its own log says; it does not look at the user. */
    private static Map<String, Double> shares(List<Shown> log) {
        Map<String, Double> ofPosition = new HashMap<>();
        log.forEach(shown -> ofPosition.merge(shown.position(), 1.0, Double::sum));
        Map<String, Double> shares = new HashMap<>();
        log.forEach(shown -> shares.merge(shown.place(), 1 / ofPosition.get(shown.position()), Double::sum));
        return shares;
    }

    /** Click rates of items, few clicks pulled to the mean: a model of rewards. */
    private static Map<String, Double> rates(List<Shown> log) {
        double mean = log.stream().mapToDouble(Shown::click).average().orElseThrow();
        Map<String, double[]> sums = new HashMap<>();
        log.forEach(shown -> {
            double[] sum = sums.computeIfAbsent(shown.item(), _ -> new double[] {200 * mean, 200});
            sum[0] += shown.click();
            sum[1]++;
        });
        Map<String, Double> rates = new HashMap<>();
        sums.forEach((item, sum) -> rates.put(item, sum[0] / sum[1]));
        return rates;
    }

    private static Decisions judged(List<Shown> log, Map<String, Double> policy) {
        Map<String, Double> rates = rates(log);
        Set<String> items = new HashSet<>(rates.keySet());
        double mean = log.stream().mapToDouble(Shown::click).average().orElseThrow();
        double[][] columns = new double[5][log.size()];
        for (int row = 0; row < log.size(); row++) {
            Shown shown = log.get(row);
            columns[0][row] = shown.click();
            columns[1][row] = shown.propensity();
            columns[2][row] = policy.getOrDefault(shown.place(), 0.0);
            columns[3][row] = rates.getOrDefault(shown.item(), mean);
            double expected = 0;
            for (String item : items) {
                expected += policy.getOrDefault(item + "@" + shown.position(), 0.0) * rates.getOrDefault(item, mean);
            }
            columns[4][row] = expected;
        }
        return new Decisions(columns[0], columns[1], columns[2], columns[3], columns[4]);
    }

    @ParameterizedTest
    @ValueSource(strings = {"men", "women"})
    void theLogOfOnePolicyCoversWhatTheOtherEarned(String campaign) throws IOException {
        List<Shown> random = log("random", campaign);
        List<Shown> sampled = log("bts", campaign);
        Map<String, Double> uniform = new HashMap<>();
        Set<String> items = new HashSet<>();
        random.forEach(shown -> items.add(shown.item()));
        random.forEach(shown -> uniform.put(shown.place(), 1.0 / items.size()));

        Decisions ofSampled = judged(random, shares(sampled));
        Decisions ofRandom = judged(sampled, uniform);

        for (Estimator estimator : List.of(Estimator.SNIPS, Estimator.DR)) {
            Estimate there = estimator.estimate(ofSampled);
            Estimate back = estimator.estimate(ofRandom);
            System.out.printf(
                    "%s, %s: Thompson sampling by the random log %.4f [%.4f, %.4f] of %.0f rows, earned %.4f;"
                            + " random by the other log %.4f [%.4f, %.4f] of %.0f rows, earned %.4f%n",
                    campaign,
                    estimator,
                    there.value(),
                    there.low(),
                    there.high(),
                    there.effectiveSize(),
                    ofRandom.logged(),
                    back.value(),
                    back.low(),
                    back.high(),
                    back.effectiveSize(),
                    ofSampled.logged());
            assertThat(there.covers(ofRandom.logged())).as(there.toString()).isTrue();
            assertThat(there.isReliable()).isTrue();
            assertThat(back.covers(ofSampled.logged())).as(back.toString()).isTrue();
            // A policy that has settled shows some items one time in ten thousand: its log says little of others.
            assertThat(back.isReliable()).isFalse();
        }
    }
}
