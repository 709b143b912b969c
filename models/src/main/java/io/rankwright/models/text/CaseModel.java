package io.rankwright.models.text;

import io.rankwright.models.Artefact;
import io.rankwright.models.BoostedTrees;
import io.rankwright.models.Calibration;
import io.rankwright.models.TokenNetwork;
import io.rankwright.models.Tokens;
import io.rankwright.models.UpliftModel;
import io.rankwright.spec.EnvironmentFault;
import io.rankwright.spec.ScoreApplication;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A trained model of cases: a regression a label over words, characters, categories and numbers; trees over what the
 * regressions say and over embeddings; a network over the tokens of a text, blended with them; calibration; and which label is chosen where labels exclude each other. Any number of
 * threads may score.
 */
public final class CaseModel implements AutoCloseable {
    private static final String NETWORK = "network.onnx";
    private static final String TOKENS = "network-tokens.bin";

    private final ScoreApplication application;
    private final CaseInputs inputs;
    private final float[][] linear;
    private final Optional<List<BoostedTrees>> trees;
    private final Optional<UpliftModel> uplift;
    private final Optional<TokenNetwork> network;
    private final Manifest manifest;

    /**
     * What is neither weights nor trees.
     *
     * @param labels their names
     * @param calibrations of each label, from its raw score to its probability
     * @param light of each label, from what its regression says alone
     * @param favours what the probability of each label is multiplied by before the greatest is chosen
     * @param thresholds for each rule of the policy the probability from which on it acts
     * @param networkShare what the network over tokens counts in the raw scores, 0 to 1; the rest count the others
     */
    public record Manifest(
            List<String> labels,
            List<Calibration> calibrations,
            List<Calibration> light,
            List<Double> favours,
            List<Double> thresholds,
            boolean hasTrees,
            double networkShare) {}

    /**
     * What encoders say of a case.
     *
     * @param vectors of each embedding, by name
     * @param tokens of the text that a network looks at; none where there is no network
     */
    public record Seen(Map<String, float[]> vectors, Tokens tokens) {}

    /**
     * What was learnt of some cases, before it is calibrated.
     *
     * @param linear for each label the weights of its regression
     * @param trees for each label its ensemble; empty if the regressions answer alone
     * @param uplift what a treatment does, over the same rows as the trees
     * @param network over the tokens of a text
     */
    public record Fitted(
            CaseInputs inputs,
            List<float[]> linear,
            List<byte[]> trees,
            Optional<UpliftModel.Ensembles> uplift,
            Optional<TokenNetwork.Parts> network) {}

    /** What of an uplift is no ensemble. */
    private record UpliftPart(UpliftModel.Kind kind, double share) {}

    /**
     * What a model says of a case.
     *
     * @param margins what the regressions say, by label
     * @param network what the network says, by label; empty if there is none
     * @param raw what is calibrated, by label: a log-odds
     * @param probabilities by label; they add up to 1 if labels exclude each other
     * @param chosen the label that is chosen of exclusive ones
     * @param effect of the treatment on the label that it moves; empty if that is not to be known
     */
    public record Scored(
            double[] margins,
            double[] network,
            double[] raw,
            double[] probabilities,
            int chosen,
            OptionalDouble effect) {}

    private static final double[] NOTHING = {};

    public CaseModel(ScoreApplication application, Fitted fitted, Manifest manifest) {
        this.application = application;
        this.inputs = fitted.inputs();
        this.linear = fitted.linear().toArray(float[][]::new);
        int columns = inputs.denseNames().size();
        this.trees = fitted.trees().isEmpty()
                ? Optional.empty()
                : Optional.of(fitted.trees().stream()
                        .map(ensemble -> new BoostedTrees(List.of(ensemble), columns))
                        .toList());
        this.uplift = fitted.uplift().map(learnt -> new UpliftModel(learnt, columns));
        this.network = fitted.network().map(TokenNetwork::new);
        this.manifest = manifest;
    }

    public Manifest manifest() {
        return manifest;
    }

    public CaseInputs inputs() {
        return inputs;
    }

    /** What the regressions say of a case, by label. */
    public double[] margins(Map<String, String> fields) {
        Runs.Sparse sparse = inputs.sparse(fields);
        double[] margins = new double[linear.length];
        for (int l = 0; l < margins.length; l++) {
            margins[l] = sparse.dot(linear[l]) + linear[l][linear[l].length - 1];
        }
        return margins;
    }

    /** Scores a case. */
    public Scored score(Map<String, String> fields, Seen seen) {
        double[] margins = margins(fields);
        double[] raw = margins;
        OptionalDouble effect = OptionalDouble.empty();
        if (trees.isPresent()) {
            float[] row = inputs.dense(fields, margins, seen.vectors());
            raw = new double[margins.length];
            for (int l = 0; l < raw.length; l++) {
                raw[l] = trees.get().get(l).margins(row, 1)[0];
            }
            effect = uplift.isPresent() ? OptionalDouble.of(uplift.get().effects(row, 1)[0]) : effect;
        }
        double[] said = network.map(asked -> asked.logits(seen.tokens())).orElse(NOTHING);
        return scored(margins, said, blended(raw, said, manifest.networkShare()), manifest.calibrations(), effect);
    }

    /** Raw scores with those of a network among them. */
    public static double[] blended(double[] raw, double[] network, double share) {
        double[] blended = raw.clone();
        for (int l = 0; l < network.length; l++) {
            blended[l] = (1 - share) * raw[l] + share * network[l];
        }
        return blended;
    }

    /** The same by the regressions alone, which need no vectors. */
    public Scored scoreLightly(Map<String, String> fields) {
        double[] margins = margins(fields);
        return scored(margins, NOTHING, margins, manifest.light(), OptionalDouble.empty());
    }

    private Scored scored(
            double[] margins, double[] said, double[] raw, List<Calibration> calibrations, OptionalDouble effect) {
        double[] probabilities =
                probabilities(raw, calibrations, application.framing().isExclusive());
        return new Scored(margins, said, raw, probabilities, chosen(probabilities, manifest.favours()), effect);
    }

    /** The calibrated probabilities of raw scores; shares of 1 if labels exclude each other. */
    public static double[] probabilities(double[] raw, List<Calibration> calibrations, boolean isExclusive) {
        double[] probabilities = new double[raw.length];
        double sum = 0;
        for (int l = 0; l < raw.length; l++) {
            probabilities[l] = Math.clamp(calibrations.get(l).apply(raw[l]), 0, 1);
            sum += probabilities[l];
        }
        for (int l = 0; l < raw.length && isExclusive; l++) {
            probabilities[l] = sum == 0 ? 1.0 / raw.length : probabilities[l] / sum;
        }
        return probabilities;
    }

    /** The label whose favoured probability is the greatest. */
    public static int chosen(double[] probabilities, List<Double> favours) {
        int chosen = 0;
        for (int l = 1; l < probabilities.length; l++) {
            if (probabilities[l] * favours.get(l) > probabilities[chosen] * favours.get(chosen)) {
                chosen = l;
            }
        }
        return chosen;
    }

    /** What a word adds to what a regression says of a label. */
    public record WordShare(String word, double contribution) {}

    /** What each word of a text column adds to the margin of a label. */
    public List<WordShare> words(String column, Map<String, String> fields, int label) {
        String text = fields.getOrDefault(column, "");
        double[] contributions = inputs.contributions(column, text, linear[label]);
        List<String> words = Runs.words(text);
        var shares = new ArrayList<WordShare>();
        for (int w = 0; w < contributions.length; w++) {
            shares.add(new WordShare(words.get(w), contributions[w]));
        }
        return shares;
    }

    /**
     * What each input adds to the raw score of a label, the dimensions of an embedding taken together; all of them and what
     * stands under the empty name, which is where everything begins, add up to it. What a network says is one input.
     */
    public Map<String, Double> inputs(Map<String, String> fields, Seen seen, int label) {
        var sums = new HashMap<String, Double>();
        double[] margins = margins(fields);
        double ofOthers = network.isPresent() ? 1 - manifest.networkShare() : 1;
        network.ifPresent(asked -> sums.put("network", manifest.networkShare() * asked.logits(seen.tokens())[label]));
        if (trees.isEmpty()) {
            sums.put("linear." + manifest.labels().get(label), ofOthers * margins[label]);
            return sums;
        }
        double[] found = trees.get().get(label).contributions(inputs.dense(fields, margins, seen.vectors()));
        List<String> names = inputs.denseNames();
        for (int c = 0; c < names.size(); c++) {
            boolean isDimension = names.get(c).matches(".*\\.\\d+");
            sums.merge(
                    isDimension ? names.get(c).substring(0, names.get(c).lastIndexOf('.')) : names.get(c),
                    ofOthers * found[c],
                    Double::sum);
        }
        sums.put("", ofOthers * found[names.size()]);
        return sums;
    }

    /** The file of a model. */
    public static Artefact artefact(Fitted fitted, Manifest manifest) {
        var parts = new HashMap<>(fitted.inputs().parts());
        parts.put("case.json", Artefact.json(manifest));
        for (int l = 0; l < manifest.labels().size(); l++) {
            float[] weights = fitted.linear().get(l);
            ByteBuffer bytes = ByteBuffer.allocate(4 * weights.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(weights);
            parts.put("linear-" + l + ".bin", bytes.array());
            if (manifest.hasTrees()) {
                parts.put("trees-" + l, fitted.trees().get(l));
            }
        }
        fitted.network().ifPresent(network -> {
            parts.put(NETWORK, network.onnx());
            parts.put(TOKENS, network.own());
        });
        fitted.uplift().ifPresent(uplift -> {
            parts.put("uplift.json", Artefact.json(new UpliftPart(uplift.kind(), uplift.share())));
            parts.put("uplift-0", uplift.first());
            parts.put("uplift-1", uplift.second());
        });
        return new Artefact(parts);
    }

    /** Reads the file of a model. */
    public static CaseModel of(ScoreApplication application, Artefact artefact) {
        var manifest = artefact.json("case.json", Manifest.class);
        CaseInputs inputs = CaseInputs.of(application, artefact);
        var linear = new ArrayList<float[]>();
        var trees = new ArrayList<byte[]>();
        for (int l = 0; l < manifest.labels().size(); l++) {
            byte[] bytes = artefact.part("linear-" + l + ".bin");
            if (bytes.length != 4 * (inputs.columns() + 1)) {
                throw new EnvironmentFault("a model file whose weights do not fit its runs", false);
            }
            float[] weights = new float[bytes.length / 4];
            ByteBuffer.wrap(bytes)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asFloatBuffer()
                    .get(weights);
            linear.add(weights);
            if (manifest.hasTrees()) {
                trees.add(artefact.part("trees-" + l));
            }
        }
        Optional<TokenNetwork.Parts> network = artefact.has(NETWORK)
                ? Optional.of(new TokenNetwork.Parts(artefact.part(NETWORK), artefact.part(TOKENS)))
                : Optional.empty();
        return new CaseModel(application, new Fitted(inputs, linear, trees, uplift(artefact), network), manifest);
    }

    private static Optional<UpliftModel.Ensembles> uplift(Artefact artefact) {
        if (!artefact.has("uplift.json")) {
            return Optional.empty();
        }
        var part = artefact.json("uplift.json", UpliftPart.class);
        return Optional.of(new UpliftModel.Ensembles(
                part.kind(), artefact.part("uplift-0"), artefact.part("uplift-1"), part.share()));
    }

    @Override
    public void close() {
        uplift.ifPresent(UpliftModel::close);
        network.ifPresent(TokenNetwork::close);
        trees.ifPresent(all -> all.forEach(BoostedTrees::close));
    }
}
