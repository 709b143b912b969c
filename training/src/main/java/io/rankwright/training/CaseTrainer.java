package io.rankwright.training;

import io.rankwright.log.Progress;
import io.rankwright.log.Workers;
import io.rankwright.models.TokenNetwork;
import io.rankwright.models.Tokens;
import io.rankwright.models.UpliftModel;
import io.rankwright.models.text.CaseInputs;
import io.rankwright.models.text.CaseModel;
import io.rankwright.models.text.CaseModel.Fitted;
import io.rankwright.models.text.Runs.Sparse;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.Uplift;
import io.rankwright.spec.UserFault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Learns a model of cases: regressions, and trees over what regressions that had not seen a case say of it (stacking;
 * Wolpert, 1992). The same cases and seed give the same bytes. Used by one thread, which uses all cores.
 */
public final class CaseTrainer {
    /** Parts of the cases of which each is scored by regressions that learnt from the others, for the trees. */
    private static final int PARTS = 4;

    private static final String ONNX = "onnx";
    private static final String OWN = "own";

    private final ScoreApplication application;
    private final List<Map<String, String>> cases;
    private final List<CaseModel.Seen> seen;
    private final double[][] targets;
    private final long seed;

    /**
     * @param cases their fields by column
     * @param seen what encoders say of each case
     * @param targets for each label what is learnt of each case, from 0 to 1
     */
    public CaseTrainer(
            ScoreApplication application,
            List<Map<String, String>> cases,
            List<CaseModel.Seen> seen,
            double[][] targets,
            long seed) {
        this.application = application;
        this.cases = cases;
        this.seen = seen;
        this.targets = targets;
        this.seed = seed;
    }

    /**
     * Learns the network over the tokens of a text from several choices of the cases, side by side on all cores, each alone
     * on one; none where the application has none. What was finished before a kill is not learnt again.
     *
     * @param checkpoints a folder for this training alone, until {@link #clear}
     */
    public List<Optional<TokenNetwork.Parts>> networks(List<int[]> choices, Path checkpoints, Progress progress) {
        var settings = application.model().network();
        if (settings.isEmpty()) {
            return Collections.nCopies(choices.size(), Optional.empty());
        }
        List<Tokens> tokens = seen.stream().map(CaseModel.Seen::tokens).toList();
        var finished = new FinishedMembers(checkpoints);
        var learnt = new TokenNetwork.Parts[choices.size()];
        long[] done = new long[choices.size()];
        long all = choices.stream().mapToLong(chosen -> chosen.length).sum()
                * settings.get().epochs();
        Workers.forEach(learnt.length, Progress.SILENT, "networks", () -> i -> {
            Progress mine = (at, _, unit) -> {
                synchronized (done) {
                    done[i] = at;
                    progress.at(Arrays.stream(done).sum(), all, unit);
                }
            };
            Map<String, byte[]> member = finished.member("network-" + i, folder -> {
                TokenNetwork.Parts parts =
                        new TokenTrainer(settings.get(), tokens, targets, seed).train(choices.get(i), folder, mine);
                return Map.of(ONNX, parts.onnx(), OWN, parts.own());
            });
            learnt[i] = new TokenNetwork.Parts(
                    Objects.requireNonNull(member.get(ONNX)), Objects.requireNonNull(member.get(OWN)));
        });
        return Arrays.stream(learnt).map(Optional::of).toList();
    }

    /** Deletes what was kept of networks: the model is whole. */
    public static void clear(Path checkpoints) {
        new FinishedMembers(checkpoints).clear();
    }

    /**
     * Learns from some of the cases.
     *
     * @param network what was learnt of the same cases
     */
    public Fitted fit(int[] chosen, Optional<TokenNetwork.Parts> network, Progress progress) {
        List<Map<String, String>> mine =
                Arrays.stream(chosen).mapToObj(cases::get).toList();
        CaseInputs inputs = CaseInputs.of(application, mine);
        var rows = new Sparse[chosen.length];
        Workers.forEach(rows.length, progress, "cases", () -> i -> rows[i] = inputs.sparse(mine.get(i)));
        List<Sparse> sparse = List.of(rows);
        int labels = targets.length;
        boolean hasTrees = application.model().trees().isPresent();
        // Part PARTS is all of them together: the regressions that are served.
        int fits = hasTrees ? labels * (PARTS + 1) : labels;
        var linear = new float[labels][];
        double[][] unseen = new double[labels][chosen.length];
        Workers.forEach(fits, progress, "regressions", () -> f -> {
            int label = f % labels;
            int part = hasTrees ? f / labels : PARTS;
            double[] targetsOfLabel = at(targets[label], chosen);
            if (part == PARTS) {
                linear[label] = regression(sparse, inputs.columns(), targetsOfLabel);
                return;
            }
            var others = new ArrayList<Sparse>();
            var othersTargets = new ArrayList<Double>();
            for (int i = 0; i < chosen.length; i++) {
                if (part(chosen[i]) != part) {
                    others.add(sparse.get(i));
                    othersTargets.add(targetsOfLabel[i]);
                }
            }
            float[] weights = regression(
                    others,
                    inputs.columns(),
                    othersTargets.stream().mapToDouble(Double::doubleValue).toArray());
            for (int i = 0; i < chosen.length; i++) {
                if (part(chosen[i]) == part) {
                    unseen[label][i] = sparse.get(i).dot(weights) + weights[weights.length - 1];
                }
            }
        });
        if (!hasTrees) {
            return new Fitted(inputs, List.of(linear), List.of(), Optional.empty(), network);
        }
        float[] dense = dense(chosen, mine, inputs, unseen);
        int columns = inputs.denseNames().size();
        return new Fitted(
                inputs,
                List.of(linear),
                trees(chosen, dense, columns, progress),
                application.framing().uplift().map(uplift -> uplift(uplift, chosen, mine, dense, columns)),
                network);
    }

    private float[] regression(List<Sparse> rows, int columns, double[] labels) {
        var settings = application.model().linear();
        return new LinearTrainer(settings.hold(), settings.epochs(), seed).train(rows, columns, labels);
    }

    /** The part of a case: by its place in the list of all, whatever is chosen of them. */
    private int part(int place) {
        return Math.floorMod((int) (((place + 1) * 0x9E3779B97F4A7C15L ^ seed) >>> 33), PARTS);
    }

    /** The rows of the trees, each with what regressions say that had not seen it. */
    private float[] dense(int[] chosen, List<Map<String, String>> mine, CaseInputs inputs, double[][] unseen) {
        int columns = inputs.denseNames().size();
        float[] rows = new float[chosen.length * columns];
        for (int i = 0; i < chosen.length; i++) {
            double[] margins = new double[targets.length];
            for (int label = 0; label < margins.length; label++) {
                margins[label] = unseen[label][i];
            }
            System.arraycopy(
                    inputs.dense(mine.get(i), margins, seen.get(chosen[i]).vectors()), 0, rows, i * columns, columns);
        }
        return rows;
    }

    private UpliftModel.Ensembles uplift(
            Uplift uplift, int[] chosen, List<Map<String, String>> mine, float[] rows, int columns) {
        var isTreated = new boolean[chosen.length];
        var outcomes = new float[chosen.length];
        double[] holds = targets[application.framing().names().indexOf(uplift.label())];
        for (int i = 0; i < chosen.length; i++) {
            isTreated[i] = isTreated(uplift, mine.get(i));
            outcomes[i] = holds[chosen[i]] >= 0.5 ? 1 : 0;
        }
        var settings = application.model().trees().orElseThrow();
        try {
            return new UpliftTrainer(
                            uplift.learner(),
                            new BoostedTrainer(settings.rounds(), settings.depth(), settings.learningRate(), seed))
                    .train(rows, columns, isTreated, outcomes);
        } catch (IllegalArgumentException e) {
            throw new UserFault("framing.uplift: " + e.getMessage() + "; expected some of both in the data");
        }
    }

    /**
     * Whether a case was treated.
     *
     * @throws UserFault if it is said neither so nor so
     */
    public static boolean isTreated(Uplift uplift, Map<String, String> fields) {
        String text = fields.getOrDefault(uplift.treatment(), "");
        return switch (text) {
            case "1", "1.0", "true" -> true;
            case "0", "0.0", "false" -> false;
            default ->
                throw new UserFault("the treatment " + uplift.treatment() + " = '" + text + "'; expected 1 or 0");
        };
    }

    private List<byte[]> trees(int[] chosen, float[] rows, int columns, Progress progress) {
        var settings = application.model().trees().orElseThrow();
        var ensembles = new byte[targets.length][];
        Workers.forEach(ensembles.length, progress, "ensembles", () -> label -> {
            double[] targetsOfLabel = at(targets[label], chosen);
            float[] labels = new float[targetsOfLabel.length];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = (float) targetsOfLabel[i];
            }
            ensembles[label] = new BoostedTrainer(settings.rounds(), settings.depth(), settings.learningRate(), seed)
                    .probabilities(new BoostedTrainer.Rows(rows, columns, labels));
        });
        return List.of(ensembles);
    }

    private static double[] at(double[] values, int[] chosen) {
        return Arrays.stream(chosen).mapToDouble(i -> values[i]).toArray();
    }
}
