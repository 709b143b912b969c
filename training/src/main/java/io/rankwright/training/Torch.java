package io.rankwright.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.rankwright.spec.EnvironmentFault;

/**
 * PyTorch as we use it: one thread inside, workers outside, so that the same numbers come out in the same order; nothing
 * fetched at run time. Any thread.
 */
public final class Torch {
    /** The name of the engine, which is loaded with our settings when this class is first used. */
    public static final String ENGINE;

    static {
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        ENGINE = Engine.getEngine("PyTorch").getEngineName();
    }

    private Torch() {}

    /**
     * An array in memory of PyTorch's own. What DJL creates lies in a Java buffer that may be collected once its NDArray
     * is closed, though a backward pass still reads it; so numbers take part as arrays too, never as Java values.
     */
    public static NDArray array(NDManager manager, float[] values, Shape shape) {
        try (NDArray wrapped = manager.create(values, shape)) {
            return wrapped.duplicate();
        }
    }

    /**
     * Room for the arrays of one pass.
     *
     * @throws EnvironmentFault if there is no such device
     */
    public static NDManager manager(TrainingRun.Device device) {
        return switch (device) {
            case CPU -> NDManager.newBaseManager(Device.cpu(), ENGINE);
            case GPU -> {
                if (Engine.getEngine(ENGINE).getGpuCount() == 0) {
                    throw new EnvironmentFault(
                            "PyTorch finds no GPU here; expected one with CUDA and its native library on the class"
                                    + " path, or --device cpu",
                            false);
                }
                yield NDManager.newBaseManager(Device.gpu(), ENGINE);
            }
        };
    }

    /** Lets operations of this thread be followed backward. DJL's own collector exists only once in a process. */
    public static void recordGradients() {
        JniUtils.setGradMode(true);
    }

    /** Passes backward from a loss; the gradients are then with the arrays that asked for them. */
    public static void backward(NDArray loss) {
        var scalar = (PtNDArray) loss;
        try (var one = (PtNDArray) scalar.onesLike()) {
            JniUtils.backward(scalar, one, false, false);
        }
    }

    /** One number as an array. */
    public static NDArray scalar(NDManager manager, float value) {
        return array(manager, new float[] {value}, new Shape(1, 1));
    }
}
