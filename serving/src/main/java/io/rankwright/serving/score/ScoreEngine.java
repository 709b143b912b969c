package io.rankwright.serving.score;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rankwright.log.Images;
import io.rankwright.log.Journal;
import io.rankwright.log.SourceRows;
import io.rankwright.models.Artefact;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.models.text.CaseModel;
import io.rankwright.models.text.CaseModel.Scored;
import io.rankwright.models.text.CaseModel.WordShare;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.serving.BadRequest;
import io.rankwright.serving.Followed;
import io.rankwright.serving.Recent;
import io.rankwright.serving.Served;
import io.rankwright.spec.Contract;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.RankwrightException;
import io.rankwright.spec.ScoreApplication;
import io.rankwright.spec.ScoreApplication.Action;
import io.rankwright.spec.ScoreApplication.CaseFeature;
import io.rankwright.spec.ScoreApplication.Rule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A running score: says of a case how likely each label is and what to do with it, keeps the queue of what people are to
 * review, takes their verdicts and appeals, and follows the registry. What was decided is in a journal of ids, scores and
 * actions; the fields of cases that were acted on are kept apart from it.
 *
 * <p>Thread-safety: any number of threads.
 */
public final class ScoreEngine implements Served {
    /** The most cases of one request. */
    public static final int MOST_CASES = 1000;

    /** So many are looked up in memory, older ones in the file. */
    private static final int KNOWN_CASES = 100_000;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<TreeMap<String, Double>> PROBABILITIES = new TypeReference<>() {};
    private static final Logger LOGGER = Logger.getLogger(ScoreEngine.class.getName());

    private final ScoreApplication application;
    private final Registry registry;
    private final String data;
    private final Encoders encoders;
    private final Images images;
    private final Contract asked;
    private final Journal journal;
    private final Journal cases;
    private final Path journalFile;
    private final Path casesFile;
    private final Clock clock;
    private final Timer timer;
    private final Counter degraded;
    private final Map<String, Pending> queue = new ConcurrentHashMap<>();
    private final Recent<Map<String, String>> fields = new Recent<>(KNOWN_CASES);
    /** What was said last of the cases that were acted on. */
    private final Recent<Map<String, Double>> decided = new Recent<>(KNOWN_CASES);
    /** Who has said what last, by case. */
    private final Map<String, Verdict> verdicts = new ConcurrentHashMap<>();

    private final Map<Action, Counter> actions = new HashMap<>();
    private final Followed<CaseModel> live;

    private record Verdict(String reviewer, List<String> labels) {}

    private ScoreEngine(
            ScoreApplication application,
            Registry registry,
            Version version,
            Path state,
            boolean isSimulated,
            MeterRegistry meters,
            Clock clock) {
        this.application = application;
        this.registry = registry;
        this.data = isSimulated ? "simulated" : "real";
        this.clock = clock;
        this.images = new Images(state);
        this.encoders = new Encoders(state, application.encoders());
        this.asked = asked(application);
        this.journalFile = Verdicts.journal(state);
        this.casesFile = Verdicts.cases(state);
        Journal.entries(casesFile).forEach(entry -> fields.put(Verdicts.caseOf(entry), entry.fields()));
        Journal.entries(journalFile).forEach(this::again);
        this.journal = Journal.open(journalFile);
        this.cases = Journal.open(casesFile);
        this.timer = Timer.builder("rankwright.score")
                .description("How long a case takes")
                .publishPercentileHistogram()
                .register(meters);
        this.degraded = Counter.builder("rankwright.degraded")
                .description("Answers that some part had no share in")
                .register(meters);
        for (Action action : Action.values()) {
            actions.put(
                    action,
                    Counter.builder("rankwright.actions")
                            .description("Cases by what was done with them")
                            .tag("action", lower(action))
                            .register(meters));
        }
        Gauge.builder("rankwright.review.queue", queue::size)
                .description("Cases that wait for a reviewer")
                .register(meters);
        this.live = new Followed<>(registry, version, this::load, CaseModel::close);
    }

    /**
     * Starts to serve a version.
     *
     * @param state where vectors and journals lie
     */
    public static ScoreEngine start(
            ScoreApplication application,
            Registry registry,
            Version version,
            Path state,
            boolean isSimulated,
            MeterRegistry meters,
            Clock clock) {
        return new ScoreEngine(application, registry, version, state, isSimulated, meters, clock);
    }

    /** What a case must have to be scored: what no feature looks at may be missing. */
    private static Contract asked(ScoreApplication application) {
        Set<String> used = new HashSet<>();
        for (CaseFeature feature : application.features()) {
            switch (feature) {
                case CaseFeature.Runs of -> used.add(of.column());
                case CaseFeature.Embedding of -> used.add(of.column());
                case CaseFeature.Matches of -> used.add(of.column());
                case CaseFeature.Category of -> used.add(of.column());
                case CaseFeature.Amount of ->
                    of.formula().names().forEach(name -> used.add(name.substring(name.indexOf('.') + 1)));
            }
        }
        Contract contract = application.data().cases().contract();
        return new Contract(
                contract.name(),
                contract.file(),
                contract.columns().stream()
                        .map(column -> new Contract.Column(
                                column.name(),
                                column.type(),
                                column.entity(),
                                column.min(),
                                column.max(),
                                column.isNullable() || !used.contains(column.name()),
                                column.separator(),
                                column.isInSeconds(),
                                column.derived()))
                        .toList(),
                contract.id(),
                contract.time());
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private CaseModel load(Version version) {
        return CaseModel.of(
                application,
                registry.model(Objects.requireNonNull(version.artefacts().get(ScoreModels.ARTEFACT))));
    }

    @Override
    public void follow() {
        live.follow();
    }

    public ScoreApplication application() {
        return application;
    }

    public Registry registry() {
        return registry;
    }

    /** The version that serves. */
    public Version version() {
        return live.version();
    }

    /** The images of cases that were acted on. */
    public Images images() {
        return images;
    }

    /** Whether the data are real or simulated. */
    public String data() {
        return data;
    }

    /**
     * What is said of a case.
     *
     * @param probabilities by label
     * @param label the chosen one of exclusive labels, else empty
     * @param effect how much the treatment would move its label; not there where that is not to be known, or was not answered
     * @param rules the rules that apply, in words
     * @param isQueued whether a person is to look at it
     * @param degraded the parts that had no share in it
     */
    public record Result(
            String id,
            String model,
            String data,
            Map<String, Double> probabilities,
            String label,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Double effect,

            String action,
            List<String> rules,
            boolean isQueued,
            List<String> degraded) {}

    /** A case that waits for a reviewer: the greater the priority, the sooner. */
    public record Pending(
            String id,
            long timeMillis,
            Map<String, Double> probabilities,
            double priority,
            boolean isAppeal,
            String reason) {}

    /**
     * Scores a case, and notes what was decided.
     *
     * @param id by which it is known; made up if empty
     * @throws BadRequest if a field is missing or wrong
     */
    public Result score(String id, Map<String, String> given) {
        Optional<String> fault = SourceRows.fault(asked, given).or(() -> images.fault(asked, given, Optional.empty()));
        if (fault.isPresent()) {
            throw new BadRequest(fault.get());
        }
        if (id.length() > 200) {
            throw new BadRequest("an id of " + id.length() + " characters", "at most 200");
        }
        String known = id.isEmpty() ? UUID.randomUUID().toString() : id;
        long start = System.nanoTime();
        return live.answer(now -> {
            var missing = new ArrayList<String>();
            Scored scored = scored(now.models(), given, missing);
            Result result = result(known, now.version(), now.models(), scored, missing);
            keep(result, given);
            timer.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            Objects.requireNonNull(actions.get(Action.valueOf(result.action().toUpperCase(Locale.ROOT))))
                    .increment();
            return result;
        });
    }

    private Scored scored(CaseModel model, Map<String, String> given, List<String> missing) {
        try {
            return model.score(given, ScoreModels.seen(application, encoders, given));
        } catch (InternalFault e) {
            LOGGER.log(Level.WARNING, "the trees, the network or their vectors failed: {0}", e.getMessage());
            application.model().trees().ifPresent(_ -> missing.add("trees"));
            application.model().network().ifPresent(_ -> missing.add("network"));
            degraded.increment();
            return model.scoreLightly(given);
        }
    }

    private Result result(String id, Version version, CaseModel model, Scored scored, List<String> missing) {
        List<String> labels = application.framing().names();
        Action action = Action.ALLOW;
        var rules = new ArrayList<String>();
        List<Rule> policy = application.serving().policy();
        for (int r = 0; r < policy.size(); r++) {
            double threshold = model.manifest().thresholds().get(r);
            if (scored.probabilities()[labels.indexOf(policy.get(r).label())] >= threshold) {
                rules.add(String.format(
                        Locale.ROOT,
                        "%s: %s from %.3f on",
                        lower(policy.get(r).action()),
                        policy.get(r).label(),
                        threshold));
                if (policy.get(r).action().compareTo(action) > 0) {
                    action = policy.get(r).action();
                }
            }
        }
        return new Result(
                id,
                version.name(),
                data,
                probabilities(scored),
                application.framing().isExclusive() ? labels.get(scored.chosen()) : "",
                scored.effect().isPresent() ? scored.effect().getAsDouble() : null,
                lower(action),
                rules,
                action == Action.REVIEW,
                missing);
    }

    /** What was acted on is kept, for it may be reviewed or appealed; what is allowed leaves no words and no image behind. */
    private void keep(Result result, Map<String, String> given) {
        String hash =
                Artefact.hash(json(given).getBytes(StandardCharsets.UTF_8)).substring(0, 16);
        var decision = new Journal.Entry(
                Verdicts.entryId(result.id(), hash),
                "decision",
                clock.millis(),
                Map.of(
                        "case", result.id(),
                        "model", result.model(),
                        "probabilities", json(result.probabilities()),
                        "action", result.action()));
        if (result.action().equals("allow")) {
            journal.note(List.of(decision));
            return;
        }
        Map<String, String> kept = images.keep(asked, given, Optional.empty());
        fields.put(result.id(), kept);
        cases.keep(List.of(new Journal.Entry(Verdicts.entryId(result.id(), hash), "case", clock.millis(), kept)));
        if (journal.keep(List.of(decision)).getFirst()) {
            again(decision);
        }
    }

    /** What an entry of the journal means for the queue. */
    private void again(Journal.Entry entry) {
        String id = entry.field("case");
        switch (entry.kind()) {
            case "decision" -> {
                if (!entry.field("action").equals("allow")) {
                    decided.put(id, probabilities(entry));
                }
                if (entry.field("action").equals("review")) {
                    queue.put(
                            id, pending(id, entry.timeMillis(), decided.get(id).orElse(Map.of()), false, ""));
                }
            }
            case "verdict" -> {
                queue.remove(id);
                verdicts.put(id, new Verdict(entry.field("reviewer"), Verdicts.labels(entry)));
            }
            case "appeal" ->
                queue.put(
                        id,
                        pending(id, entry.timeMillis(), decided.get(id).orElse(Map.of()), true, entry.field("reason")));
            default -> {}
        }
    }

    private Pending pending(
            String id, long timeMillis, Map<String, Double> probabilities, boolean isAppeal, String reason) {
        double harm = application.serving().policy().stream()
                .filter(rule -> rule.action().compareTo(Action.REVIEW) >= 0)
                .mapToDouble(rule -> probabilities.getOrDefault(rule.label(), 0.0))
                .max()
                .orElse(0);
        // Who has been acted against and asks why comes first.
        return new Pending(id, timeMillis, probabilities, isAppeal ? 1 + harm : harm, isAppeal, reason);
    }

    private static Map<String, Double> probabilities(Journal.Entry decision) {
        try {
            return JSON.readValue(decision.field("probabilities"), PROBABILITIES);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a decision without probabilities", e);
        }
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a value that cannot be written", e);
        }
    }

    /** The probability from which on a rule of the policy acts, by its place. */
    public double threshold(int rule) {
        return live.answer(now -> now.models().manifest().thresholds().get(rule));
    }

    /** What waits for a reviewer, the most urgent first; the oldest first of what is as urgent. */
    public List<Pending> queue(int count) {
        return queue.values().stream()
                .sorted(Comparator.comparingDouble((Pending pending) -> -pending.priority())
                        .thenComparingLong(Pending::timeMillis)
                        .thenComparing(Pending::id))
                .limit(count)
                .toList();
    }

    /** How many cases wait for a reviewer. */
    public int queued() {
        return queue.size();
    }

    /** How many cases were judged by people. */
    public int judged() {
        return verdicts.size();
    }

    /** The fields of a case that was acted on; empty if it was not, or is not known. */
    public Optional<Map<String, String>> fields(String id) {
        return fields.get(id)
                .or(() -> Journal.entries(casesFile).stream()
                        .filter(entry -> Verdicts.caseOf(entry).equals(id))
                        .map(Journal.Entry::fields)
                        .reduce((_, last) -> last));
    }

    /**
     * Takes what a reviewer says of a case; the next version learns from it.
     *
     * @param labels those that hold
     * @return what the policy does with such a case
     * @throws BadRequest if the case was not acted on, the labels do not fit, or an appeal is judged by who judged before
     */
    public String verdict(String id, List<String> labels, String reviewer) {
        if (fields(id).isEmpty()) {
            throw new BadRequest("the case '" + id + "'", "one that was acted on");
        }
        List<String> known = application.framing().names();
        labels.stream().filter(label -> !known.contains(label)).findFirst().ifPresent(label -> {
            throw new BadRequest("the label '" + label + "'", "one of " + String.join(", ", known));
        });
        if (application.framing().isExclusive() && labels.size() != 1) {
            throw new BadRequest(labels.size() + " labels", "exactly one, for they exclude each other");
        }
        if (reviewer.isBlank()) {
            throw new BadRequest("a verdict of nobody", "the name of the reviewer");
        }
        Pending pending = queue.get(id);
        Verdict before = verdicts.get(id);
        if (pending != null
                && pending.isAppeal()
                && before != null
                && before.reviewer().equals(reviewer)) {
            throw new BadRequest("an appeal against " + reviewer + " judged by " + reviewer, "another reviewer");
        }
        Action action = application.serving().policy().stream()
                .filter(rule -> labels.contains(rule.label()) && rule.action() != Action.REVIEW)
                .map(Rule::action)
                .max(Comparator.naturalOrder())
                .orElse(Action.ALLOW);
        var entry = new Journal.Entry(
                UUID.randomUUID().toString(),
                "verdict",
                clock.millis(),
                Map.of("case", id, "labels", String.join(",", labels), "reviewer", reviewer, "action", lower(action)));
        journal.keep(List.of(entry));
        again(entry);
        return lower(action);
    }

    /**
     * Takes an appeal against what was done with a case, which somebody else then looks at first.
     *
     * @throws BadRequest if the case was not acted on
     */
    public void appeal(String id, String reason) {
        if (fields(id).isEmpty()) {
            throw new BadRequest("the case '" + id + "'", "one that was acted on");
        }
        if (reason.length() > 2000) {
            throw new BadRequest("a reason of " + reason.length() + " characters", "at most 2000");
        }
        var entry = new Journal.Entry(
                UUID.randomUUID().toString(), "appeal", clock.millis(), Map.of("case", id, "reason", reason));
        journal.keep(List.of(entry));
        again(entry);
    }

    /** Everything that was decided of a case, the first decision first; no words of it. */
    public List<Journal.Entry> audit(String id) {
        return Journal.entries(journalFile).stream()
                .filter(entry -> entry.field("case").equals(id))
                .toList();
    }

    /**
     * Why a case scores as it does.
     *
     * @param inputs what each input adds to the log-odds of the label, the empty name what all begin with
     * @param words what each word adds to what the regression says of the label
     */
    public record Explanation(String label, Map<String, Double> inputs, List<WordShare> words) {}

    /**
     * Explains each label of a case; shows its words.
     *
     * @throws BadRequest if an image is none
     */
    public List<Explanation> explain(Map<String, String> given) {
        images.fault(asked, given, Optional.empty()).ifPresent(fault -> {
            throw new BadRequest(fault);
        });
        return live.answer(now -> {
            CaseModel model = now.models();
            List<String> labels = application.framing().names();
            CaseModel.Seen seen = ScoreModels.seen(application, encoders, given);
            String column = application.serving().title();
            var explanations = new ArrayList<Explanation>();
            for (int l = 0; l < labels.size(); l++) {
                explanations.add(
                        new Explanation(labels.get(l), model.inputs(given, seen, l), model.words(column, given, l)));
            }
            return explanations;
        });
    }

    /** How likely each label of a case is; nothing is noted. */
    public Map<String, Double> probabilities(Map<String, String> given) {
        return live.answer(
                now -> probabilities(now.models().score(given, ScoreModels.seen(application, encoders, given))));
    }

    private Map<String, Double> probabilities(Scored scored) {
        List<String> labels = application.framing().names();
        var probabilities = new LinkedHashMap<String, Double>();
        for (int l = 0; l < labels.size(); l++) {
            probabilities.put(labels.get(l), scored.probabilities()[l]);
        }
        return probabilities;
    }

    /** Scores some texts of no account, so that the first cases that count find everything warm. */
    public void warmUp(List<Map<String, String>> some) {
        for (Map<String, String> one : some) {
            try {
                probabilities(one);
            } catch (RankwrightException e) {
                LOGGER.log(Level.WARNING, "a warm-up case failed: {0}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        live.close();
        journal.close();
        cases.close();
        encoders.close();
    }
}
