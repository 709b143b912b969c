package io.rankwright.models;

/**
 * Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", 2017) of a network that gives
 * no gradients, along the straight line from a point that says nothing to the one that is explained: the change along each
 * step is shared out by how far each input alone changes the score over that step. The contributions sum to the score
 * exactly, and go to the integral as steps grow. Stateless.
 */
final class PathContributions {
    private static final int STEPS = 8;

    private PathContributions() {}

    /** How many points are to be scored: for each step its beginning, and from there each input alone a step ahead; the end. */
    static int points(int inputs) {
        return STEPS * (inputs + 1) + 1;
    }

    /**
     * The values of all points, one point behind the other.
     *
     * @param end those of what is explained; the line begins at zeros
     * @param inputOf for each value the input that it belongs to
     */
    static float[] line(float[] end, int[] inputOf, int inputs) {
        int points = points(inputs);
        float[] values = new float[points * end.length];
        for (int point = 0; point < points; point++) {
            int step = point / (inputs + 1);
            int ahead = point % (inputs + 1) - 1;
            float here = (float) step / STEPS;
            float next = (float) (step + 1) / STEPS;
            for (int i = 0; i < end.length; i++) {
                values[point * end.length + i] = end[i] * (inputOf[i] == ahead ? next : here);
            }
        }
        return values;
    }

    /**
     * What each input adds to the score of the end; the last is the score of the beginning.
     *
     * @param scores of the points, in their order
     */
    static double[] of(double[] scores, int inputs) {
        double[] contributions = new double[inputs + 1];
        contributions[inputs] = scores[0];
        double[] alone = new double[inputs];
        for (int step = 0; step < STEPS; step++) {
            int at = step * (inputs + 1);
            double sum = 0;
            double size = 0;
            for (int input = 0; input < inputs; input++) {
                alone[input] = scores[at + 1 + input] - scores[at];
                sum += alone[input];
                size += Math.abs(alone[input]);
            }
            double rest = scores[at + inputs + 1] - scores[at] - sum;
            for (int input = 0; input < inputs; input++) {
                contributions[input] +=
                        alone[input] + (size == 0 ? rest / inputs : rest * Math.abs(alone[input]) / size);
            }
        }
        return contributions;
    }
}
