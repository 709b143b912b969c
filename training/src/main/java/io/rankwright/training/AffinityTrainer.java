package io.rankwright.training;

import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventLog;
import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.Affinity;
import io.rankwright.models.Affinity.History;
import io.rankwright.models.Vocabulary;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Learns an {@link Affinity} from what was before the log: each item of a subject is predicted from all its others, by
 * logistic loss with squared norms held small, one subject a step, by Adagrad over rows.
 *
 * <p>A step costs what the subject's items cost, the others being the sum over all less the one. One thread at a time.
 */
final class AffinityTrainer {
    private static final double RATE = 0.05;
    private static final double BEGIN = 0.05;
    /** How strongly the vectors of targets, of what targets are predicted from, and biases are held small. */
    private static final double HOLD_TARGET = 0.04;

    private static final double HOLD_OTHERS = 0.003;
    private static final double HOLD_BIAS = 0.003;
    /** How far the seeds of the models that are averaged lie from one another. */
    private static final long SEEDS_APART = 7_919;

    private final int dim;
    private final long seed;
    private final List<History> histories;
    private final Rows taken;
    private final Rows passed;
    private final Rows target;
    private final Rows bias;
    /** The shift and the weight of the rate, and the sums of their squared gradients. */
    private final double[] shared = new double[2];

    private final double[] sharedSquares = {1e-6, 1e-6};

    /**
     * @param histories items as indexes below {@code items}
     */
    AffinityTrainer(List<History> histories, int items, int dim, long seed) {
        this.histories = histories;
        this.dim = dim;
        this.seed = seed;
        var random = new SplittableRandom(seed);
        this.taken = new Rows(items, dim, BEGIN, random);
        this.passed = new Rows(items, dim, BEGIN, random);
        this.target = new Rows(items, dim, BEGIN, random);
        this.bias = new Rows(items, 1, 0, random);
    }

    /** Learns from the lists of an application's subjects. */
    static Affinity train(
            FeedApplication application, EventLog log, Model.Affinity settings, long seed, Progress progress) {
        String subject = application.framing().subject();
        String item = application.framing().item();
        EntityTable subjects = log.table(subject);
        Dictionary.Domain ids = log.dictionary().domain(Dictionary.idsOf(item));
        int takenPlace = subjects.place(settings.taken().column());
        int seenPlace = subjects.place(settings.seen().column());
        var indexes = new HashMap<Integer, Integer>();
        var texts = new ArrayList<String>();
        var histories = new ArrayList<History>();
        for (int code = 1; code < subjects.capacity(); code++) {
            int[] seen = subjects.list(seenPlace, code);
            if (seen.length < 2) {
                continue;
            }
            History history = History.of(subjects.list(takenPlace, code), seen);
            int[] items = Arrays.stream(history.items())
                    .map(each -> indexes.computeIfAbsent(each, _ -> {
                        texts.add(ids.text(each));
                        return texts.size();
                    }))
                    .toArray();
            histories.add(new History(items, history.isTaken()));
        }
        var items = new Vocabulary(texts);
        var models = new Affinity[settings.models()];
        Workers.forEach(models.length, Progress.SILENT, "models", () -> m -> {
            var trainer = new AffinityTrainer(histories, items.size(), settings.dim(), seed + SEEDS_APART * m);
            trainer.learn(settings.epochs(), m == 0 ? progress : Progress.SILENT);
            models[m] = trainer.affinity(
                    items,
                    subject,
                    item,
                    settings.taken().column(),
                    settings.seen().column());
        });
        return Affinity.mean(List.of(models));
    }

    void learn(int epochs, Progress progress) {
        long done = 0;
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[] order = Shuffle.order(histories.size(), seed + 1_000_003L * epoch);
            for (int subject : order) {
                learn(histories.get(subject));
                if (++done % 1000 == 0) {
                    progress.at(done, (long) epochs * order.length, "histories");
                }
            }
        }
        progress.at(done, done, "histories");
    }

    Affinity affinity(Vocabulary items, String subject, String item, String takenColumn, String seenColumn) {
        return new Affinity(
                new Affinity.Manifest(subject, item, takenColumn, seenColumn, dim, shared[0], shared[1]),
                items,
                taken.values,
                passed.values,
                target.values,
                bias.values);
    }

    /** One step: every item of a history against the sums over the others. */
    private void learn(History history) {
        int count = history.items().length;
        double[] sumTaken = new double[dim];
        double[] sumPassed = new double[dim];
        int takenCount = 0;
        for (int i = 0; i < count; i++) {
            boolean isTaken = history.isTaken()[i];
            takenCount += isTaken ? 1 : 0;
            (isTaken ? taken : passed).addTo(history.items()[i], isTaken ? sumTaken : sumPassed);
        }
        double[] errors = new double[count];
        double[][] others = new double[count][dim];
        double[] ofTaken = new double[dim];
        double[] ofPassed = new double[dim];
        double[] sharedGradients = new double[2];
        for (int i = 0; i < count; i++) {
            boolean isTaken = history.isTaken()[i];
            int item = history.items()[i];
            double scaleTaken = scale(takenCount, isTaken);
            double scalePassed = scale(count - takenCount, !isTaken);
            Rows own = isTaken ? taken : passed;
            double logOdds = Affinity.logOdds(takenCount - (isTaken ? 1 : 0), count - 1);
            double score = shared[0] + shared[1] * logOdds + bias.values[item];
            for (int d = 0; d < dim; d++) {
                double self = own.values[item * dim + d];
                others[i][d] = scaleTaken * (sumTaken[d] - (isTaken ? self : 0))
                        + scalePassed * (sumPassed[d] - (isTaken ? 0 : self));
                score += others[i][d] * target.values[item * dim + d];
            }
            errors[i] = 1 / (1 + Math.exp(-score)) - (isTaken ? 1 : 0);
            sharedGradients[0] += errors[i];
            sharedGradients[1] += errors[i] * logOdds;
            for (int d = 0; d < dim; d++) {
                double pull = errors[i] * target.values[item * dim + d];
                ofTaken[d] += scaleTaken * pull;
                ofPassed[d] += scalePassed * pull;
            }
        }
        apply(history, takenCount, errors, others, ofTaken, ofPassed);
        for (int s = 0; s < shared.length; s++) {
            sharedSquares[s] += sharedGradients[s] * sharedGradients[s];
            shared[s] -= RATE * sharedGradients[s] / Math.sqrt(sharedSquares[s]);
        }
    }

    /** The factor of a sum that leaves one of its own out. */
    private static double scale(int count, boolean isOneLeftOut) {
        return Affinity.scale(count - (isOneLeftOut ? 1 : 0));
    }

    private void apply(
            History history, int takenCount, double[] errors, double[][] others, double[] ofTaken, double[] ofPassed) {
        int count = errors.length;
        double[] gradient = new double[dim];
        double[] single = new double[1];
        for (int i = 0; i < count; i++) {
            boolean isTaken = history.isTaken()[i];
            int item = history.items()[i];
            double scale = isTaken ? scale(takenCount, true) : scale(count - takenCount, true);
            double[] all = isTaken ? ofTaken : ofPassed;
            for (int d = 0; d < dim; d++) {
                gradient[d] = all[d] - errors[i] * scale * target.values[item * dim + d];
            }
            (isTaken ? taken : passed).update(item, gradient, HOLD_OTHERS);
            for (int d = 0; d < dim; d++) {
                gradient[d] = errors[i] * others[i][d];
            }
            target.update(item, gradient, HOLD_TARGET);
            single[0] = errors[i];
            bias.update(item, single, HOLD_BIAS);
        }
    }

    /** Vectors with one Adagrad state each. */
    private static final class Rows {
        private final int dim;
        private final float[] values;
        private final double[] squares;

        Rows(int count, int dim, double begin, SplittableRandom random) {
            this.dim = dim;
            this.values = new float[count * dim];
            this.squares = new double[count];
            for (int i = dim; i < values.length && begin > 0; i++) {
                values[i] = (float) random.nextDouble(-begin, begin);
            }
            Arrays.fill(squares, 1e-6);
        }

        void addTo(int row, double[] sum) {
            for (int d = 0; d < dim; d++) {
                sum[d] += values[row * dim + d];
            }
        }

        void update(int row, double[] gradient, double hold) {
            double square = 0;
            for (int d = 0; d < dim; d++) {
                double held = gradient[d] + hold * values[row * dim + d];
                square += held * held;
            }
            squares[row] += square / dim;
            double step = RATE / Math.sqrt(squares[row]);
            for (int d = 0; d < dim; d++) {
                values[row * dim + d] -= (float) (step * (gradient[d] + hold * values[row * dim + d]));
            }
        }
    }
}
