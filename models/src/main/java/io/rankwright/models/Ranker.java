package io.rankwright.models;

import io.rankwright.features.FeatureState;
import io.rankwright.log.EventLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Predicts what a subject does with an item: rows of inputs in, for each head a calibrated prediction out. The raw score
 * of a head is the weighted sum of those of its members, trees and a network; it is a log-odds for a probability.
 *
 * <p>Thread-safety: scoring may run on any number of threads; {@link #close} needs them out.
 */
public final class Ranker implements AutoCloseable {
    /** What kinds of members there are. */
    public enum Kind {
        /** Boosted trees. */
        TREES,
        /** A network as ONNX. */
        NETWORK
    }

    /**
     * What the model file says of itself.
     *
     * @param members what is asked for a score, in order
     * @param heads the outputs in order
     */
    public record Manifest(List<Kind> members, List<Head> heads) {
        public Manifest {
            members = List.copyOf(members);
            heads = List.copyOf(heads);
        }
    }

    /**
     * One output.
     *
     * @param isBinary whether it is a probability
     * @param given the head that must hold for this one; empty if none
     * @param otherwise the mean of the label where {@code given} does not hold
     * @param weights of each member in the raw score
     * @param calibration from the raw score to what is expected
     */
    public record Head(
            String name,
            boolean isBinary,
            String given,
            double otherwise,
            List<Double> weights,
            Calibration calibration) {
        public Head {
            weights = List.copyOf(weights);
        }

        /** The same head with other weights and another calibration. */
        public Head with(List<Double> otherWeights, Calibration otherCalibration) {
            return new Head(name, isBinary, given, otherwise, otherWeights, otherCalibration);
        }
    }

    /** What an input did to the raw score of a head: contributions and base sum to the score. */
    public record Contribution(String feature, double value, double contribution) {}

    private final Manifest manifest;
    private final RankerInputs inputs;
    private final List<RankerMember> members = new ArrayList<>();

    private Ranker(Artefact artefact) {
        this.manifest = artefact.json("manifest.json", Manifest.class);
        this.inputs = RankerInputs.of(artefact);
        for (Kind kind : manifest.members()) {
            members.add(
                    switch (kind) {
                        case TREES -> new TreesMember(artefact, inputs.layout(), manifest.heads());
                        case NETWORK -> new NetworkMember(artefact, inputs.layout());
                    });
        }
    }

    /** Reads a model. */
    public static Ranker of(Artefact artefact) {
        return new Ranker(artefact);
    }

    /**
     * Writes a model.
     *
     * @param members the parts of each member: {@link #trees} and {@link #network}
     */
    public static Artefact artefact(Manifest manifest, RankerInputs inputs, List<Map<String, byte[]>> members) {
        var parts = new TreeMap<String, byte[]>(inputs.parts());
        parts.put("manifest.json", Artefact.json(manifest));
        members.forEach(parts::putAll);
        return new Artefact(parts);
    }

    /** The parts of trees: for each head its ensemble as XGBoost writes it, its attribute {@code link} set. */
    public static Map<String, byte[]> trees(Map<String, byte[]> ensembles) {
        var parts = new TreeMap<String, byte[]>();
        ensembles.forEach((head, bytes) -> parts.put(treesPart(head), bytes));
        return parts;
    }

    static String treesPart(String head) {
        return head + ".ubj";
    }

    /**
     * The parts of a network.
     *
     * @param outputs what each of its outputs means, one a head
     * @param tables its embeddings by name
     * @param onnx inputs {@code x} and for each sequence {@code s0}, {@code m0}; one output of (n, heads)
     * @param ofCandidates the same network for rows that share one history, where there is a faster form of it
     */
    public static Map<String, byte[]> network(
            NetworkInputs networkInputs,
            List<NetworkOutput> outputs,
            Map<String, EmbeddingTable> tables,
            byte[] onnx,
            Optional<byte[]> ofCandidates) {
        return NetworkMember.parts(networkInputs, outputs, tables, onnx, ofCandidates);
    }

    public Manifest manifest() {
        return manifest;
    }

    /** What the places of a row stand for. */
    public RankerInputs.Layout layout() {
        return inputs.layout();
    }

    public RankerInputs inputs() {
        return inputs;
    }

    /** How many inputs a row has. */
    public int width() {
        return inputs.layout().width();
    }

    /**
     * The calibrated predictions for rows that lie one behind the other.
     *
     * @param rows {@code count * width()} inputs, NaN where missing
     * @return for each head, for each row: a probability, or the amount expected given the head it depends on
     */
    public double[][] score(float[] rows, int count) {
        double[][] scores = raw(rows, count);
        for (int h = 0; h < scores.length; h++) {
            Calibration calibration = manifest.heads().get(h).calibration();
            for (int i = 0; i < count; i++) {
                scores[h][i] = calibration.apply(scores[h][i]);
            }
        }
        return scores;
    }

    /** The uncalibrated output of each head for each row: a log-odds or an amount. */
    public double[][] raw(float[] rows, int count) {
        double[][] sums = new double[manifest.heads().size()][count];
        for (int m = 0; m < members.size(); m++) {
            double[][] scores = members.get(m).score(rows, count);
            for (int h = 0; h < sums.length; h++) {
                double weight = manifest.heads().get(h).weights().get(m);
                for (int i = 0; i < count; i++) {
                    sums[h][i] += weight * scores[h][i];
                }
            }
        }
        return sums;
    }

    /** The raw scores of one member alone. */
    public double[][] raw(float[] rows, int count, Kind member) {
        return members.get(manifest.members().indexOf(member)).score(rows, count);
    }

    /** The place of a head. */
    public int head(String name) {
        for (int h = 0; h < manifest.heads().size(); h++) {
            if (manifest.heads().get(h).name().equals(name)) {
                return h;
            }
        }
        throw new IllegalArgumentException("no head " + name);
    }

    /**
     * What is expected of a head whatever happens to the head that it is given, by the law of total expectation.
     *
     * @param scores as {@link #score} gave them
     */
    public double[] unconditional(double[][] scores, int place) {
        Head head = manifest.heads().get(place);
        if (head.given().isEmpty()) {
            return scores[place].clone();
        }
        double[] given = scores[head(head.given())];
        double[] expected = new double[given.length];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = given[i] * scores[place][i] + (1 - given[i]) * head.otherwise();
        }
        return expected;
    }

    /** Why a head scores each row as it does: for each row the contributions, the greatest first, and last the base. */
    public List<List<Contribution>> explain(float[] rows, int count, int head) {
        List<String> names = inputs.layout().names();
        double[][] sums = new double[count][names.size() + 1];
        for (int m = 0; m < members.size(); m++) {
            double weight = manifest.heads().get(head).weights().get(m);
            if (weight == 0) {
                continue;
            }
            double[][] found = members.get(m).contributions(rows, count, head);
            for (int i = 0; i < count; i++) {
                for (int n = 0; n < sums[i].length; n++) {
                    sums[i][n] += weight * found[i][n];
                }
            }
        }
        var explained = new ArrayList<List<Contribution>>();
        for (int i = 0; i < count; i++) {
            explained.add(contributions(rows, i * width(), sums[i], names));
        }
        return explained;
    }

    private List<Contribution> contributions(float[] rows, int start, double[] sums, List<String> names) {
        var contributions = new ArrayList<Contribution>();
        for (int n = 0; n < names.size(); n++) {
            contributions.add(
                    new Contribution(names.get(n), rows[start + inputs.layout().shownPlace(n)], sums[n]));
        }
        contributions.sort((a, b) -> Double.compare(Math.abs(b.contribution()), Math.abs(a.contribution())));
        contributions.add(new Contribution("base", Double.NaN, sums[names.size()]));
        return contributions;
    }

    /** Turns rows of a feature state into inputs of this model. One thread at a time. */
    public RankerInputs.Encoder encoder(FeatureState state, EventLog log) {
        return inputs.encoder(state, log);
    }

    /** The text of an input's value, for people: the category, or the number. */
    public String text(String feature, double value) {
        return inputs.text(feature, value);
    }

    @Override
    public void close() {
        members.forEach(RankerMember::close);
    }
}
