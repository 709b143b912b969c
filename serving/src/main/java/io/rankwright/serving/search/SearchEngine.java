package io.rankwright.serving.search;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rankwright.log.Images;
import io.rankwright.log.Journal;
import io.rankwright.log.SourceRows;
import io.rankwright.models.Artefact;
import io.rankwright.models.encoding.Encoders;
import io.rankwright.registry.Registry;
import io.rankwright.registry.Version;
import io.rankwright.retrieval.text.Asked;
import io.rankwright.retrieval.text.Clicks;
import io.rankwright.retrieval.text.Searches;
import io.rankwright.retrieval.text.TextIndex;
import io.rankwright.serving.BadRequest;
import io.rankwright.serving.Followed;
import io.rankwright.serving.Recent;
import io.rankwright.serving.Served;
import io.rankwright.serving.Stages;
import io.rankwright.spec.InternalFault;
import io.rankwright.spec.RankwrightException;
import io.rankwright.spec.SearchApplication;
import io.rankwright.spec.SearchFeature;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A running search: answers queries, takes items and clicks, and follows the registry. Every answer is noted with its items,
 * their scores and what the ranker saw; a click names the answer in which it was made.
 *
 * <p>Thread-safety: any number of threads.
 */
public final class SearchEngine implements Served {
    /** The longest query that is answered, in characters. */
    public static final int LONGEST_QUERY = 1000;

    /** The most items of one answer, and how far into the list an answer may begin. */
    public static final int MOST_RESULTS = 100;

    private static final int KNOWN_ANSWERS = 10_000;
    private static final int REASONS = 5;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Logger LOGGER = Logger.getLogger(SearchEngine.class.getName());

    private final SearchApplication application;
    private final Registry registry;
    private final String data;
    private final Encoders encoders;
    private final Images images;
    private final TextIndex index;
    private final Journal journal;
    private final Clock clock;
    private final Timer timer;
    private final Stages.Meters stageMeters;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Recent<Given> given = new Recent<>(KNOWN_ANSWERS);
    private final Followed<Live> live;

    /** What answers: nothing of it changes, another one takes its place. */
    private record Live(SearchModels.Ranking ranking, Searches searches) {}

    /** What a click may refer to. */
    private record Given(String query, List<String> items) {}

    private SearchEngine(
            SearchApplication application,
            Registry registry,
            Version version,
            Path state,
            boolean isSimulated,
            String dataHash,
            TextIndex.Filling filling,
            MeterRegistry meters,
            Clock clock) {
        this.application = application;
        this.registry = registry;
        this.data = isSimulated ? "simulated" : "real";
        this.clock = clock;
        this.images = new Images(state);
        this.encoders = new Encoders(state, application.encoders());
        this.index = SearchModels.index(state, application, false, dataHash, encoders, filling);
        Path file = SearchModels.journal(state);
        again(Journal.entries(file));
        index.refresh();
        this.journal = Journal.open(file);
        this.timer = Timer.builder("rankwright.search")
                .description("How long answers take")
                .publishPercentileHistogram()
                .register(meters);
        this.stageMeters = new Stages.Meters(meters, List.of("understand", "retrieve", "rank"));
        this.live =
                new Followed<>(registry, version, this::load, of -> of.ranking().close());
    }

    /**
     * Starts to serve a version.
     *
     * @param state where vectors, index and journal lie
     * @param dataHash the identity of the items
     * @param filling what fills the index if it is not there
     */
    public static SearchEngine start(
            SearchApplication application,
            Registry registry,
            Version version,
            Path state,
            boolean isSimulated,
            String dataHash,
            TextIndex.Filling filling,
            MeterRegistry meters,
            Clock clock) {
        return new SearchEngine(application, registry, version, state, isSimulated, dataHash, filling, meters, clock);
    }

    /**
     * What was posted since the sources were read is in the journal: the index may be newer or older. Of an item only the last
     * change is made again, for what it had before may be gone with its image.
     */
    private void again(List<Journal.Entry> entries) {
        String key = application.data().items().key();
        var last = new LinkedHashMap<String, Journal.Entry>();
        for (Journal.Entry entry : entries) {
            if (entry.kind().equals("put") || entry.kind().equals("delete")) {
                last.put(entry.field(key), entry);
            }
        }
        last.forEach((id, entry) -> {
            if (entry.kind().equals("put")) {
                index.put(id, new LinkedHashMap<>(entry.fields()));
            } else {
                index.delete(id);
            }
        });
    }

    private Live load(Version version) {
        Artefact artefact =
                registry.model(Objects.requireNonNull(version.artefacts().get(SearchModels.ARTEFACT)));
        var ranking = SearchModels.Ranking.of(artefact, application);
        return new Live(
                ranking,
                new Searches(
                        index,
                        SearchModels.ofQueries(encoders),
                        ranking.manifest().meaningWeight(),
                        clicks(artefact)));
    }

    private static Clicks clicks(Artefact artefact) {
        return artefact.has(SearchModels.CLICKS)
                ? artefact.json(SearchModels.CLICKS, SearchModels.Attractions.class)
                : Clicks.NONE;
    }

    @Override
    public void follow() {
        live.follow();
    }

    @Override
    public void keepState() {
        index.commit();
    }

    public SearchApplication application() {
        return application;
    }

    public Registry registry() {
        return registry;
    }

    /** The version that serves. */
    public Version version() {
        return live.version();
    }

    /** The images that items refer to. */
    public Images images() {
        return images;
    }

    /** Whether the data are real or simulated. */
    public String data() {
        return data;
    }

    /** How many items can be found. */
    public int size() {
        return index.size();
    }

    /**
     * What is asked for.
     *
     * @param query words, or an image: held as a data URI, or the reference to one of an item
     * @param from how many of the list are left out at its beginning
     * @param isExplained whether to say what moved each score
     */
    public record Request(String query, int from, int size, List<Searches.Filter> filters, boolean isExplained) {
        public Request {
            filters = List.copyOf(filters);
            if (query.isBlank() || (query.length() > LONGEST_QUERY && !Images.isImage(query))) {
                throw new BadRequest(
                        query.isBlank() ? "an empty query" : "a query of " + query.length() + " characters",
                        "1 to " + LONGEST_QUERY + " characters");
            }
            if (size < 1 || size > MOST_RESULTS || from < 0 || from > MOST_RESULTS) {
                throw new BadRequest(
                        "from " + from + ", size " + size, "from 0 to " + MOST_RESULTS + ", size 1 to " + MOST_RESULTS);
            }
        }
    }

    /** What an input of the ranker was, and what it added to the score. */
    public record Reason(String feature, double value, double contribution) {}

    /**
     * One item of an answer.
     *
     * @param words,meaning its places in the two lists from 1; 0 if it is not in one
     * @param highlight the passage that fits best, as HTML with {@code em}
     * @param why what moved its score most; empty if that was not asked for
     */
    public record Item(
            String id,
            double score,
            int words,
            int meaning,
            String highlight,
            Map<String, String> row,
            List<Reason> why) {}

    /**
     * An answer.
     *
     * @param answer its id, which clicks name
     * @param corrected what was understood if that is not what was asked, else empty
     * @param found how many candidates there were
     * @param degraded the stages that had no share in it, or not their whole one, with the reason
     */
    public record Reply(
            String answer,
            String model,
            String data,
            String query,
            String corrected,
            int found,
            List<Item> results,
            Map<String, List<Searches.Count>> facets,
            List<String> degraded,
            double milliseconds) {}

    /**
     * Answers a query.
     *
     * @throws BadRequest if an image is asked for that is none, or by which nothing can be found
     */
    public Reply search(Request request) {
        long start = System.nanoTime();
        if (Images.isImage(request.query())) {
            refuseImage(request.query());
        }
        return live.answer(now -> {
            var stages = new Stages(threads, stageMeters, application.serving().budget(), true);
            Searches searches = now.models().searches();
            Asked asked = stages.within(
                            "understand",
                            stages.deadline("understand"),
                            now.using(() -> searches.understand(request.query())))
                    .orElseGet(() -> searches.withoutMeaning(request.query()));
            Searches.Answer answer = searches.answer(
                    asked,
                    request.filters(),
                    request.from(),
                    request.size(),
                    now.models().ranking().order(),
                    new StagedSearch(stages, now));
            long nanos = System.nanoTime() - start;
            timer.record(nanos, TimeUnit.NANOSECONDS);
            var reply = new Reply(
                    UUID.randomUUID().toString(),
                    now.version().name(),
                    data,
                    asked.text(),
                    answer.corrected().orElse(""),
                    answer.found(),
                    answer.results().stream()
                            .map(result -> item(result, now.models(), request.isExplained()))
                            .toList(),
                    answer.facets(),
                    List.copyOf(stages.degraded()),
                    nanos / 1e6);
            note(reply, answer, request.from());
            return reply;
        });
    }

    private void refuseImage(String image) {
        boolean isAnswered = application.features(SearchFeature.Embedding.class).stream()
                .anyMatch(embedding -> embedding.encoder().isOfImages());
        if (!isAnswered) {
            throw new BadRequest(
                    "an image as query",
                    "words, for no " + application.framing().item() + " of this search has a vector of an image");
        }
        images.fault(image).ifPresent(fault -> {
            throw new BadRequest("the image is " + fault);
        });
    }

    /** The deadlines of a search that somebody sees. */
    private record StagedSearch(Stages stages, Followed.Loaded<Live> now) implements Searches.Deadlines {
        @Override
        public Duration retrieval() {
            return stages.deadline("retrieve");
        }

        @Override
        public void retrieved(long startNanos, boolean isCut) {
            stages.record("retrieve", startNanos);
            if (isCut) {
                stages.leaveOut("retrieve", Stages.deadline(retrieval()));
            }
        }

        @Override
        public <T> Optional<T> ranking(Callable<T> work) {
            return stages.within("rank", stages.deadline("rank"), now.using(work));
        }
    }

    private static Item item(Searches.Result result, Live now, boolean isExplained) {
        return new Item(
                result.id(),
                result.score(),
                result.wordPlace(),
                result.meaningPlace(),
                result.highlight().orElse(""),
                result.row(),
                isExplained ? reasons(result, now) : List.of());
    }

    private static List<Reason> reasons(Searches.Result result, Live now) {
        if (result.inputs().isEmpty()) {
            return List.of();
        }
        List<String> names = List.copyOf(result.inputs().keySet());
        float[] row = new float[names.size()];
        for (int f = 0; f < row.length; f++) {
            row[f] = Objects.requireNonNull(result.inputs().get(names.get(f))).floatValue();
        }
        double[] contributions = now.ranking().contributions(row).orElseThrow();
        return Arrays.stream(range(row.length))
                .mapToObj(f -> new Reason(names.get(f), row[f], contributions[f]))
                .sorted(Comparator.comparingDouble(reason -> -Math.abs(reason.contribution())))
                .limit(REASONS)
                .toList();
    }

    private static int[] range(int length) {
        int[] range = new int[length];
        Arrays.setAll(range, i -> i);
        return range;
    }

    /** What was answered is what the next version learns from. */
    private void note(Reply reply, Searches.Answer answer, int from) {
        List<String> ids = reply.results().stream().map(Item::id).toList();
        given.put(reply.answer(), new Given(reply.query(), ids));
        journal.note(List.of(new Journal.Entry(
                reply.answer(),
                "answer",
                clock.millis(),
                Map.of(
                        "query", reply.query(),
                        "model", reply.model(),
                        "from", Integer.toString(from),
                        "items", json(ids),
                        "scores",
                                json(answer.results().stream()
                                        .map(Searches.Result::score)
                                        .toList()),
                        "inputs",
                                json(answer.results().stream()
                                        .map(Searches.Result::inputs)
                                        .toList())))));
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new InternalFault("a value that cannot be written", e);
        }
    }

    /**
     * Takes a click.
     *
     * @param answer the id of the answer in which the item was shown
     * @return whether it was new
     * @throws BadRequest if the answer is not known any more, or did not show the item
     */
    public boolean click(String answer, String item) {
        Given known = given.get(answer)
                .orElseThrow(() -> new BadRequest(
                        "the answer '" + answer + "'", "the id of one of the last " + KNOWN_ANSWERS + " answers"));
        if (!known.items().contains(item)) {
            throw new BadRequest("the item '" + item + "', which that answer did not show", "one that it did");
        }
        return journal.keep(List.of(new Journal.Entry(
                        answer + " " + item,
                        "click",
                        clock.millis(),
                        Map.of("answer", answer, "query", known.query(), "item", item))))
                .getFirst();
    }

    /** The ids that a query would be answered with; nothing is noted. */
    public List<String> ids(String query, int count) {
        return live.answer(now -> now
                .models()
                .searches()
                .answer(
                        now.models().searches().understand(query),
                        List.of(),
                        0,
                        count,
                        now.models().ranking().order())
                .results()
                .stream()
                .map(Searches.Result::id)
                .toList());
    }

    /** The row of an item. */
    public Optional<Map<String, String>> item(String id) {
        return index.row(id);
    }

    /**
     * Puts an item in the place of what was known of it; the next request finds it.
     *
     * @return why it was refused; empty if it was taken
     */
    public Optional<String> put(String id, Map<String, String> fields) {
        var source = application.data().items();
        var row = new LinkedHashMap<>(fields);
        row.put(source.key(), id);
        Optional<String> fault = SourceRows.fault(source.contract(), row)
                .or(() -> images.fault(source.contract(), row, Optional.empty()));
        if (fault.isPresent()) {
            return fault;
        }
        change(() -> {
            Map<String, String> kept = images.keep(source.contract(), row, Optional.empty());
            journal.keep(List.of(new Journal.Entry(UUID.randomUUID().toString(), "put", clock.millis(), kept)));
            // A row is read only where it may have images.
            Map<String, String> before =
                    Images.areIn(source.contract()) ? index.row(id).orElse(Map.of()) : Map.of();
            index.put(id, kept);
            index.refresh();
            dropImages(before);
        });
        return Optional.empty();
    }

    /** Where items have images, one change after the other: none goes with one item while another comes to refer to it. */
    private void change(Runnable change) {
        if (!Images.areIn(application.data().items().contract())) {
            change.run();
            return;
        }
        synchronized (images) {
            change.run();
        }
    }

    /** The images of a row that is gone, as far as no other item has them too. */
    private void dropImages(Map<String, String> gone) {
        Images.references(application.data().items().contract(), gone).stream()
                .filter(reference -> !index.hasImage(reference))
                .forEach(images::drop);
    }

    /** Takes an item out; whether it was there. */
    public boolean delete(String id) {
        Optional<Map<String, String>> known = index.row(id);
        known.ifPresent(row -> change(() -> {
            journal.keep(List.of(new Journal.Entry(
                    UUID.randomUUID().toString(),
                    "delete",
                    clock.millis(),
                    Map.of(application.data().items().key(), id))));
            index.delete(id);
            index.refresh();
            dropImages(row);
        }));
        return known.isPresent();
    }

    /** Narrows a search by the value of a feature: values of a category behind each other with |, or a range such as 100..200. */
    public Searches.Filter filter(String feature, String text) {
        boolean isCategory = application.features(SearchFeature.Category.class).stream()
                .anyMatch(category -> category.name().equals(feature));
        if (isCategory) {
            return new Searches.Filter.OneOf(feature, List.of(text.split("\\|")));
        }
        int dots = text.indexOf("..");
        try {
            double least = dots <= 0 ? Double.NEGATIVE_INFINITY : Double.parseDouble(text.substring(0, dots));
            double below = dots < 0 || dots + 2 == text.length()
                    ? Double.POSITIVE_INFINITY
                    : Double.parseDouble(text.substring(dots + 2));
            if (dots < 0) {
                throw new NumberFormatException();
            }
            return new Searches.Filter.Between(feature, least, Math.nextDown(below));
        } catch (NumberFormatException e) {
            throw new BadRequest("the range '" + text + "' of " + feature, "one such as 100..200, ..100 or 200..");
        }
    }

    /** The features that a search can be narrowed by. */
    public List<String> filters() {
        return application.features().stream()
                .filter(feature -> feature instanceof SearchFeature.Category
                        || feature instanceof SearchFeature.Amount
                        || (feature instanceof SearchFeature.Words words
                                && !words.text().equals(application.framing().query())))
                .map(SearchFeature::name)
                .toList();
    }

    /** Answers some queries, so that the first ones that count find everything warm. */
    public void warmUp(List<String> queries) {
        for (String query : queries) {
            try {
                ids(query, application.serving().size());
            } catch (RankwrightException e) {
                LOGGER.log(Level.WARNING, "a warm-up query failed: {0}", e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        // Late work ends before what it uses is closed.
        threads.close();
        live.close();
        index.commit();
        index.close();
        journal.close();
        encoders.close();
    }
}
