package io.rankwright.training;

/**
 * What a training depends on beside data and settings: the same run on the same data gives the same model, bit for bit.
 *
 * @param seed of everything that is drawn at random
 * @param workers how many threads learn side by side; what they find is summed in their order
 * @param device what the dense part of networks is computed on; embeddings stay in memory
 */
public record TrainingRun(long seed, int workers, Device device) {
    /** What dense networks are computed on. */
    public enum Device {
        CPU,
        GPU
    }

    public TrainingRun {
        if (workers < 1) {
            throw new IllegalArgumentException(workers + " workers; at least 1");
        }
    }

    /** On the processor, with as many workers as it has cores. */
    public static TrainingRun of(long seed) {
        return new TrainingRun(seed, Runtime.getRuntime().availableProcessors(), Device.CPU);
    }
}
