package io.rankwright.evaluation.experiment;

/**
 * What the units of one arm did, summed so that means, variances and covariances follow: of each unit the numerator and the
 * denominator of a metric, during the experiment and before it. A mean over units has a denominator of 1; of a ratio, such as
 * clicks by exposures, both are the unit's sums, so that a unit with many exposures counts as the one unit that was
 * assigned (Deng, Lu and Litz, "Trustworthy Analysis of Online A/B Tests", WSDM 2017).
 *
 * <p>Sums are updated as in Chan, Golub and LeVeque (1983), so that large values lose no digits. One thread at a time;
 * those of many threads or days are merged.
 */
public final class Outcomes {
    static final int NUMERATOR = 0;
    static final int DENOMINATOR = 1;
    static final int NUMERATOR_BEFORE = 2;
    static final int DENOMINATOR_BEFORE = 3;
    private static final int WIDTH = 4;

    private long count;
    private final double[] means = new double[WIDTH];
    /** Sums of the products of what two figures are off their means. */
    private final double[][] products = new double[WIDTH][WIDTH];

    /** Adds a unit of whose time before the experiment nothing is known. */
    public void add(double numerator, double denominator) {
        add(numerator, denominator, 0, 0);
    }

    /** Adds a unit; what it did before the experiment makes the comparison sharper. */
    public void add(double numerator, double denominator, double numeratorBefore, double denominatorBefore) {
        count++;
        double[] values = {numerator, denominator, numeratorBefore, denominatorBefore};
        double[] off = new double[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            off[i] = values[i] - means[i];
            means[i] += off[i] / count;
        }
        for (int i = 0; i < WIDTH; i++) {
            for (int j = 0; j <= i; j++) {
                products[i][j] += off[i] * (values[j] - means[j]);
            }
        }
    }

    /** Adds the units of others. */
    public void merge(Outcomes other) {
        if (other.count == 0) {
            return;
        }
        long together = count + other.count;
        double weight = (double) count * other.count / together;
        double[] off = new double[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            off[i] = other.means[i] - means[i];
        }
        for (int i = 0; i < WIDTH; i++) {
            for (int j = 0; j <= i; j++) {
                products[i][j] += other.products[i][j] + weight * off[i] * off[j];
            }
        }
        for (int i = 0; i < WIDTH; i++) {
            means[i] += off[i] * other.count / together;
        }
        count = together;
    }

    /** How many units there are. */
    public long count() {
        return count;
    }

    /** The metric: the sum of the numerators by that of the denominators; NaN if nothing was counted. */
    public double value() {
        return means[NUMERATOR] / means[DENOMINATOR];
    }

    double valueBefore() {
        return means[NUMERATOR_BEFORE] / means[DENOMINATOR_BEFORE];
    }

    boolean isKnownBefore() {
        return means[DENOMINATOR_BEFORE] != 0;
    }

    /** What each unit adds to the metric, to first order: (numerator − value · denominator) / mean denominator. */
    private double[] weights(int numerator) {
        double[] weights = new double[WIDTH];
        weights[numerator] = 1 / means[numerator + 1];
        weights[numerator + 1] = -means[numerator] / means[numerator + 1] / means[numerator + 1];
        return weights;
    }

    /** The covariance of what units add to two metrics. */
    private double covariance(double[] left, double[] right) {
        double sum = 0;
        for (int i = 0; i < WIDTH; i++) {
            for (int j = 0; j < WIDTH; j++) {
                sum += left[i] * right[j] * products[Math.max(i, j)][Math.min(i, j)];
            }
        }
        return sum / (count - 1);
    }

    /** The variance of one unit in the metric; that of the metric is this by the units (delta method). */
    double variance() {
        double[] weights = weights(NUMERATOR);
        return covariance(weights, weights);
    }

    double varianceBefore() {
        double[] weights = weights(NUMERATOR_BEFORE);
        return covariance(weights, weights);
    }

    double covarianceWithBefore() {
        return covariance(weights(NUMERATOR), weights(NUMERATOR_BEFORE));
    }
}
