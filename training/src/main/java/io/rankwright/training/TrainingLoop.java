package io.rankwright.training;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.EmbeddingTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Learns from batches of examples in an order that depends on the seed alone, several workers side by side, each on its
 * share of a batch. What they find is summed in their order; a training that was killed goes on from its checkpoint.
 *
 * @param checkpoint of this training alone, empty in the end
 * @param tables what is saved, beside {@code weights}
 */
record TrainingLoop(TrainingRun run, Checkpoint checkpoint, Map<String, EmbeddingTable> tables, List<Weights> weights) {
    private static final int STEPS_A_CHECKPOINT = 500;

    /** What one thread works with. */
    interface Worker<W> {
        /** Passes forward and backward over some examples of a batch, and keeps the gradients. */
        void pass(int[] chosen, int batchSize, SplittableRandom random);

        /** Adds what another worker has found in the same step. */
        void addAll(W other);
    }

    /** Moves what is learnt against the gradients of a step. */
    interface Update<W> {
        /** @param done the share of all steps that are behind */
        void apply(W summed, int step, double done);
    }

    /**
     * Passes over the examples.
     *
     * @param side as many workers as the run has
     * @param unit what an example is called in the progress
     */
    <W extends Worker<W>> void learn(
            int examples, int epochs, int batch, List<W> side, Update<W> update, Progress progress, String unit) {
        int batches = examples / batch;
        int steps = epochs * batches;
        int begun = checkpoint.step();
        checkpoint.restore(weights);
        try (ExecutorService pool = Executors.newFixedThreadPool(run.workers())) {
            for (int epoch = 0; epoch < epochs; epoch++) {
                int[] order = Shuffle.order(examples, run.seed() + 1_000_003L * epoch);
                for (int b = Math.max(0, begun - epoch * batches); b < batches; b++) {
                    int step = epoch * batches + b;
                    pass(pool, side, Arrays.copyOfRange(order, b * batch, (b + 1) * batch), step);
                    update.apply(side.getFirst(), step, (double) step / steps);
                    if ((step + 1) % STEPS_A_CHECKPOINT == 0) {
                        checkpoint.save(step + 1, tables, weights);
                    }
                    progress.at((step + 1L) * batch, (long) steps * batch, unit);
                }
            }
        }
        checkpoint.clear();
    }

    private <W extends Worker<W>> void pass(ExecutorService pool, List<W> side, int[] batch, int step) {
        var tasks = new ArrayList<Callable<Boolean>>();
        for (int w = 0; w < run.workers(); w++) {
            int[] share =
                    Arrays.copyOfRange(batch, batch.length * w / run.workers(), batch.length * (w + 1) / run.workers());
            var random = new SplittableRandom(run.seed() ^ (31L * step + w));
            W worker = side.get(w);
            tasks.add(() -> {
                worker.pass(share, batch.length, random);
                return true;
            });
        }
        Workers.together(pool, tasks);
        side.subList(1, side.size()).forEach(side.getFirst()::addAll);
    }
}
