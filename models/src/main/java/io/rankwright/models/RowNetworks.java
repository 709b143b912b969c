package io.rankwright.models;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Networks over plain rows of numbers (ONNX Runtime), of which the mean is said. Each sees a number by its quantile among
 * those it learnt from. Explained along the straight line from medians ({@link PathContributions}). Any number of threads may
 * score.
 */
public final class RowNetworks implements RowModel {
    private static final String INPUTS = "inputs.json";
    private static final String NETWORK = "network.onnx";

    private final List<Member> members;
    private final int columns;

    private record Member(NetworkInputs inputs, Network network) {
        static Member of(Artefact artefact) {
            return new Member(artefact.json(INPUTS, NetworkInputs.class), new Network(artefact.part(NETWORK)));
        }

        float[][] apply(float[] x, int count) {
            return network.apply(Map.of("x", new Network.Tensor(x, count, inputs.width())));
        }

        float[] x(float[] rows, int count, int columns) {
            NetworkInputs.Batch batch = inputs.batch(count, List.of());
            batch.setAll(rows, 0, columns);
            return batch.x();
        }
    }

    /**
     * @param networks as {@link #bytes} gave them, at least one
     * @param columns how many numbers a row has
     */
    public RowNetworks(List<byte[]> networks, int columns) {
        this.members =
                networks.stream().map(bytes -> Member.of(Artefact.of(bytes))).toList();
        this.columns = columns;
    }

    /** A network as a file. */
    public static byte[] bytes(NetworkInputs inputs, byte[] onnx) {
        return new Artefact(Map.of(INPUTS, Artefact.json(inputs), NETWORK, onnx)).bytes();
    }

    @Override
    public double[] margins(float[] rows, int count) {
        double[] sums = new double[count];
        if (count == 0) {
            return sums;
        }
        for (Member member : members) {
            float[][] said = member.apply(member.x(rows, count, columns), count);
            for (int i = 0; i < count; i++) {
                sums[i] += said[i][0] / members.size();
            }
        }
        return sums;
    }

    @Override
    public double[] contributions(float[] row) {
        double[] sums = new double[columns + 1];
        int points = PathContributions.points(columns);
        for (Member member : members) {
            float[] x = PathContributions.line(
                    member.x(row, 1, columns), member.inputs().places(), columns);
            double[] scores = Arrays.stream(member.apply(x, points))
                    .mapToDouble(said -> said[0])
                    .toArray();
            double[] found = PathContributions.of(scores, columns);
            for (int c = 0; c <= columns; c++) {
                sums[c] += found[c] / members.size();
            }
        }
        return sums;
    }

    @Override
    public void close() {
        members.forEach(member -> member.network().close());
    }
}
