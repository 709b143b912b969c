package io.rankwright.spec;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A score: for one case, calibrated probabilities and an action. Immutable, safe for any thread.
 *
 * @param framing what a case is and what is to be known of it
 * @param features what a case is described by, in the order of the file
 */
public record ScoreApplication(
        String name,
        Path folder,
        String hash,
        Requirements requirements,
        ScoreFraming framing,
        ScoreData data,
        List<CaseFeature> features,
        ScoreModel model,
        Evaluation evaluation,
        ScoreServing serving)
        implements Application {
    public ScoreApplication {
        features = List.copyOf(features);
    }

    /**
     * Step 2.
     *
     * @param item the entity that is a case
     * @param labels what is to be known
     * @param isExclusive whether of the labels exactly one holds
     * @param uplift what a treatment does to a label, if that is to be known
     */
    public record ScoreFraming(String item, List<CaseLabel> labels, boolean isExclusive, Optional<Uplift> uplift) {
        public ScoreFraming {
            labels = List.copyOf(labels);
        }

        /** The names of the labels, in the order of the file. */
        public List<String> names() {
            return labels.stream().map(CaseLabel::name).toList();
        }
    }

    /**
     * How much a treatment moves a label: for cases of which some were treated, drawn by lot.
     *
     * @param treatment the column that is 1 of a treated case and 0 of the others; nobody knows it of a case that is scored
     * @param label that it moves
     */
    public record Uplift(String treatment, String label, Learner learner) {}

    /** How an effect is learnt that no case shows: each was treated, or was not. */
    public enum Learner {
        /** The outcome of the treated and that of the others by a model each; the effect is their difference. */
        T("T-learner"),
        /**
         * What each case's outcome was beside what the other model expects of it, learnt once over the treated and once over
         * the others, and mixed by the share of the treated (Künzel et al., 2019).
         */
        X("X-learner"),
        /**
         * Whether a case is one that was treated and responded, or was not and did not: twice its probability less 1 is the
         * effect (Jaśkowski and Jaroszewicz, 2012). Outcomes are 0 or 1.
         */
        CLASS("class transformation");

        private final String title;

        Learner(String title) {
            this.title = title;
        }

        public String title() {
            return title;
        }
    }

    /**
     * One thing to know of a case.
     *
     * @param where when it holds, over the case's columns: what judges
     * @param learn what is learnt in its place, from 0 to 1, such as the share of the people who said so
     */
    public record CaseLabel(String name, Expression where, Optional<Expression> learn) {}

    /**
     * Step 3.
     *
     * @param folds how many parts are each judged by a model that learnt from the others
     */
    public record ScoreData(Data.EntitySource cases, Optional<Cases> simulated, int folds, long seed) {}

    /** Cases that the engine makes where no data are found. */
    public record Cases(int cases, long seed) {}

    /** Step 4: one feature of a case. */
    public sealed interface CaseFeature {
        String name();

        Location location();

        /**
         * The runs of words or characters in a text, each weighted by how rare it is (TF-IDF).
         *
         * @param isOfWords words, or characters within words
         * @param from,to the lengths of the runs
         * @param atLeast in how many cases a run must be found
         */
        record Runs(String name, Location location, String column, boolean isOfWords, int from, int to, int atLeast)
                implements CaseFeature {}

        /** A text or an image as a vector of a pre-trained encoder. */
        record Embedding(String name, Location location, String column, Encoder encoder) implements CaseFeature {}

        /** How often a pattern is found in a text. */
        record Matches(String name, Location location, String column, Pattern pattern) implements CaseFeature {}

        /** A category of the case, such as its language or its author. */
        record Category(String name, Location location, String column) implements CaseFeature {}

        /** A number of the case, as a formula over its columns. */
        record Amount(String name, Location location, Expression formula) implements CaseFeature {}
    }

    /**
     * Step 5.
     *
     * @param linear regressions over runs, categories and numbers
     * @param trees boosted trees over what the regressions say, the embeddings and the numbers; empty if the regressions
     *     answer alone
     * @param network over the tokens of a text, blended with the others; empty if there is none
     */
    public record ScoreModel(
            Linear linear,
            Optional<Boosted> trees,
            Optional<TokenReader> network,
            Model.Calibrate calibrate,
            Objective objective) {}

    /**
     * A network over the tokens of a text: each as the encoder has it and by a vector of its own that is learnt, all of them
     * together by their mean, their greatest and what each label attends to.
     *
     * @param embedding whose encoder and text it looks at
     * @param dim of a token
     * @param epochs passes over the cases
     * @param dropout the share of the values that is left out while it learns
     */
    public record TokenReader(String embedding, int dim, int epochs, double learningRate, double dropout) {}

    /**
     * A logistic regression for each label, each feature scaled by how much it tells of the label (NB-SVM; Wang and
     * Manning, 2012).
     *
     * @param hold how strongly weights are held small
     */
    public record Linear(List<String> features, double hold, int epochs) {
        public Linear {
            features = List.copyOf(features);
        }
    }

    /** Boosted trees over what the regressions say and further features. */
    public record Boosted(List<String> features, int rounds, int depth, double learningRate) {
        public Boosted {
            features = List.copyOf(features);
        }
    }

    /** What the choice of one of several exclusive labels is to make great. */
    public enum Objective {
        /** The share of the cases that get their label. */
        ACCURACY,
        /** The mean of the labels' F1, each weighted by how often it holds. */
        WEIGHTED_F1,
        /** The plain mean of the labels' F1. */
        MACRO_F1
    }

    /** What is done with a case, from the mildest to the hardest. */
    public enum Action {
        ALLOW,
        DEMOTE,
        REVIEW,
        BLOCK
    }

    /** From which probability of a label on an action is taken; of the rules that apply the hardest counts. */
    public record Rule(Location location, Action action, String label, Criterion criterion) {}

    /** How a threshold is chosen. */
    public sealed interface Criterion {
        /** It is given. */
        record Threshold(double at) implements Criterion {}

        /** The lowest at which so large a share of what is acted on is rightly acted on. */
        record Precision(double share) implements Criterion {}

        /** The highest at which so large a share of what should be acted on is. */
        record Recall(double share) implements Criterion {}

        /** The one with the least cost: what a wrong action costs beside what a missed one does. */
        record Costs(double wrong, double missed) implements Criterion {}
    }

    /**
     * Step 7.
     *
     * @param title the column that a person sees who asks for the case
     * @param concurrency how many requests are answered at once at most
     */
    public record ScoreServing(List<Rule> policy, String title, int concurrency) {
        public ScoreServing {
            policy = List.copyOf(policy);
        }
    }

    @Override
    public Framing.Task task() {
        return Framing.Task.SCORE;
    }

    @Override
    public List<Encoder> encoders() {
        return features.stream()
                .filter(CaseFeature.Embedding.class::isInstance)
                .map(feature -> ((CaseFeature.Embedding) feature).encoder())
                .distinct()
                .toList();
    }

    /**
     * Reads and checks the application in a folder (or its {@code app.yaml}).
     *
     * @throws UserFault with every problem found, if there is one, or if its task is another
     */
    public static ScoreApplication read(Path folderOrFile) {
        return ApplicationFile.of(folderOrFile, Map.of(), ScoreApplication.class);
    }

    /** The feature of this name; the checker has made sure that it is there. */
    public CaseFeature feature(String featureName) {
        return features.stream()
                .filter(feature -> feature.name().equals(featureName))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("no feature " + featureName));
    }
}
