package io.rankwright.spec;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Step 5: the cascade of retrieve, rank, re-rank. Immutable. */
public record Model(List<CandidateSource> retrieve, Rank rank, List<RerankRule> rerank) {
    public Model {
        retrieve = List.copyOf(retrieve);
        rerank = List.copyOf(rerank);
    }

    /** The settings of the learnt space, if candidates come from one. */
    public Optional<TwoTower> twoTower() {
        return retrieve.stream()
                .filter(TwoTower.class::isInstance)
                .map(TwoTower.class::cast)
                .findFirst();
    }

    /** Where candidates come from. */
    public sealed interface CandidateSource {
        /** The key in the file, and the name under which an answer says where a candidate came from. */
        String name();

        /** How many candidates at most. */
        int candidates();

        /** The weight of this source where the lists of several are fused. */
        double weight();
    }

    /** In what numbers vectors are compared. */
    public enum Precision {
        /** Four bytes a dimension. */
        FLOAT,
        /** One byte a dimension: a quarter of the memory that a search walks through. */
        INT8
    }

    /**
     * Nearest items to the subject in a learnt space.
     *
     * @param dim the length of the vectors
     * @param subjectFeatures the inputs of the subject's tower: feature names, or {@code id}
     * @param itemFeatures the inputs of the item's tower: feature names, or {@code id}
     * @param last how many of the newest items of a sequence the subject's tower attends to
     * @param popularity how much the logarithm of an item's recent takes adds to its similarity
     * @param forget how long before the end of the training days an id was last seen that gets no row of its own
     * @param precision of the items' vectors while they are searched
     */
    public record TwoTower(
            int dim,
            List<String> subjectFeatures,
            List<String> itemFeatures,
            int candidates,
            double weight,
            double popularity,
            int last,
            int epochs,
            int batch,
            double learningRate,
            Optional<Duration> forget,
            Precision precision)
            implements CandidateSource {
        @Override
        public String name() {
            return "two_tower";
        }
    }

    /** The items with the most positive outcomes in a window, or ever. */
    public record Trending(String name, Optional<Duration> window, int candidates, double weight)
            implements CandidateSource {}

    /** Items younger than a limit, the youngest first. */
    public record Fresh(FeatureDefinition.Reference born, Duration youngerThan, int candidates, double weight)
            implements CandidateSource {
        @Override
        public String name() {
            return "fresh";
        }
    }

    /**
     * Items that go with the subject's recent items, by what people took together.
     *
     * @param method what is learnt, and how
     * @param sequence the sequence feature with the recent items
     * @param last how many of its newest are looked at
     * @param popularity the power of an item's recent takes that its score is multiplied by
     */
    public record Similar(Method method, String sequence, int last, double popularity, int candidates, double weight)
            implements CandidateSource {
        /** What is learnt from who took what. */
        public sealed interface Method {
            /** The key of such a source in the file. */
            String key();

            /** How such a source is called in a report. */
            String title();
        }

        /**
         * The cosine of who took both.
         *
         * @param neighbours how many an item keeps
         */
        public record Knn(int neighbours) implements Method {
            @Override
            public String key() {
                return "similar";
            }

            @Override
            public String title() {
                return "item-kNN";
            }
        }

        /**
         * The linear model with a closed form (Steck, 2019).
         *
         * @param neighbours how many weights an item keeps, the greatest
         * @param regularisation how strongly weights are held small
         */
        public record Ease(int neighbours, double regularisation) implements Method {
            @Override
            public String key() {
                return "ease";
            }

            @Override
            public String title() {
                return "EASE";
            }
        }

        /**
         * Factors by implicit alternating least squares (Hu et al., 2008; Rendle et al., 2021); a subject's factor is
         * solved anew from the recent items of each request.
         *
         * @param dim the length of the factors
         * @param epochs how often both sides are solved
         * @param unobserved the weight of a pair that was not seen, beside 1 on average for one that was
         * @param regularisation how strongly factors are held small
         */
        public record Ials(int dim, int epochs, double unobserved, double regularisation) implements Method {
            @Override
            public String key() {
                return "ials";
            }

            @Override
            public String title() {
                return "iALS";
            }
        }

        @Override
        public String name() {
            return method.key();
        }
    }

    /**
     * The ranker: trees, a network, or both, of which the blend is served that is best on the validation days.
     *
     * @param heads the labels that are predicted
     * @param calibrate how raw scores become probabilities and amounts
     * @param affinity an input that is learnt from what was before the log
     * @param refit whether trees and network learn once more with the validation days, as long, blended and calibrated as
     *     those days have shown
     * @param candidates how many of the fused candidates are ranked
     */
    public record Rank(
            List<String> heads,
            Calibrate calibrate,
            Optional<Affinity> affinity,
            Optional<Trees> trees,
            Optional<Dcn> dcn,
            boolean refit,
            int candidates) {
        public Rank {
            heads = List.copyOf(heads);
        }
    }

    /** How raw scores become probabilities and amounts. */
    public enum Calibrate {
        /** A curve that never falls (Zadrozny and Elkan, 2002). */
        ISOTONIC,
        /** A slope and a shift (Platt, 1999). */
        PLATT,
        /** A slope alone (Guo et al., 2017). */
        TEMPERATURE,
        NONE
    }

    /**
     * How much a subject is drawn to an item, by its lists of what it took and of all that it saw before the log.
     *
     * @param dim the length of the vectors
     * @param epochs passes over all subjects
     * @param models how many are learnt from seeds of their own, and averaged
     */
    public record Affinity(
            FeatureDefinition.Reference taken, FeatureDefinition.Reference seen, int dim, int epochs, int models) {}

    /**
     * Gradient-boosted trees, one ensemble a head.
     *
     * @param isOrdering whether binary heads learn the order of what was shown together (LambdaMART; Burges, 2010) and
     *     not their probability
     * @param regularisation what is added to the weight of the examples in a leaf, so that a leaf of few says little
     * @param patience how many rounds without gain on the validation days before it stops
     */
    public record Trees(
            List<String> features,
            boolean isOrdering,
            int rounds,
            int depth,
            double learningRate,
            double regularisation,
            int patience) {
        public Trees {
            features = List.copyOf(features);
        }
    }

    /**
     * A deep and cross network (DCN-V2; Wang et al., 2021) with attention of the item over the subject's sequences (DIN;
     * Zhou et al., 2018).
     *
     * @param sequences what is attended to; empty for every sequence of the application
     * @param last how many of their newest items
     * @param deep the widths of the deep layers
     * @param experts how many deep networks the heads mix (MMoE; Ma et al., 2018); 0 for one that they share
     * @param dim the length of an embedding of a category
     * @param idDim the length of an embedding of an id
     * @param by the category whose groups amounts are ranked in, for quantiles
     * @param learningRate of the dense weights, at the start; it falls to nothing
     * @param rowRate of the embeddings, likewise
     * @param dropout the share of hidden values that is left out in a step
     * @param teachers how many networks of other seeds learn first; what they say on average then teaches the one that
     *     serves, beside what happened (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015)
     * @param forget how long before the end of the training days an id was last seen that gets no row of its own
     */
    public record Dcn(
            List<String> features,
            List<String> sequences,
            int last,
            int cross,
            List<Integer> deep,
            int experts,
            int dim,
            int idDim,
            Amounts amounts,
            Optional<String> by,
            int epochs,
            int batch,
            double learningRate,
            double rowRate,
            double dropout,
            int teachers,
            Optional<Duration> forget) {
        public Dcn {
            features = List.copyOf(features);
            sequences = List.copyOf(sequences);
            deep = List.copyOf(deep);
        }
    }

    /** How a network learns an amount. */
    public enum Amounts {
        /** By its squared error. */
        LOG,
        /** As the odds of a weighted logistic regression (Covington et al., 2016). */
        WEIGHTED,
        /** By its rank among those of the same group (D2Q; Zhan et al., 2022). */
        QUANTILES
    }

    /** What happens to the ranked list before it is an answer. */
    public sealed interface RerankRule {
        record Deduplicate() implements RerankRule {}

        /** At most {@code count} items with the same {@code per} within the first {@code inTop}. */
        record AtMost(FeatureDefinition.Reference per, int inTop, int count) implements RerankRule {}

        /** Maximal marginal relevance (Carbonell and Goldstein, 1998). */
        record Diversify(double lambda) implements RerankRule {}

        /** A share of the slots goes to candidates drawn at random, with the propensity logged. */
        record Explore(double share) implements RerankRule {}

        /** Multiplies the utility of the items for which a condition holds. */
        record Boost(Expression where, double factor) implements RerankRule {}

        /** Moves the items for which a condition holds to the end. */
        record Bury(Expression where) implements RerankRule {}

        /** Puts an item on a slot (from 0), if it is known. */
        record Pin(String item, int slot) implements RerankRule {}

        /** Keeps only the items for which a condition holds. */
        record Filter(Expression where) implements RerankRule {}
    }
}
