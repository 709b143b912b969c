package io.rankwright.cli.console;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.rankwright.cli.pipeline.ScorePipeline;
import io.rankwright.cli.pipeline.ScoreSet;
import io.rankwright.cli.pipeline.SevenSteps.Fact;
import io.rankwright.evaluation.Classification;
import io.rankwright.log.Images;
import io.rankwright.models.text.CaseModel.WordShare;
import io.rankwright.registry.Version;
import io.rankwright.serving.BadRequest;
import io.rankwright.serving.score.ScoreEngine;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.Uplift;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The console's pages over a running score. The words of a case are shown only where a person asks. Any number of threads. */
public final class ScoreConsole {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, List<Classification.Bin>>> CURVES = new TypeReference<>() {};
    private static final TypeReference<List<ScorePipeline.RuleFigures>> RULES = new TypeReference<>() {};
    private static final TypeReference<List<ScorePipeline.SliceFigures>> SLICES = new TypeReference<>() {};
    private static final int QUEUED = 12;
    private static final int REASONS = 6;
    private static final List<Pages.Link> NAVIGATION = List.of(
            new Pages.Link("/", "task", "Overview"),
            new Pages.Link("/try", "try", "Try"),
            new Pages.Link("/review", "review", "Review"),
            new Pages.Link("/policy", "policy", "Policy"));

    private final ScoreEngine engine;
    private final ScoreApplication application;
    private final ScoreSet data;
    private final Pages pages;

    /** @param data what the score was judged by, for the overview */
    public ScoreConsole(ScoreEngine engine, ScoreSet data) {
        this.engine = engine;
        this.application = engine.application();
        this.data = data;
        this.pages = new Pages(application, NAVIGATION, engine::version, () -> Pages.remark(engine.data()));
    }

    /** Adds the pages to a server. */
    public void register(HttpRouting.Builder routing) {
        routing.get("/", Pages.page(_ -> pages.render("task", overview())));
        routing.get("/try", Pages.page(_ -> pages.render("try", tried("", Optional.empty()))));
        routing.post("/try", Pages.button(this::tried));
        routing.get("/review", Pages.page(_ -> pages.render("review", review("", false))));
        routing.post("/review/show", Pages.button(request -> pages.render("case", review("", true))));
        routing.post("/review/verdict", Pages.button(this::verdict));
        routing.get("/policy", Pages.page(_ -> pages.render("policy", policy())));
        Pages.assets(routing);
        Pages.images(routing, engine.images());
    }

    private Map<String, Object> overview() {
        Version version = engine.version();
        var pictures = new ArrayList<Fact>();
        read(version, "reliability", CURVES)
                .forEach((label, bins) -> pictures.add(new Fact(
                        "Reliability: of the " + application.framing().item() + "s said to be " + label
                                + " with probability p, the share that was",
                        Charts.reliability(bins))));
        return TaskPage.values(
                application,
                engine.registry(),
                version,
                Map.of(
                        3,
                        List.of(
                                new Fact("Cases", String.format(Locale.ROOT, "%,d", data.sourced())),
                                new Fact(
                                        "Judged by reviewers",
                                        String.format(
                                                Locale.ROOT, "%,d", data.ids().size() - data.sourced()))),
                        7,
                        List.of(
                                new Fact("Live", version.name()),
                                new Fact("Waiting for a reviewer", Integer.toString(engine.queued())),
                                new Fact("Judged since", Integer.toString(engine.judged())))),
                pictures,
                data.counts(),
                data.quarantined());
    }

    private <T> T read(Version version, String artefact, TypeReference<T> type) {
        try {
            return JSON.readValue(engine.registry().artefact(version.artefacts().getOrDefault(artefact, "")), type);
        } catch (IOException e) {
            throw new InternalFault("the artefact '" + artefact + "' of " + version.name() + " cannot be read", e);
        }
    }

    /** A label with its probability, in words and as a width. */
    public record Likely(String label, String probability, int width) {}

    /** A word with what it adds; its strength from 0 to 9. */
    public record Word(String word, String contribution, boolean isPositive, int strength) {}

    /** Why a label is as likely as it is. */
    public record Why(String label, List<SearchConsole.Moved> inputs, List<Word> words) {}

    private String tried(ServerRequest request) throws IOException {
        String text = Pages.form(request).getOrDefault("text", "").strip();
        return pages.render(
                "tried", tried(text, Optional.of(Map.of(application.serving().title(), text))));
    }

    private Map<String, Object> tried(String text, Optional<Map<String, String>> fields) {
        var values = new HashMap<String, Object>();
        values.put("text", text);
        values.put("hasResult", fields.isPresent() && !text.isEmpty());
        values.put("titleWord", application.serving().title());
        if (fields.isPresent() && !text.isEmpty()) {
            ScoreEngine.Result result = engine.score("", fields.get());
            values.put("likely", likely(result.probabilities()));
            values.put("action", result.action());
            values.put("rules", result.rules());
            values.put("label", result.label());
            values.put(
                    "effect",
                    result.effect() == null
                            ? ""
                            : String.format(
                                    Locale.ROOT,
                                    "The treatment would move %s by %+.3f.",
                                    application
                                            .framing()
                                            .uplift()
                                            .map(Uplift::label)
                                            .orElse(""),
                                    result.effect()));
            values.put("id", result.id());
            values.put(
                    "why",
                    engine.explain(fields.get()).stream().map(ScoreConsole::why).toList());
        }
        return values;
    }

    private static List<Likely> likely(Map<String, Double> probabilities) {
        return probabilities.entrySet().stream()
                .map(entry ->
                        new Likely(entry.getKey(), String.format(Locale.ROOT, "%.1f%%", 100 * entry.getValue()), (int)
                                Math.round(100 * entry.getValue())))
                .toList();
    }

    private static Why why(ScoreEngine.Explanation explanation) {
        double greatest = explanation.inputs().entrySet().stream()
                .filter(entry -> !entry.getKey().isEmpty())
                .mapToDouble(entry -> Math.abs(entry.getValue()))
                .max()
                .orElse(1);
        var inputs = explanation.inputs().entrySet().stream()
                .filter(entry -> !entry.getKey().isEmpty())
                .sorted(Comparator.comparingDouble((Map.Entry<String, Double> entry) -> -Math.abs(entry.getValue())))
                .limit(REASONS)
                .map(entry -> new SearchConsole.Moved(
                        entry.getKey(),
                        "",
                        String.format(Locale.ROOT, "%+.2f", entry.getValue()),
                        entry.getValue() >= 0,
                        (int) Math.round(100 * Math.abs(entry.getValue()) / Math.max(greatest, 1e-9))))
                .toList();
        double most = explanation.words().stream()
                .mapToDouble(share -> Math.abs(share.contribution()))
                .max()
                .orElse(1);
        return new Why(
                explanation.label(),
                inputs,
                explanation.words().stream().map(share -> word(share, most)).toList());
    }

    private static Word word(WordShare share, double most) {
        return new Word(
                share.word(),
                String.format(Locale.ROOT, "%+.2f", share.contribution()),
                share.contribution() >= 0,
                (int) Math.round(9 * Math.abs(share.contribution()) / Math.max(most, 1e-9)));
    }

    /** One case of the queue, in words. */
    public record Waiting(String id, String since, String priority, boolean isAppeal, List<Likely> likely) {}

    /** What a reviewer can say, and by which key. */
    public record Choice(String label, String key) {}

    private Map<String, Object> review(String told, boolean isShown) {
        var values = new HashMap<String, Object>();
        List<ScoreEngine.Pending> queue = engine.queue(QUEUED);
        values.put("told", told);
        values.put("waiting", engine.queued());
        values.put("judged", engine.judged());
        values.put("queue", queue.stream().map(ScoreConsole::waiting).toList());
        values.put("isShown", isShown && !queue.isEmpty());
        var choices = new ArrayList<Choice>();
        for (String label : application.framing().names()) {
            choices.add(new Choice(label, Integer.toString(choices.size() + 1)));
        }
        values.put("choices", choices);
        values.put("words", List.of());
        values.put("wordsLabel", "");
        values.put("reason", queue.isEmpty() ? "" : queue.getFirst().reason());
        values.put("others", Map.of());
        values.put("images", List.of());
        if (isShown && !queue.isEmpty()) {
            Map<String, String> fields = engine.fields(queue.getFirst().id()).orElse(Map.of());
            var first = engine.explain(fields).getFirst();
            values.put("words", why(first).words());
            values.put("wordsLabel", first.label());
            var others = new LinkedHashMap<>(fields);
            others.values().removeIf(Images::isImage);
            values.put("others", others);
            values.put("images", Pages.imagesOf(application.data().cases().contract(), fields));
        }
        return values;
    }

    private static Waiting waiting(ScoreEngine.Pending pending) {
        return new Waiting(
                pending.id(),
                Instant.ofEpochMilli(pending.timeMillis())
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString()
                        .replace('T', ' ')
                        .replace("Z", ""),
                String.format(Locale.ROOT, "%.2f", pending.priority()),
                pending.isAppeal(),
                likely(pending.probabilities()));
    }

    private String verdict(ServerRequest request) throws IOException {
        Map<String, String> form = Pages.form(request);
        String id = form.getOrDefault("case", "");
        String label = form.getOrDefault("label", "");
        try {
            String action = engine.verdict(id, List.of(label), form.getOrDefault("reviewer", "console"));
            return pages.render("case", review(id + ": " + label + ", so " + action, false));
        } catch (BadRequest e) {
            return pages.render("case", review(String.valueOf(e.getMessage()), false));
        }
    }

    /** How a label fares in a part of the cases, in words. */
    public record Slice(
            String slice,
            String label,
            String count,
            String observed,
            String predicted,
            String ece,
            String falselyChosen,
            String missed) {}

    /** What a rule does, in words. */
    public record RuleRow(
            String action,
            String label,
            String criterion,
            String threshold,
            String share,
            String precision,
            String recall) {}

    private Map<String, Object> policy() {
        Version version = engine.version();
        var values = new HashMap<String, Object>();
        var rows = new ArrayList<RuleRow>();
        for (ScorePipeline.RuleFigures rule : read(version, "policy", RULES)) {
            rows.add(new RuleRow(
                    rule.action(),
                    rule.label(),
                    rule.criterion(),
                    String.format(Locale.ROOT, "%.3f", engine.threshold(rows.size())),
                    percent(rule.share()),
                    percent(rule.precision()),
                    percent(rule.recall())));
        }
        values.put("rules", rows);
        values.put(
                "slices",
                read(version, "fairness", SLICES).stream()
                        .map(slice -> new Slice(
                                slice.feature() + ": " + slice.value(),
                                slice.label(),
                                String.format(Locale.ROOT, "%,d", slice.count()),
                                percent(slice.observed()),
                                percent(slice.predicted()),
                                String.format(Locale.ROOT, "%.4f", slice.ece()),
                                percent(slice.falselyChosen()),
                                percent(slice.missed())))
                        .toList());
        return values;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }
}
