package io.rankwright.cli.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.rankwright.cli.pipeline.FeatureCatalogue;
import io.rankwright.cli.pipeline.ModelCard;
import io.rankwright.evaluation.Classification;
import io.rankwright.log.Dictionary;
import io.rankwright.log.EntityTable;
import io.rankwright.log.EventCursor;
import io.rankwright.log.EventLog;
import io.rankwright.log.Images;
import io.rankwright.log.Ingestion;
import io.rankwright.models.Ranker;
import io.rankwright.registry.Version;
import io.rankwright.serving.BadRequest;
import io.rankwright.serving.Engine;
import io.rankwright.serving.FeedAnswer;
import io.rankwright.serving.FeedRequest;
import io.rankwright.spec.Expression;
import io.rankwright.spec.FeatureDefinition;
import io.rankwright.spec.FeedApplication;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.Model;
import io.rankwright.spec.Units;
import io.rankwright.spec.UserFault;
import io.rankwright.training.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The console's pages over a running engine. Any number of threads. */
public final class Console {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<Pages.Link> NAVIGATION = List.of(
            new Pages.Link("/", "overview", "Overview"),
            new Pages.Link("/feed", "feed", "Feed"),
            new Pages.Link("/features", "features", "Features"),
            new Pages.Link("/models", "models", "Models"),
            new Pages.Link("/experiments", "experiments", "Experiments"),
            new Pages.Link("/monitoring", "monitoring", "Monitoring"),
            new Pages.Link("/live", "live", "Live"),
            new Pages.Link("/data", "data", "Data"));
    private static final int FEED_SLOTS = 12;
    private static final int SLICES = 10;

    private final Engine engine;
    private final FeedApplication application;
    private final Ingestion.Report ingestion;
    private final Pages pages;
    private final Path snapshots;
    private final ModelsPage models;
    private final ExperimentsPage experiments;
    private final MonitoringPage monitoring;
    private final LivePage live;
    private final DataPage data;
    /** The catalogue as it was for a version: looking at every row of a snapshot takes a moment. */
    private final Map<Integer, FeatureCatalogue> catalogues = new ConcurrentHashMap<>();
    /** What the log held when a page first asked. */
    private @Nullable Scanned scanned;

    private record Scanned(Map<String, Long> eventsByDay, List<String> someSubjects) {}

    /**
     * @param ingestion what came of the source files, for the page on data
     * @param snapshots the folder with the snapshots, for the page on features
     */
    public Console(Engine engine, Ingestion.Report ingestion, Path snapshots) {
        this.engine = engine;
        this.snapshots = snapshots;
        this.application = engine.application();
        this.ingestion = ingestion;
        this.models = new ModelsPage(engine);
        this.experiments = new ExperimentsPage(engine);
        this.monitoring = new MonitoringPage(engine);
        this.live = new LivePage(engine);
        this.data = new DataPage(engine, ingestion, snapshots);
        this.pages = new Pages(application, NAVIGATION, () -> engine.models().version(), this::remark);
    }

    private String remark() {
        String ofData = Pages.remark(engine.data());
        return ofData.isEmpty() && engine.hasSimulatedAudience()
                ? "A simulated audience has posted some of the events: no figure that is made of them is about people."
                : ofData;
    }

    /** One pass over the log: how many events each day has, and the subjects with the most. */
    private synchronized Scanned scanned() {
        Scanned known = scanned;
        if (known == null) {
            known = scan();
            scanned = known;
        }
        return known;
    }

    private Scanned scan() {
        String exposure = application.framing().exposure();
        var schema = engine.log().schema(exposure);
        int subject = schema.codeIndex(application.subjectColumn()).orElseThrow();
        var ids = engine.log().dictionary().domain(schema.domain(application.subjectColumn()));
        long offset = application
                        .data()
                        .split()
                        .zone()
                        .getRules()
                        .getOffset(Instant.ofEpochMilli(engine.clock().millis()))
                        .getTotalSeconds()
                * 1000L;
        Map<Integer, Integer> counts = new HashMap<>();
        Map<Long, Long> byDay = new TreeMap<>();
        try (EventCursor cursor = engine.log().read(exposure)) {
            while (cursor.next()) {
                counts.merge(cursor.codes()[subject], 1, Integer::sum);
                byDay.merge(Math.floorDiv(cursor.timeMillis() + offset, 86_400_000L), 1L, Long::sum);
            }
        }
        var days = new TreeMap<String, Long>();
        byDay.forEach((day, count) -> days.put(LocalDate.ofEpochDay(day).toString(), count));
        List<String> busiest = counts.entrySet().stream()
                .sorted((a, b) -> a.getValue().equals(b.getValue())
                        ? Integer.compare(a.getKey(), b.getKey())
                        : Integer.compare(b.getValue(), a.getValue()))
                .limit(6)
                .map(entry -> ids.text(entry.getKey()))
                .toList();
        return new Scanned(days, busiest);
    }

    /** Adds the pages to a server. */
    public void register(HttpRouting.Builder routing) {
        routing.get("/", Pages.page(_ -> pages.render("overview", overview())));
        routing.get("/feed", Pages.page(request -> pages.render("feed", feed(request))));
        routing.get("/feed/slate", Pages.page(request -> pages.render("slate", slate(subject(request), ""))));
        routing.post("/feed/act", Pages.button(this::act));
        routing.get("/features", Pages.page(_ -> pages.render("features", features())));
        routing.get("/models", Pages.page(_ -> pages.render("models", models.values(""))));
        routing.get("/models/{version}/card", this::card);
        routing.post(
                "/models/promote",
                Pages.button(request -> pages.render(
                        "models",
                        models.values(models.promote(Pages.form(request).getOrDefault("version", ""))))));
        routing.post(
                "/models/canary",
                Pages.button(request -> pages.render(
                        "models",
                        models.values(models.tryOut(Pages.form(request).getOrDefault("version", ""))))));
        routing.post("/models/rollback", Pages.button(_ -> pages.render("models", models.values(models.rollback()))));
        routing.get("/experiments", Pages.page(_ -> pages.render("experiments", experiments.values())));
        routing.get("/monitoring", Pages.page(_ -> pages.render("monitoring", monitoring.values())));
        routing.get("/live", Pages.page(_ -> pages.render("live", live.values())));
        routing.get("/data", Pages.page(_ -> pages.render("data", data.values())));
        Pages.assets(routing);
        Pages.images(routing, engine.log().images());
    }

    private void card(ServerRequest request, ServerResponse response) {
        try {
            var version = engine.registry()
                    .version(Version.idOf(request.path().pathParameters().get("version")));
            response.header(HeaderNames.CONTENT_TYPE, "text/markdown; charset=utf-8");
            response.send(ModelCard.markdown(application, engine.registry(), version));
        } catch (UserFault e) {
            response.status(Status.NOT_FOUND_404).send(String.valueOf(e.getMessage()));
        }
    }

    private Map<String, Object> overview() {
        var values = new LinkedHashMap<String, Object>();
        Version version = engine.models().version();
        var requirements = application.requirements();
        values.put("objective", requirements.objective());
        values.put(
                "scale",
                Units.text(requirements.subjects()) + " "
                        + application.framing().subject() + "s, " + Units.text(requirements.items()) + " "
                        + application.framing().item() + "s");
        values.put("latency", requirements.latencyP99().map(Units::text).orElse("not stated"));
        values.put("task", application.framing().task().name().toLowerCase(Locale.ROOT));
        values.put(
                "labels",
                application.framing().labels().stream()
                        .map(label -> label.name() + ": " + label.formula()
                                + label.given().map(given -> ", given " + given).orElse(""))
                        .toList());
        values.put("utility", application.framing().utility().toString());
        values.put("utilityMeans", application.framing().utilityMeans());
        values.put("files", ingestion.files());
        values.put("counts", ingestion.total());
        values.put("events", engine.log().size());
        values.put("posted", Math.max(0, engine.log().size() - eventsOfFiles()));
        values.put("days", Charts.days(scanned().eventsByDay()));
        var split = application.data().split();
        values.put(
                "split",
                "train " + split.trainFrom() + " to " + split.trainTo() + ", validate " + split.validate() + ", test "
                        + split.test() + " with D = " + version.lineage().lastDay() + " (" + split.zone() + ")");
        values.put("featureGroups", featureGroups());
        values.put("featureCount", application.features().size());
        values.put("sources", sources());
        values.put("ranker", ranker());
        values.put("rules", rules());
        values.put("figures", Pages.figures(version, application));
        values.put("baselines", application.evaluation().baselines());
        values.put("gates", version.gates());
        values.put("testDay", version.lineage().testDay());
        values.put("reliability", Charts.reliability(read(version, "reliability", Classification.Bin[].class)));
        values.put(
                "slices",
                read(version, "slices", Classification.Slice[].class).stream()
                        .limit(SLICES)
                        .map(Console::slice)
                        .toList());
        values.put("lineage", version.lineage());
        values.put("createdAt", version.createdAt().substring(0, 19).replace("T", " "));
        values.put("slots", application.serving().slots());
        values.put("budget", application.serving().budget());
        values.put("fallback", application.serving().fallback());
        values.put("answers", engine.log().answers(1000).size());
        values.put("isShifted", engine.clock().isShifted());
        values.put(
                "now",
                Instant.ofEpochMilli(engine.clock().millis())
                        .atZone(split.zone())
                        .toString()
                        .substring(0, 16)
                        .replace("T", " "));
        values.put(
                "subjects", engine.log().table(application.framing().subject()).count());
        values.put("items", engine.log().table(application.framing().item()).count());
        return values;
    }

    private long eventsOfFiles() {
        return ingestion.files().stream()
                .filter(file -> application.data().events().containsKey(file.source()))
                .mapToLong(file -> file.counts().accepted())
                .sum();
    }

    private Map<String, Long> featureGroups() {
        var groups = new LinkedHashMap<String, Long>();
        for (FeatureDefinition feature : application.features()) {
            groups.merge(application.section(feature), 1L, Long::sum);
        }
        return groups;
    }

    private List<String> sources() {
        Version version = engine.models().version();
        String metric = "recall@100";
        return application.model().retrieve().stream()
                .map(source -> source.name() + ": " + source.candidates() + " candidates"
                        + Optional.ofNullable(version.metrics().get("source." + source.name() + "." + metric))
                                .map(value -> String.format(Locale.ROOT, ", %s %.3f alone", metric, value))
                                .orElse(""))
                .toList();
    }

    private List<String> ranker() {
        return engine.models().ranker().manifest().heads().stream()
                .map(head ->
                        head.name() + ": " + members(head) + (head.given().isEmpty() ? "" : ", given " + head.given()))
                .toList();
    }

    /** Whose scores a head is made of, such as {@code 0.55 × trees + 0.45 × network}. */
    private String members(Ranker.Head head) {
        List<Ranker.Kind> kinds = engine.models().ranker().manifest().members();
        return IntStream.range(0, kinds.size())
                .mapToObj(m -> (kinds.size() == 1 ? "" : head.weights().get(m) + " × ")
                        + kinds.get(m).name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" + "));
    }

    private List<String> rules() {
        return application.model().rerank().stream()
                .map(rule -> switch (rule) {
                    case Model.RerankRule.Deduplicate _ -> "no item twice";
                    case Model.RerankRule.AtMost cap ->
                        "at most " + cap.count() + " of one " + cap.per() + " in the top " + cap.inTop();
                    case Model.RerankRule.Diversify diversify -> "diversity by MMR, λ = " + diversify.lambda();
                    case Model.RerankRule.Explore explore ->
                        Math.round(100 * explore.share()) + "% of the slots drawn at random";
                    case Model.RerankRule.Boost boost -> "× " + boost.factor() + " where " + boost.where();
                    case Model.RerankRule.Bury bury -> "to the end where " + bury.where();
                    case Model.RerankRule.Pin pin -> pin.item() + " on slot " + pin.slot();
                    case Model.RerankRule.Filter filter -> "only where " + filter.where();
                })
                .toList();
    }

    /** A list that was made where the version was judged; empty for a version that has none. */
    private <T> List<T> read(Version version, String artefact, Class<T[]> type) {
        String hash = version.artefacts().get(artefact);
        if (hash == null) {
            return List.of();
        }
        try {
            return List.of(JSON.readValue(engine.registry().artefact(hash), type));
        } catch (IOException e) {
            throw new InternalFault("the " + artefact + " of " + version.name() + " cannot be read", e);
        }
    }

    /** The calibration of one slice, in words. */
    public record SliceRow(String slice, String count, String predicted, String observed, String ece) {}

    private static SliceRow slice(Classification.Slice slice) {
        return new SliceRow(
                slice.feature() + " " + (slice.value().isEmpty() ? "missing" : slice.value()),
                String.format(Locale.ROOT, "%,d", slice.count()),
                String.format(Locale.ROOT, "%.3f", slice.predicted()),
                String.format(Locale.ROOT, "%.3f", slice.observed()),
                String.format(Locale.ROOT, "%.3f", slice.ece()));
    }

    private Map<String, Object> features() {
        FeatureCatalogue catalogue = catalogues.computeIfAbsent(
                engine.models().version().id(),
                _ -> FeatureCatalogue.of(application, Snapshot.all(snapshots), engine.registry()));
        return Map.of(
                "entries",
                catalogue.entries().stream().map(Console::row).toList(),
                "snapshot",
                catalogue.snapshot().map(Snapshot::name).orElse("none"),
                "rows",
                catalogue.snapshot().map(each -> each.manifest().rows()).orElse(0L));
    }

    /** A feature in words, its distribution as a picture. */
    public record FeatureRow(
            String name,
            String scope,
            String definition,
            String owner,
            String freshness,
            String missing,
            String values,
            String picture,
            String usedBy) {}

    private static FeatureRow row(FeatureCatalogue.Entry entry) {
        return new FeatureRow(
                entry.name(),
                entry.scope(),
                entry.definition(),
                entry.owner(),
                entry.freshness(),
                entry.missing(),
                entry.values(),
                entry.profile().map(Charts::distribution).orElse(""),
                entry.usedBy().isEmpty() ? "no model" : String.join(", ", entry.usedBy()));
    }

    private static String subject(ServerRequest request) {
        return request.query().first("subject").orElse("").strip();
    }

    private Map<String, Object> feed(ServerRequest request) {
        String asked = subject(request);
        String subject =
                asked.isEmpty() ? scanned().someSubjects().stream().findFirst().orElse("1") : asked;
        Map<String, Object> values = slate(subject, "");
        values.put("someSubjects", scanned().someSubjects());
        return values;
    }

    /** One card of the feed, in words, and where its images are. */
    public record Card(
            int position,
            String item,
            List<String> facts,
            List<String> images,
            List<String> sources,
            List<String> scores,
            String utility,
            boolean isExplored,
            String propensity,
            List<Reason> reasons) {}

    /** One feature that moved a score: its name, value, and the width of its bar in percent. */
    public record Reason(String feature, String value, String contribution, boolean isPositive, int width) {}

    /** One stage with its time and the width of its bar in percent. */
    public record Stage(String name, String millis, int width) {}

    private Map<String, Object> slate(String subject, String told) {
        FeedAnswer answer = engine.feed(new FeedRequest(
                subject, FEED_SLOTS, Optional.empty(), Set.of(), Map.of(), List.of(), OptionalLong.empty(), true));
        var values = new HashMap<String, Object>();
        values.put("subject", subject);
        values.put("told", told);
        values.put("isKnown", answer.isKnown());
        values.put("profile", profile(subject));
        values.put("history", history(subject));
        values.put("cards", answer.slots().stream().map(this::card).toList());
        values.put("degraded", answer.degraded());
        double total = answer.timings().values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
        values.put(
                "stages",
                answer.timings().entrySet().stream()
                        .filter(stage -> !stage.getKey().equals("total"))
                        .map(stage ->
                                new Stage(stage.getKey(), String.format(Locale.ROOT, "%.1f", stage.getValue()), (int)
                                        Math.round(100 * stage.getValue() / Math.max(total, 0.001))))
                        .toList());
        values.put("totalMillis", String.format(Locale.ROOT, "%.1f", total));
        values.put("candidates", answer.candidates());
        values.put("ranked", answer.ranked());
        values.put("catalogue", engine.log().table(application.framing().item()).count());
        values.put("utilityMeans", application.framing().utilityMeans());
        values.put("actions", application.serving().actions().keySet());
        return values;
    }

    private List<String> profile(String subject) {
        var facts = new ArrayList<String>();
        engine.log()
                .entity(application.framing().subject(), subject)
                .ifPresent(texts -> texts.forEach((name, text) -> {
                    boolean isShort = text.length() <= 24 && !name.startsWith("onehot");
                    if (isShort
                            && facts.size() < 10
                            && !name.equals(application
                                    .data()
                                    .entity(application.framing().subject())
                                    .key())) {
                        facts.add(name.replace('_', ' ') + ": " + text);
                    }
                }));
        return facts;
    }

    private List<String> history(String subject) {
        return engine.history(subject).values().stream()
                .findFirst()
                .map(items -> items.stream()
                        .limit(12)
                        .map(item -> item + " · " + summary(item))
                        .toList())
                .orElse(List.of());
    }

    private String summary(String item) {
        List<String> facts = facts(item);
        return String.join(", ", facts.subList(0, Math.min(1, facts.size())));
    }

    private List<String> facts(String item) {
        Map<String, String> texts = texts(item);
        List<String> images = Images.references(items().contract(), texts);
        return application.serving().card().stream()
                .filter(column -> texts.containsKey(column) && !images.contains(texts.get(column)))
                .map(column -> column.replace('_', ' ') + " " + shortened(texts.getOrDefault(column, "")))
                .toList();
    }

    private Map<String, String> texts(String item) {
        return items().texts(code(item));
    }

    private EntityTable items() {
        return engine.log().table(application.framing().item());
    }

    /** A number with one digit behind the point; other texts as they are. */
    private static String shortened(String text) {
        return text.matches("-?\\d+\\.\\d{2,}") ? String.format(Locale.ROOT, "%.1f", Double.parseDouble(text)) : text;
    }

    private Card card(FeedAnswer.Slot slot) {
        double strongest = slot.reasons().stream()
                .mapToDouble(reason -> Math.abs(reason.contribution()))
                .max()
                .orElse(1);
        List<Reason> reasons = slot.reasons().stream()
                .filter(reason -> !reason.feature().equals("base"))
                .limit(4)
                .map(reason -> reason(reason, strongest))
                .toList();
        var scores = new ArrayList<String>();
        slot.scores().forEach((head, score) -> {
            if (!Double.isNaN(score) && application.framing().label(head).isBinary()) {
                scores.add(String.format(Locale.ROOT, "%s %.0f%%", head, 100 * score));
            }
        });
        return new Card(
                slot.position() + 1,
                slot.item(),
                facts(slot.item()),
                Pages.imagesOf(items().contract(), texts(slot.item())),
                slot.sources(),
                scores,
                String.format(Locale.ROOT, "%.1f", slot.utility()),
                slot.isExplored(),
                String.format(Locale.ROOT, "%.4f", slot.propensity()),
                reasons);
    }

    private Reason reason(Ranker.Contribution reason, double strongest) {
        return new Reason(
                reason.feature().replace('_', ' '),
                engine.models().ranker().text(reason.feature(), reason.value()),
                String.format(Locale.ROOT, "%+.2f", reason.contribution()),
                reason.contribution() >= 0,
                (int) Math.max(3, Math.round(100 * Math.abs(reason.contribution()) / strongest)));
    }

    /** A person did something with an item: the event is posted like any other, and the next feed is shown. */
    private String act(ServerRequest request) throws IOException {
        Map<String, String> form = Pages.form(request);
        String subject = form.getOrDefault("subject", "");
        String item = form.getOrDefault("item", "");
        Map<String, Expression> action = application.serving().actions().get(form.getOrDefault("action", ""));
        if (action == null) {
            throw new BadRequest(
                    "an unknown action",
                    "one of "
                            + String.join(", ", application.serving().actions().keySet()));
        }
        var event = new LinkedHashMap<String, String>();
        event.put(application.subjectColumn(), subject);
        event.put(application.itemColumn(), item);
        action.forEach((column, formula) -> event.put(column, text(formula.evaluate(name -> itemNumber(item, name)))));
        EventLog.Appended appended = engine.accept(List.of(event));
        String told = appended.reasons().isEmpty()
                ? form.get("action") + ": the event of " + subject + " with " + item
                        + " is in the log; this feed already knows it."
                : "Refused: " + appended.reasons().getFirst();
        return pages.render("slate", slate(subject, told));
    }

    private double itemNumber(String item, String column) {
        var items = engine.log().table(application.framing().item());
        return items.number(items.place(column), code(item));
    }

    private int code(String item) {
        return engine.log()
                .dictionary()
                .domain(Dictionary.idsOf(application.framing().item()))
                .code(item);
    }

    private static String text(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
