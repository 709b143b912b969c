package io.rankwright.spec;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Step 5: the cascade of retrieve, rank, re-rank. Immutable. */
public record Model(List<CandidateSource> retrieve, Trees rank, List<RerankRule> rerank) {
    public Model {
        retrieve = List.copyOf(retrieve);
        rerank = List.copyOf(rerank);
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

    /**
     * Nearest items to the subject in a learnt space.
     *
     * @param dim the length of the vectors
     * @param subjectFeatures the inputs of the subject's tower: feature names, or {@code id}
     * @param itemFeatures the inputs of the item's tower: feature names, or {@code id}
     * @param last how many of the newest items of a sequence the subject's tower attends to
     * @param popularity how much the logarithm of an item's recent takes adds to its similarity
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
            double learningRate)
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
     * @param method how the weights between items are learnt
     * @param neighbours how many weights an item keeps
     * @param regularisation for EASE: how strongly weights are held small
     * @param popularity the power of an item's recent takes that its similarity is multiplied by
     */
    public record Similar(
            Method method,
            String sequence,
            int last,
            int neighbours,
            double regularisation,
            double popularity,
            int candidates,
            double weight)
            implements CandidateSource {
        /** How weights between items are learnt. */
        public enum Method {
            /** The cosine of who took both. */
            KNN("similar"),
            /** The linear model with a closed form (Steck, 2019). */
            EASE("ease");

            private final String key;

            Method(String key) {
                this.key = key;
            }
        }

        @Override
        public String name() {
            return method.key;
        }
    }

    /** Gradient-boosted trees, one ensemble a head. */
    public record Trees(
            List<String> heads, List<String> features, int rounds, int depth, double learningRate, int patience) {}

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
