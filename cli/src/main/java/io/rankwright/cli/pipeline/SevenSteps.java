package io.rankwright.cli.pipeline;

import io.rankwright.spec.Application;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.Model;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.CaseFeature;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchApplication.Fusion;
import io.rankwright.spec.SearchFeature;
import io.rankwright.spec.Units;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** An application file in words: what stands in each of its seven steps. Stateless. */
public final class SevenSteps {
    private static final List<String> NAMES =
            List.of("Requirements", "Framing", "Data", "Features", "Model", "Evaluation", "Serving");

    private SevenSteps() {}

    /** Something known of a step. */
    public record Fact(String name, String value) {}

    /** One of the seven steps. */
    public record Step(int number, String name, List<Fact> facts) {
        public Step {
            facts = List.copyOf(facts);
        }

        /** Whether a page gives it all of its width: the sixth, for its figures. */
        public boolean isWide() {
            return number == 6;
        }

        /** The same with more facts. */
        public Step with(List<Fact> more) {
            var all = new ArrayList<>(facts);
            all.addAll(more);
            return new Step(number, name, all);
        }
    }

    /** The steps of an application. */
    public static List<Step> of(Application application) {
        List<List<Fact>> facts = switch (application) {
            case FeedApplication feed -> feed(feed);
            case SearchApplication search -> search(search);
            case ScoreApplication score -> score(score);
        };
        var steps = new ArrayList<Step>();
        steps.add(new Step(1, NAMES.getFirst(), requirements(application)));
        for (int s = 1; s < NAMES.size(); s++) {
            steps.add(new Step(s + 1, NAMES.get(s), facts.get(s - 1)));
        }
        return steps;
    }

    private static List<Fact> requirements(Application application) {
        var requirements = application.requirements();
        return List.of(
                new Fact("Objective", requirements.objective()),
                new Fact(
                        "Designed towards",
                        Units.text(requirements.subjects()) + " users, " + Units.text(requirements.items()) + " items"),
                new Fact(
                        "99 of 100 answers within",
                        requirements.latencyP99().map(Units::text).orElse("not stated")));
    }

    private static List<List<Fact>> feed(FeedApplication application) {
        var framing = application.framing();
        var features = new LinkedHashMap<String, List<String>>();
        for (FeatureDefinition feature : application.features()) {
            features.computeIfAbsent(application.section(feature), _ -> new ArrayList<>())
                    .add(feature.name());
        }
        Model model = application.model();
        return List.of(
                List.of(
                        new Fact("Task", "feed: rank " + framing.item() + "s for a " + framing.subject()),
                        new Fact(
                                "Labels",
                                framing.labels().stream()
                                        .map(label -> label.name() + ": " + label.formula())
                                        .collect(Collectors.joining("; "))),
                        new Fact("Sorted by", framing.utilityMeans() + ": " + framing.utility())),
                List.of(
                        new Fact(
                                "Events",
                                String.join(", ", application.data().events().keySet())),
                        new Fact(
                                "Entities",
                                String.join(", ", application.data().entities().keySet()))),
                features.entrySet().stream()
                        .map(group -> new Fact(
                                group.getKey(), group.getValue().size() + ": " + String.join(", ", group.getValue())))
                        .toList(),
                List.of(
                        new Fact(
                                "Retrieve",
                                model.retrieve().stream()
                                        .map(source -> source.name() + " (" + source.candidates() + ")")
                                        .collect(Collectors.joining(", "))),
                        new Fact("Rank", ranker(model.rank())),
                        new Fact("Re-rank", model.rerank().size() + " rules")),
                baselines(application),
                List.of(
                        new Fact("Slots", Integer.toString(application.serving().slots())),
                        new Fact(
                                "Fallback",
                                String.join(" → ", application.serving().fallback()))));
    }

    private static String ranker(Model.Rank rank) {
        int teachers = rank.dcn().map(Model.Dcn::teachers).orElse(0);
        return (rank.trees().isPresent() ? "trees " : "")
                + (rank.dcn().isPresent() ? "dcn " : "")
                + "with heads "
                + String.join(", ", rank.heads())
                + (teachers > 0 ? "; the network is taught by " + teachers + " others" : "")
                + (rank.refit() ? "; learnt once more with the validation days" : "");
    }

    private static List<Fact> baselines(Application application) {
        return List.of(new Fact(
                "Held against", String.join(", ", application.evaluation().baselines())));
    }

    private static List<List<Fact>> search(SearchApplication application) {
        var framing = application.framing();
        var model = application.model();
        return List.of(
                List.of(
                        new Fact("Task", "search: rank " + framing.item() + "s for a " + framing.query()),
                        new Fact("Language", lower(framing.language()))),
                List.of(new Fact(
                        "Judgements",
                        String.join(" ", application.data().train()) + " teach, "
                                + String.join(" ", application.data().test()) + " judge")),
                application.features().stream()
                        .map(feature -> new Fact(feature.name(), words(feature)))
                        .toList(),
                List.of(
                        new Fact(
                                "Words",
                                "BM25 over "
                                        + String.join(
                                                ", ", model.lexical().fields().keySet()) + ", "
                                        + model.lexical().candidates() + " candidates"),
                        new Fact(
                                "Meaning",
                                model.dense()
                                        .map(dense -> dense.embedding() + ", " + dense.candidates() + " candidates")
                                        .orElse("not asked")),
                        new Fact(
                                "Fusion",
                                switch (model.fusion()) {
                                    case Fusion.ReciprocalRank(int k) -> "by reciprocal ranks, k " + k;
                                    case Fusion.Learned() -> "by scaled scores, the weight learnt";
                                }),
                        new Fact(
                                "Rank",
                                model.rank()
                                        .map(rank -> rank.learner().title() + " over the first " + rank.candidates())
                                        .orElse("the fused list"))),
                baselines(application),
                List.of(
                        new Fact(
                                "Items in an answer",
                                Integer.toString(application.serving().size())),
                        new Fact(
                                "Counted by",
                                application.serving().facets().isEmpty()
                                        ? "nothing"
                                        : String.join(
                                                ", ",
                                                application.serving().facets().keySet())),
                        new Fact("Spelling", application.serving().isSpellingTolerant() ? "tolerant" : "strict")));
    }

    private static String words(SearchFeature feature) {
        return switch (feature) {
            case SearchFeature.Text text -> "words of " + String.join(", ", text.columns());
            case SearchFeature.Embedding embedding ->
                "vector of " + String.join(", ", embedding.columns()) + " by "
                        + embedding.encoder().word();
            case SearchFeature.Category category -> "category " + category.column();
            case SearchFeature.Amount amount -> "number " + amount.column();
            case SearchFeature.Words words -> "how many words " + words.text() + " has";
            case SearchFeature.Bm25 bm25 -> "BM25 in " + bm25.text();
            case SearchFeature.Closeness closeness -> "cosine with " + closeness.embedding();
            case SearchFeature.Overlap overlap -> "share of the words in " + overlap.text();
            case SearchFeature.Phrases phrases -> "share of the phrases in " + phrases.text();
            case SearchFeature.Place place -> "place in the list of " + place.source();
            case SearchFeature.Clicked _ -> "clicks beyond what places explain";
        };
    }

    private static List<List<Fact>> score(ScoreApplication application) {
        var framing = application.framing();
        var model = application.model();
        return List.of(
                List.of(
                        new Fact("Task", "score: " + String.join(", ", framing.names()) + " of a " + framing.item()),
                        new Fact("Labels", framing.isExclusive() ? "exactly one holds" : "any may hold")),
                List.of(new Fact("Folds", Integer.toString(application.data().folds()))),
                application.features().stream()
                        .map(feature -> new Fact(feature.name(), words(feature)))
                        .toList(),
                List.of(
                        new Fact("Regressions", String.join(", ", model.linear().features())),
                        new Fact(
                                "Trees",
                                model.trees()
                                        .map(trees -> trees.rounds() + " over regressions and "
                                                + String.join(", ", trees.features()))
                                        .orElse("none")),
                        new Fact(
                                "Network",
                                model.network()
                                        .map(network -> "over the tokens of " + network.embedding() + ", "
                                                + network.dim() + " values each")
                                        .orElse("none")),
                        new Fact("Calibration", lower(model.calibrate())),
                        new Fact("Label chosen for", lower(model.objective()))),
                baselines(application),
                application.serving().policy().stream()
                        .map(rule -> new Fact(lower(rule.action()), rule.label()))
                        .toList());
    }

    private static String words(CaseFeature feature) {
        return switch (feature) {
            case CaseFeature.Runs of ->
                "runs of " + of.from() + " to " + of.to() + (of.isOfWords() ? " words of " : " characters of ")
                        + of.column();
            case CaseFeature.Embedding of ->
                "vector of " + of.column() + " by " + of.encoder().word();
            case CaseFeature.Matches of -> "how often " + of.pattern() + " is in " + of.column();
            case CaseFeature.Category of -> "category " + of.column();
            case CaseFeature.Amount of -> "number " + of.formula();
        };
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The steps with more facts for some of them, by number. */
    public static List<Step> with(List<Step> steps, Map<Integer, List<Fact>> more) {
        return steps.stream()
                .map(step -> step.with(more.getOrDefault(step.number(), List.of())))
                .toList();
    }
}
