package io.rankwright.evaluation.offpolicy;

import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * Estimators of a policy's value from the log of another one. Intervals are those of the normal approximation; they are too
 * narrow where few rows carry most of the weight, which {@link Estimate#isReliable} tells. Stateless; any thread.
 */
public enum Estimator {
    /** Inverse propensity scoring: unbiased, of high variance (Horvitz and Thompson, 1952). */
    IPS {
        @Override
        public Estimate estimate(Decisions log) {
            return mean(log, row -> log.weight(row) * log.rewards()[row]);
        }
    },

    /** The same by the sum of the weights: little bias, far less variance (Swaminathan and Joachims, NIPS 2015). */
    SNIPS {
        @Override
        public Estimate estimate(Decisions log) {
            double weights = 0;
            double sum = 0;
            for (int i = 0; i < log.size(); i++) {
                weights += log.weight(i);
                sum += log.weight(i) * log.rewards()[i];
            }
            if (weights == 0) {
                return nothing();
            }
            double value = sum / weights;
            double squares = 0;
            for (int i = 0; i < log.size(); i++) {
                double off = log.weight(i) * (log.rewards()[i] - value);
                squares += off * off;
            }
            return around(value, Math.sqrt(squares) / weights, log.effectiveSize());
        }
    },

    /** What a model of rewards expects, corrected by what was seen: right if either is (Dudík, Langford and Li, ICML 2011). */
    DR {
        @Override
        public Estimate estimate(Decisions log) {
            if (!log.hasModel()) {
                throw new IllegalArgumentException("no model of rewards; the doubly robust estimator needs one");
            }
            return mean(
                    log, row -> log.expected()[row] + log.weight(row) * (log.rewards()[row] - log.predicted()[row]));
        }
    },

    /**
     * Keeps each row with the probability that makes the kept ones a log of the judged policy (rejection sampling; for uniform
     * logs the replay of Li, Chu, Langford and Wang, WSDM 2011). Seeded with 1: the same log gives the same estimate.
     */
    REPLAY {
        @Override
        public Estimate estimate(Decisions log) {
            double most = 0;
            for (int i = 0; i < log.size(); i++) {
                most = Math.max(most, log.weight(i));
            }
            var random = new SplittableRandom(1);
            int kept = 0;
            double sum = 0;
            double squares = 0;
            for (int i = 0; i < log.size(); i++) {
                if (random.nextDouble() * most < log.weight(i)) {
                    kept++;
                    sum += log.rewards()[i];
                    squares += log.rewards()[i] * log.rewards()[i];
                }
            }
            if (kept < 2) {
                return nothing();
            }
            double value = sum / kept;
            double variance = Math.max(0, squares - kept * value * value) / (kept - 1);
            return around(value, Math.sqrt(variance / kept), kept);
        }
    };

    private static final double WIDTH = NormalDistribution.of(0, 1).inverseCumulativeProbability(0.975);

    /** The value of the judged policy. */
    public abstract Estimate estimate(Decisions log);

    private static Estimate mean(Decisions log, IntToDoubleFunction each) {
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < log.size(); i++) {
            double value = each.applyAsDouble(i);
            sum += value;
            squares += value * value;
        }
        double mean = sum / log.size();
        double variance = Math.max(0, squares / log.size() - mean * mean);
        return around(mean, Math.sqrt(variance / log.size()), log.effectiveSize());
    }

    private static Estimate around(double value, double error, double size) {
        return new Estimate(value, value - WIDTH * error, value + WIDTH * error, size);
    }

    private static Estimate nothing() {
        return new Estimate(Double.NaN, Double.NaN, Double.NaN, 0);
    }
}
